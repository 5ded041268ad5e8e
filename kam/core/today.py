"""What waits for a person today: each app contributes its own items, the Today page shows them.

So the page knows no app: an app registers its kinds in its `ready()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from staff.models import User


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing to do, for one reader.

    key: stable while it is the same thing ("visits.overdue:17"); marks (done, put off, handed
    over) hang on it. urgency: 0 to 100, the list is in its order; 80 and above is shown as urgent,
    100 is a deadline of a customer that has passed. reason: why it stands here, in the reader's
    language, with its figures. due: the day or aware moment it is due, if any.
    may_tick: it is done when the reader says so; otherwise its kind finishes it, or it goes away
    when its cause does.
    """

    key: str
    title: str
    reason: str
    url: str
    urgency: int
    due: date | datetime | None = None
    account_number: str = ""
    account_name: str = ""
    may_tick: bool = False


Provider = Callable[["User", datetime], Iterable[Item]]
Act = Callable[[int, "User"], object]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of item; the keys of its items begin with its own ("visits.overdue:17").

    provide: `(user, now)` gives the user's items by a constant number of queries, those the user
    may see and act on; at most `LIMIT`, the most urgent ones first. An item of an account belongs
    to who has it in care (`AccountQuerySet.in_care_of`), not to everybody who sees it.
    permission: who lacks it is neither asked for nor given such items. for_team: only those who
    serve the account are given them. goes: a sentence that says when such items go away, where
    nobody just ticks them. finish: `(row_id, actor)` does the work itself through its service,
    where that asks for no more than the word that it is done. take_back: `(row_id, actor)` undoes
    that; for who did it, as long as they see the row. Whatever has a `finish` has it too.
    """

    key: str
    label: str | Promise
    icon: str
    provide: Provider
    permission: str = ""
    for_team: bool = False
    goes: str | Promise = ""
    finish: Act | None = None
    take_back: Act | None = None


def row_of(key: str) -> int:
    """The id of the row that an item is about: 17 of "visits.overdue:17:2026-05-01"."""
    return int(key.split(":")[1])


LIMIT = 100
_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind of item known; a key is taken once."""
    if _kinds.setdefault(kind.key, kind) is not kind:
        raise ValueError(f"there is a kind {kind.key} already")


def registered() -> dict[str, Kind]:
    """All kinds by key."""
    return dict(_kinds)
