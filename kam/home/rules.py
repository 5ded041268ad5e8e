"""When something that waits is set aside: plain values, no database."""

from dataclasses import dataclass
from datetime import date

URGENT = 80  # from here on an item is shown as urgent
SOON = 50
PUT_OFF_DAYS = 60  # at most so many days ahead


@dataclass(frozen=True, kw_only=True)
class Aside:
    """What was decided about one item: done, put off until a day, or given to somebody else.

    urgency: of the item when that was decided.
    """

    done: bool = False
    put_off_until: date | None = None
    handed_over: bool = False
    urgency: int = 0


def is_aside(aside: Aside, *, urgency: int, today: date) -> bool:
    """Whether the item does not wait in the list today.

    What was put off comes back on that day, or as soon as it has become urgent meanwhile: it was
    put off while it was not.
    """
    if aside.done or aside.handed_over:
        return True
    if aside.put_off_until is None or aside.put_off_until <= today:
        return False
    return not aside.urgency < URGENT <= urgency


def may_put_off(until: date, *, today: date) -> bool:
    """Whether something may be put off until this day: from tomorrow, up to `PUT_OFF_DAYS`."""
    return 0 < (until - today).days <= PUT_OFF_DAYS
