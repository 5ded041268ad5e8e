"""What a proposal gives more than the line it takes the place of: docs/policies/credit.md
sections 2 and 5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from credit.rules.grades import is_worse
from credit.rules.rating import FirstTerms


@dataclass(frozen=True, kw_only=True)
class LineTerms:
    """The terms of a line or of a proposal for one; `extra` counts through `extra_until`."""

    limit: Decimal
    terms_days: int
    valid_from: date
    valid_until: date
    extra: Decimal = Decimal(0)
    extra_until: date | None = None
    covers_group: bool = False

    def limit_on(self, day: date) -> Decimal:
        """The limit with a temporary increase that runs on this day; validity not looked at."""
        running = self.extra_until is not None and day <= self.extra_until
        return self.limit + self.extra if running else self.limit


class More(StrEnum):
    """One way in which new terms give more credit than those before."""

    FIRST_LINE = "first_line"  # there was none, or it had run out
    LIMIT = "limit"
    INCREASE = "increase"  # temporary
    TERMS = "terms"
    GROUP = "group"


def gives_more(new: LineTerms, before: LineTerms | None) -> tuple[More, ...]:
    """What of the new terms is more than before: then the committee and the general manager sign.

    Terms of no credit at all give nothing more. A line that has run out before the first day of
    the new one counts as none; a longer validity alone is no raise, it is what reviews are for.
    Source: docs/policies/credit.md section 2.
    """
    start = new.valid_from
    if new.limit + new.extra == 0:
        return ()
    if before is None or before.valid_until < start or before.limit_on(start) == 0:
        return (More.FIRST_LINE,)
    found = {
        More.LIMIT: new.limit > before.limit,
        More.INCREASE: new.limit <= before.limit and _increases(new, before),
        More.TERMS: new.terms_days > before.terms_days,
        More.GROUP: new.covers_group and not before.covers_group,
    }
    return tuple(more for more, is_so in found.items() if is_so)


def _increases(new: LineTerms, before: LineTerms) -> bool:
    """Whether there is a day with a higher limit: on the first, or once the old increase ended."""
    days = [new.valid_from]
    if before.extra_until is not None:
        days.append(max(new.valid_from, before.extra_until + timedelta(days=1)))
    return any(new.limit_on(day) > before.limit_on(day) for day in days)


class BeyondFirst(StrEnum):
    """One way in which terms are less careful than the first terms of a new customer."""

    LIMIT = "limit"
    TERMS = "terms"
    GRADE = "grade"


def beyond_first_terms(
    *, limit: Decimal, terms_days: int, grade: str, months_of_dealing: int, policy: FirstTerms
) -> tuple[BeyondFirst, ...]:
    """What is beyond the first terms; nothing for a customer who is not new, or without credit.

    limit: with a temporary increase. grade: "" when there is none. Exactly at a bound is within.
    Source: docs/policies/credit.md section 5.
    """
    if months_of_dealing >= policy.months or limit == 0:
        return ()
    found = {
        BeyondFirst.LIMIT: limit > policy.max_limit,
        BeyondFirst.TERMS: terms_days > policy.max_days,
        BeyondFirst.GRADE: bool(grade) and is_worse(policy.best_grade, than=grade),
    }
    return tuple(beyond for beyond, is_so in found.items() if is_so)
