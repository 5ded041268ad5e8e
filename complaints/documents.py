"""Past complaints as a client sends them (POST /complaints/bulk/), checked: no Django.

Shapes are those of the REST contract; docs/api/complaints.md says what is decided here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Annotated

import msgspec

from complaints.rules import Channel, Severity
from sales.rules import AccountNumber, FieldError, Key, check_key, gettext_noop

LONGEST_DESCRIPTION = 50_000
EARLIEST = 1990  # nobody keeps older complaints; a year is mistyped more often
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    r"(?P<time>[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
# Words that stand in addresses where a complaint's number would.
RESERVED = frozenset({".", "..", "bulk", "export", "new", "summary"})
_LAST_MOMENT = timedelta(days=1, seconds=-1)

Category = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Outcome = Annotated[str, msgspec.Meta(max_length=80)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Description = Annotated[str, msgspec.Meta(max_length=LONGEST_DESCRIPTION)]
Moment = Annotated[str, msgspec.Meta(max_length=40)]


class PastComplaintIn(msgspec.Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    """One past complaint; `account_number` None: the customer is not known.

    `received_at`, `resolved_at`: ISO 8601; without an offset local time. A day alone is its
    beginning for what was received, its end for what was resolved.
    """

    complaint_number: Key
    account_number: AccountNumber | None
    channel: Channel
    category: Category
    title: Title
    received_at: Moment
    severity: Severity | None = None
    description: Description | None = None
    resolved_at: Moment | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class PastComplaint:
    """A checked past complaint, ready to be stored."""

    number: str
    account_number: str | None
    channel: str
    category: str
    severity: str
    title: str
    description: str
    received_at: datetime
    resolved_at: datetime | None
    outcome: str


def prepare_past(row: PastComplaintIn, *, zone: tzinfo, now: datetime) -> PastComplaint:
    """Check one past complaint; raises FieldError with the first thing wrong.

    zone: of moments without an offset. Nothing may lie more than a day in the future.
    """
    _check_number(row.complaint_number)
    if row.account_number is not None:
        check_key("account_number", row.account_number)
    check_key("category", row.category)
    title = " ".join(row.title.split())
    if not title:
        raise FieldError("title", "required", gettext_noop("A complaint needs a title."))
    received = _moment("received_at", row.received_at, zone, now)
    resolved = None
    if row.resolved_at is not None:
        resolved = _moment("resolved_at", row.resolved_at, zone, now, end_of_day=True)
        if resolved < received:
            detail = gettext_noop("Resolved before it was received.")
            raise FieldError("resolved_at", "before_received", detail)
    return PastComplaint(
        number=row.complaint_number,
        account_number=row.account_number,
        channel=row.channel.value,
        category=row.category,
        severity=(row.severity or Severity.MODERATE).value,
        title=title,
        description=row.description or "",
        received_at=received,
        resolved_at=resolved,
        outcome=(row.outcome or "").strip(),
    )


def _check_number(number: str) -> None:
    """A key that can stand in an address: /complaints/<number>/."""
    check_key("complaint_number", number)
    if "/" in number or number in RESERVED:
        text = gettext_noop("A number has no slash and is none of: %(names)s.")
        names = ", ".join(sorted(RESERVED))
        raise FieldError("complaint_number", "reserved", text, names=names)


def _moment(
    field: str, text: str, zone: tzinfo, now: datetime, *, end_of_day: bool = False
) -> datetime:
    found = _MOMENT.fullmatch(text)
    try:
        moment = datetime.fromisoformat(text) if found else None
    except ValueError:  # 2026-02-30
        moment = None
    if found is None or moment is None:
        detail = gettext_noop("Give a moment as ISO 8601 with offset, or a day.")
        raise FieldError(field, "invalid", detail)
    if end_of_day and not found["time"]:
        moment += _LAST_MOMENT
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if moment.year < EARLIEST or moment.replace(tzinfo=None) > _tomorrow(now, aware):
        text = gettext_noop("Not before %(year)s, and not in the future.")
        raise FieldError(field, "out_of_range", text, year=EARLIEST)
    return aware


def _tomorrow(now: datetime, moment: datetime) -> datetime:
    """A day from now on the wall clock of this moment: clocks of systems differ a little."""
    return (now.astimezone(moment.tzinfo) + timedelta(days=1)).replace(tzinfo=None)
