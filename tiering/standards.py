"""What each tier is promised 服务标准: visits, answers to complaints, benefits, terms (C18).

Complaints and visits read it; docs/policies/service.md names the figures that are shipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import export_kinds
from accounts.limits import Limits
from accounts.models import Tier
from kam.core.calendar import WorkingHours
from kam.core.errors import RuleViolation
from kam.core.policy_data import from_json, to_json
from tiering.models import ServiceStandard

SEVERITIES = {
    "severe": gettext_lazy("severe"),
    "moderate": gettext_lazy("moderate"),
    "minor": gettext_lazy("minor"),
}
LONGEST_DAYS = 3650
LONGEST_HOURS = 2000
LONGEST_TERMS_DAYS = 365


@dataclass(frozen=True, kw_only=True)
class Response:
    """Working hours within which a complaint is acknowledged 受理 and resolved.

    Raises ValueError unless 0 < acknowledge <= resolve <= 2000.
    """

    acknowledge_hours: Decimal
    resolve_hours: Decimal

    def __post_init__(self) -> None:
        if not 0 < self.acknowledge_hours <= self.resolve_hours <= LONGEST_HOURS:
            raise ValueError(
                "hours must be above zero and at most 2000, those to resolve not below those"
                " to acknowledge"
            )


@dataclass(frozen=True, kw_only=True)
class TierStandard:
    """What the customers of one tier are promised.

    visit_every_days: calendar days between visits. responses: by severity. terms_days: the usual
    days of payment. Raises ValueError for a missing severity or days out of range.
    """

    visit_every_days: int
    responses: Mapping[str, Response]
    benefits: str = ""
    terms_days: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.visit_every_days <= LONGEST_DAYS:
            raise ValueError("days between visits must be 1 to 3650")
        if set(self.responses) != set(SEVERITIES):
            raise ValueError(f"responses are needed for {', '.join(SEVERITIES)}")
        if not 0 <= self.terms_days <= LONGEST_TERMS_DAYS:
            raise ValueError("days of payment must be 0 to 365")


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """Working hours past a missed deadline after which each is called 升级.

    Raises ValueError unless 0 <= manager <= director <= deputy general manager <= 2000.
    """

    manager_hours: Decimal = Decimal(0)
    director_hours: Decimal = Decimal(4)
    deputy_gm_hours: Decimal = Decimal(8)

    def __post_init__(self) -> None:
        ladder = (0, self.manager_hours, self.director_hours, self.deputy_gm_hours, LONGEST_HOURS)
        if list(ladder) != sorted(ladder):
            raise ValueError(
                "hours of the escalation must be 0 to 2000 and not fall from the account manager"
                " to the director to the deputy general manager"
            )


def _silences() -> dict[str, int]:
    return {"strategic": 30, "key": 60, "ordinary": 180}


@dataclass(frozen=True, kw_only=True)
class Standard:
    """The promise to every tier, the hours in which its clocks run, and what keeps it.

    silent_after_days: by tier, days without a touch until a buying centre is a blind spot.
    export_rows: by kind of list, rows that one person may export in a month. A version from
    before there was one of these has the default. Raises ValueError unless every tier has its
    part, and for numbers out of range.
    """

    hours: WorkingHours = field(default_factory=WorkingHours)
    tiers: Mapping[str, TierStandard]
    escalation: Escalation = Escalation()
    silent_after_days: Mapping[str, int] = field(default_factory=_silences)
    export_rows: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for parts in (self.tiers, self.silent_after_days):
            if set(parts) != set(Tier.values):
                raise ValueError(f"a part is needed for each of {', '.join(Tier.values)}")
        if not all(0 < days <= LONGEST_DAYS for days in self.silent_after_days.values()):
            raise ValueError("days without a touch must be 1 to 3650")
        if any(rows < 0 for rows in self.export_rows.values()):
            raise ValueError("rows to export must not be negative")


@dataclass(frozen=True, kw_only=True)
class InForce:
    """The version that counts on a day, and what it promises."""

    version: int
    standard: Standard


def _tier(visit: int, terms: int, benefits: str, **hours: tuple[int, int]) -> TierStandard:
    return TierStandard(
        visit_every_days=visit,
        responses={
            severity: Response(acknowledge_hours=Decimal(a), resolve_hours=Decimal(b))
            for severity, (a, b) in hours.items()
        },
        benefits=benefits,
        terms_days=terms,
    )


SHIPPED = Standard(
    tiers={
        "strategic": _tier(
            *(30, 60, "专属服务团队；优先供货；高层互访；新品优先试用"),
            severe=(2, 24),
            moderate=(4, 40),
            minor=(8, 80),
        ),
        "key": _tier(
            *(60, 45, "指定客户经理；订单优先处理；季度经营回顾"),
            severe=(4, 40),
            moderate=(8, 64),
            minor=(16, 120),
        ),
        "ordinary": _tier(
            *(180, 30, "标准服务"),
            severe=(8, 64),
            moderate=(16, 120),
            minor=(24, 160),
        ),
    }
)


def in_force(on: date) -> InForce:
    """The standard that counts on a day: one query. LookupError before the first version."""
    rows = ServiceStandard.objects.in_force(on)
    found = rows.values_list("version", "content").first()
    if found is None:
        raise LookupError(f"no service standard is in force on {on}")
    version, content = found
    return InForce(version=version, standard=from_json(Standard, content))


def of_version(version: int) -> Standard:
    """The standard of a version, whether it is still in force or not: one query."""
    content = ServiceStandard.objects.values_list("content", flat=True).get(version=version)
    standard: Standard = from_json(Standard, content)
    return standard


def limits(on: date) -> Limits:
    """What the standard of a day says to `accounts`."""
    standard = in_force(on).standard
    return Limits(silent_after_days=standard.silent_after_days, export_rows=standard.export_rows)


def read(content: Any) -> Standard:
    """The standard that this JSON describes, with each kind of export named.

    RuleViolation `invalid_policy` says what is wrong.
    """
    try:
        standard = from_json(Standard, content)
    except ValueError as error:
        message = _("This is not a valid standard: %(problem)s.") % {"problem": error}
        raise RuleViolation("invalid_policy", message) from error
    usual = {kind.key: kind.rows_a_month for kind in export_kinds.known()}
    return replace(standard, export_rows=usual | dict(standard.export_rows))


def content(standard: Standard) -> Any:
    """The JSON that a row stores of this standard."""
    return to_json(standard)


def ship_default(*, using: str) -> None:
    """Make version 1 where there is no standard: in force from 2000 on.

    `using`: the database it goes to.
    """
    rows = ServiceStandard.objects.using(using)
    if rows.exists():
        return
    rows.create(
        version=1,
        status=ServiceStandard.Status.APPROVED,
        effective_from=date(2000, 1, 1),
        note="系统默认服务标准 Shipped default",
        content=content(SHIPPED),
        decided_at=timezone.now(),
    )
