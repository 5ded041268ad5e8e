"""The ceiling on what all customers together owe, and what it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Sum

from credit.models import CreditLine, CreditParty, ReceivablesCeiling
from credit.rules.supervision import ceiling_headroom

ZERO = Decimal(0)


def company_headroom(on: date, *, to_decide: bool = True) -> Decimal | None:
    """What the ceiling leaves on a day; None without one.

    to_decide: whoever asks in order to take room holds the rows of the ceiling until the
    transaction ends, so that two orders cannot both take the same; lock the parties first. Without
    a ceiling nobody waits. What is invoiced meanwhile is a fact and does not wait either.
    Source: docs/policies/credit.md section 11.2.
    """
    rows = list(ReceivablesCeiling.objects.in_force(on))
    if not rows or rows[0].amount is None:
        return None
    if to_decide:
        # All of them, in order: the same rows for everybody, whatever the day.
        list(ReceivablesCeiling.objects.order_by("pk").select_for_update(no_key=True))
    return ceiling_headroom(rows[0].amount, committed())


def committed() -> Decimal:
    """The exposure of all accounts, each counted once (not with its group again)."""
    own = F("invoiced") + F("ordered") + F("reserved")
    total: Decimal | None = CreditParty.objects.aggregate(total=Sum(own))["total"]
    return total or ZERO


def granted(on: date) -> Decimal:
    """The sum of the limits in force on a day, temporary increases included.

    The limit of a subsidiary within its group's line counts beside it: it is a warning figure.
    """
    lines = CreditLine.objects.in_force(on)
    return sum((line.limit_on(on) for line in lines if line.valid_until >= on), ZERO)


@dataclass(frozen=True)
class CeilingState:
    """The ceiling in force and how far it is used; all None without a ceiling."""

    ceiling: ReceivablesCeiling | None
    committed: Decimal
    granted: Decimal

    @property
    def amount(self) -> Decimal | None:
        return self.ceiling.amount if self.ceiling else None

    @property
    def headroom(self) -> Decimal | None:
        return ceiling_headroom(self.amount, self.committed)

    @property
    def is_overgranted(self) -> bool:
        """Whether the limits together are more than the ceiling: not all could be used at once."""
        return self.amount is not None and self.granted > self.amount


def state(on: date) -> CeilingState:
    """The ceiling and its use on a day, for pages. Three queries."""
    ceiling = ReceivablesCeiling.objects.in_force(on).first()
    return CeilingState(ceiling=ceiling, committed=committed(), granted=granted(on))
