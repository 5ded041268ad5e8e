"""What the policies of each kind hold: between the JSON of a row and the rules that read it.

docs/policies/credit.md names the figures that are shipped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from credit.models import Policy
from credit.rules.claims import LateInterestPolicy, LimitationPolicy
from credit.rules.collections import DisputePolicy, DunningPolicy, PromisePolicy, WorklistPolicy
from credit.rules.decisions import CheckPolicy
from credit.rules.indicators import PaymentIndexPolicy
from credit.rules.rating import DEFAULT_CARD, LimitPolicy, rating_card
from credit.rules.receivables import AgingPolicy
from credit.rules.supervision import AlertPolicy, OverduePolicy, ReviewPolicy
from kam.core import scorecards
from kam.core.errors import RuleViolation
from kam.core.policy_data import from_json, to_json

Kind = Policy.Kind


@dataclass(frozen=True, kw_only=True)
class ReleasePolicy:
    """The envelope that a release has, and the widest that may be given. Section 7.

    Raises ValueError for negative tolerances or days.
    """

    tolerance_share: Decimal = Decimal("0.05")
    tolerance_amount: Decimal = Decimal(10_000)
    days: int = 14

    def __post_init__(self) -> None:
        if self.tolerance_share < 0 or self.tolerance_amount < 0 or self.days < 0:
            raise ValueError("tolerances and days of a release must not be negative")


@dataclass(frozen=True, kw_only=True)
class Checks:
    """How orders are decided, how long a reservation is kept, what a release covers."""

    checks: CheckPolicy = field(default_factory=CheckPolicy)
    reservation_minutes: int = 60
    release: ReleasePolicy = field(default_factory=ReleasePolicy)

    def __post_init__(self) -> None:
        if self.reservation_minutes < 1:
            raise ValueError("a reservation is kept for at least a minute")


@dataclass(frozen=True, kw_only=True)
class Receivables:
    """Aging, late interest, limitation and the payment index. Sections 8 and 9."""

    aging: AgingPolicy = field(default_factory=AgingPolicy)
    interest: LateInterestPolicy = field(default_factory=LateInterestPolicy)
    limitation: LimitationPolicy = field(default_factory=LimitationPolicy)
    payment_index: PaymentIndexPolicy = field(default_factory=PaymentIndexPolicy)


@dataclass(frozen=True, kw_only=True)
class Collections:
    """The worklist, its steps, promises and disputes. Section 10."""

    worklist: WorklistPolicy = field(default_factory=WorklistPolicy)
    dunning: DunningPolicy = field(default_factory=DunningPolicy)
    promises: PromisePolicy = field(default_factory=PromisePolicy)
    disputes: DisputePolicy = field(default_factory=DisputePolicy)


@dataclass(frozen=True, kw_only=True)
class Supervision:
    """Reviews, alerts and overdue accounts. Section 11."""

    review: ReviewPolicy = field(default_factory=ReviewPolicy)
    alerts: AlertPolicy = field(default_factory=AlertPolicy)
    overdue: OverduePolicy = field(default_factory=OverduePolicy)


@dataclass(frozen=True, kw_only=True)
class InForce:
    """The version of a policy that counts on a day, and its rules.

    `rules` is, by kind: Checks, LimitPolicy (terms), Scorecard, Receivables, Collections or
    Supervision.
    """

    version: int
    rules: Any


@dataclass(frozen=True)
class _Content:
    """How the rules of one kind are read and written, and those that are shipped."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]
    shipped: Any


def _plain(cls: type[Any]) -> _Content:
    return _Content(lambda data: from_json(cls, data), to_json, cls())


_CONTENTS: dict[str, _Content] = {
    Kind.CHECKS: _plain(Checks),
    Kind.TERMS: _plain(LimitPolicy),
    Kind.SCORECARD: _Content(rating_card, scorecards.card_to_json, DEFAULT_CARD),
    Kind.RECEIVABLES: _plain(Receivables),
    Kind.COLLECTIONS: _plain(Collections),
    Kind.SUPERVISION: _plain(Supervision),
}


def in_force(kind: str, on: date) -> InForce:
    """The rules of a kind that count on a day: one query. LookupError before the first version."""
    found = Policy.objects.in_force(kind, on).values_list("version", "content").first()
    if found is None:
        raise LookupError(f"no {kind} policy is in force on {on}")
    version, content = found
    return InForce(version=version, rules=_CONTENTS[kind].read(content))


def read(kind: str, content: Any) -> Any:
    """The rules that this JSON describes. RuleViolation `invalid_policy` says what is wrong."""
    try:
        return _CONTENTS[kind].read(content)
    except ValueError as error:
        message = _("This is not a valid policy: %(problem)s.") % {"problem": error}
        raise RuleViolation("invalid_policy", message) from error


def content(kind: str, rules: Any) -> Any:
    """The JSON that a policy row stores of these rules."""
    return _CONTENTS[kind].write(rules)


def shipped(kind: str) -> Any:
    """The rules of a kind as they are shipped."""
    return _CONTENTS[kind].shipped


def ship_defaults(*, using: str) -> None:
    """Make version 1 of every kind of which there is no policy: in force from 2000 on.

    `using`: the database they go to.
    """
    policies = Policy.objects.using(using)
    known = set(policies.values_list("kind", flat=True).distinct().order_by())
    policies.bulk_create(
        Policy(
            kind=kind,
            version=1,
            status=Policy.Status.APPROVED,
            effective_from=date(2000, 1, 1),
            note="系统默认政策 Shipped default",
            content=content(kind, shipped(kind)),
            decided_at=timezone.now(),
        )
        for kind in Kind.values
        if kind not in known
    )
