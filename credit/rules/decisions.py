"""The credit decision on an order 交易信用审批: approve or hold, with every reason.

docs/policies/credit.md sections 6 and 7. All amounts are in the reporting currency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from credit.rules.grades import GRADES, is_worse

type Value = Decimal | int | str | date | None


class LineState(StrEnum):
    """What the credit line of the party is worth on the day of the decision."""

    VALID = "valid"
    NONE = "none"  # never granted
    EXPIRED = "expired"  # past its last day, or before its first one
    LAPSED = "lapsed"  # not reviewed in time: section 11.3


class Outcome(StrEnum):
    """What becomes of the order."""

    APPROVED = "approved"
    HELD = "held"


@dataclass(frozen=True, kw_only=True)
class CreditPosition:
    """Where a credit party stands, without the order that is to be decided.

    exposure: unpaid invoices + open orders not yet invoiced + live reservations.
    max_overdue_days, overdue_amount: without what is disputed (section 10.4); 0 when nothing is.
    rating: None when never rated. group_headroom: what the group's line leaves, None without one.
    company_headroom: what the ceiling on all receivables leaves, None without a ceiling.
    Raises ValueError for a negative limit, days or overdue amount, or an unknown rating.
    """

    line: LineState
    limit: Decimal = Decimal(0)
    exposure: Decimal = Decimal(0)
    valid_until: date | None = None
    max_overdue_days: int = 0
    overdue_amount: Decimal = Decimal(0)
    on_manual_hold: bool = False
    hold_reason: str = ""
    rating: str | None = None
    group_headroom: Decimal | None = None
    company_headroom: Decimal | None = None

    def __post_init__(self) -> None:
        if self.limit < 0 or self.max_overdue_days < 0 or self.overdue_amount < 0:
            raise ValueError("limit, overdue days and overdue amount must not be negative")
        if self.rating is not None and self.rating not in GRADES:
            raise ValueError(f"there is no rating {self.rating}")

    @property
    def usable_limit(self) -> Decimal:
        """The limit while the line is valid, else 0."""
        return self.limit if self.line is LineState.VALID else Decimal(0)

    @property
    def available(self) -> Decimal:
        """What the limit leaves; negative when it is passed already."""
        return self.usable_limit - self.exposure

    @property
    def left(self) -> Decimal:
        """What can still be bought: what the limit leaves, and that of the group."""
        group = self.group_headroom
        return self.available if group is None else min(self.available, group)


@dataclass(frozen=True, kw_only=True)
class CheckPolicy:
    """Which checks are made and their bounds; False or None switches one off. Section 6.2.

    A bound is the last value that is allowed: the order is held beyond it. Raises ValueError for
    a negative bound or an unknown grade.
    """

    no_credit_line: bool = True
    line_expired: bool = True
    exposure_over_limit: bool = True
    group_limit: bool = True
    company_ceiling: bool = True
    manual_hold: bool = True
    overdue_days: int | None = 30
    overdue_amount: Decimal | None = None
    overdue_share: Decimal | None = Decimal("0.20")  # of the limit
    single_order_maximum: Decimal | None = None
    rating_too_low: str | None = "C"  # the worst grade that still buys on credit

    def __post_init__(self) -> None:
        bounds = (self.overdue_amount, self.overdue_share, self.single_order_maximum)
        if (self.overdue_days or 0) < 0 or any(bound is not None and bound < 0 for bound in bounds):
            raise ValueError("the bound of a check must not be negative")
        if self.rating_too_low is not None and self.rating_too_low not in GRADES:
            raise ValueError(f"there is no grade {self.rating_too_low}")


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """One thing that would clear a reason, with the figures it takes."""

    code: str
    figures: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why an order is held: the check, its figures, and what would clear it, the easiest first."""

    code: str
    figures: Mapping[str, Value] = field(default_factory=dict)
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Approved without reasons, or held with all of them, in the order of section 6.2."""

    reasons: tuple[Reason, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Held exactly when there is a reason."""
        return Outcome.HELD if self.reasons else Outcome.APPROVED


def decide(position: CreditPosition, amount: Decimal, policy: CheckPolicy) -> Decision:
    """Whether an order of `amount` may be delivered on credit.

    Every check that is switched on is made and every reason given, not only the first. Exactly at
    a limit or bound is approved. A limit of 0, no line, an expired or a lapsed one give no credit.
    An amount that is not positive asks for none: only a manual hold holds it.
    amount: the whole order, in the reporting currency; the position does not contain it.
    Source: docs/policies/credit.md section 6.
    """
    checks = CHECKS if amount > 0 else (_manual_hold,)
    found = (check(position, amount, policy) for check in checks)
    return Decision(reasons=tuple(reason for reason in found if reason))


def _line(position: CreditPosition, amount: Decimal, policy: CheckPolicy) -> Reason | None:
    needed = {"limit": position.exposure + amount}
    if position.line is LineState.NONE and policy.no_credit_line:
        return Reason(code="no_credit_line", remedies=(Remedy(code="grant_line", figures=needed),))
    if position.line in (LineState.EXPIRED, LineState.LAPSED) and policy.line_expired:
        return Reason(
            code="line_expired",
            figures={"line": position.line.value, "valid_until": position.valid_until},
            remedies=(Remedy(code="renew_line", figures=needed),),
        )
    return None


def _exposure(position: CreditPosition, amount: Decimal, policy: CheckPolicy) -> Reason | None:
    """Checked against a limit of 0 when there is no valid line and no other check says so."""
    over = amount - position.available
    if not policy.exposure_over_limit or over <= 0 or _line(position, amount, policy):
        return None
    return Reason(
        code="exposure_over_limit",
        figures={
            "limit": position.usable_limit,
            "exposure": position.exposure,
            "amount": amount,
            "over": over,
        },
        remedies=(
            *_pay(min(over, max(position.exposure, Decimal(0)))),
            *_reduce_order(position.available),
            Remedy(code="raise_limit", figures={"limit": position.exposure + amount}),
        ),
    )


def _pay(amount: Decimal) -> tuple[Remedy, ...]:
    return (Remedy(code="pay", figures={"amount": amount}),) if amount > 0 else ()


def _reduce_order(to: Decimal) -> tuple[Remedy, ...]:
    return (Remedy(code="reduce_order", figures={"amount": to}),) if to > 0 else ()


def _group(position: CreditPosition, amount: Decimal, policy: CheckPolicy) -> Reason | None:
    headroom = position.group_headroom if policy.group_limit else None
    return _headroom("group_limit", headroom, amount)


def _ceiling(position: CreditPosition, amount: Decimal, policy: CheckPolicy) -> Reason | None:
    headroom = position.company_headroom if policy.company_ceiling else None
    return _headroom("company_ceiling", headroom, amount)


def _headroom(code: str, headroom: Decimal | None, amount: Decimal) -> Reason | None:
    if headroom is None or amount <= headroom:
        return None
    over = amount - headroom
    return Reason(
        code=code,
        figures={"headroom": headroom, "amount": amount, "over": over},
        remedies=(
            *_reduce_order(headroom),
            Remedy(code=f"free_{code}", figures={"amount": over}),
        ),
    )


def _single_order(position: CreditPosition, amount: Decimal, policy: CheckPolicy) -> Reason | None:
    bound = policy.single_order_maximum
    if bound is None or amount <= bound:
        return None
    return Reason(
        code="single_order_maximum",
        figures={"maximum": bound, "amount": amount},
        remedies=_reduce_order(bound),
    )


def _overdue_days(position: CreditPosition, amount: Decimal, policy: CheckPolicy) -> Reason | None:
    bound = policy.overdue_days
    if bound is None or position.max_overdue_days <= bound:
        return None
    return Reason(
        code="overdue_days",
        figures={"days": position.max_overdue_days, "allowed": bound},
        remedies=(Remedy(code="pay_older_than", figures={"days": bound}),),
    )


def _overdue_amount(
    position: CreditPosition, amount: Decimal, policy: CheckPolicy
) -> Reason | None:
    bound = policy.overdue_amount
    if bound is None or position.overdue_amount <= bound:
        return None
    return Reason(
        code="overdue_amount",
        figures={"overdue": position.overdue_amount, "allowed": bound},
        remedies=_pay_overdue(position.overdue_amount - bound),
    )


def _overdue_share(position: CreditPosition, amount: Decimal, policy: CheckPolicy) -> Reason | None:
    share = policy.overdue_share
    if share is None or position.overdue_amount <= share * position.usable_limit:
        return None
    allowed = share * position.usable_limit
    return Reason(
        code="overdue_share",
        figures={"overdue": position.overdue_amount, "share": share, "allowed": allowed},
        remedies=_pay_overdue(position.overdue_amount - allowed),
    )


def _pay_overdue(amount: Decimal) -> tuple[Remedy, ...]:
    return (Remedy(code="pay_overdue", figures={"amount": amount}),)


def _rating(position: CreditPosition, amount: Decimal, policy: CheckPolicy) -> Reason | None:
    """A party that was never rated is not held for it: its line was approved by people."""
    bound = policy.rating_too_low
    if bound is None or position.rating is None or not is_worse(position.rating, bound):
        return None
    return Reason(
        code="rating_too_low",
        figures={"rating": position.rating, "lowest": bound},
        remedies=(Remedy(code="improve_rating", figures={"rating": bound}),),
    )


def _manual_hold(position: CreditPosition, amount: Decimal, policy: CheckPolicy) -> Reason | None:
    if not policy.manual_hold or not position.on_manual_hold:
        return None
    return Reason(
        code="manual_hold",
        figures={"reason": position.hold_reason},
        remedies=(Remedy(code="lift_hold"),),
    )


type Check = Callable[[CreditPosition, Decimal, CheckPolicy], Reason | None]

CHECKS: tuple[Check, ...] = (
    _manual_hold,
    _line,
    _exposure,
    _group,
    _ceiling,
    _single_order,
    _overdue_days,
    _overdue_amount,
    _overdue_share,
    _rating,
)


@dataclass(frozen=True, kw_only=True)
class Release:
    """An order let go by an authorised person, and how far that reaches 放行. Section 7.

    amount: of the order when it was released. codes: the reasons that were seen and waived.
    tolerance_share (of the amount) and tolerance_amount: with both the smaller counts, with None
    for both the order must not grow. days: after the day of release, that day counts too.
    Raises ValueError for a negative tolerance or negative days.
    """

    amount: Decimal
    released_on: date
    codes: frozenset[str]
    days: int
    tolerance_share: Decimal | None = None
    tolerance_amount: Decimal | None = None

    def __post_init__(self) -> None:
        if self.days < 0 or (self.tolerance_share or 0) < 0 or (self.tolerance_amount or 0) < 0:
            raise ValueError("tolerances and days of a release must not be negative")

    @property
    def covers_up_to(self) -> Decimal:
        """The highest amount the release covers."""
        tolerances = [
            *([] if self.tolerance_share is None else [self.amount * self.tolerance_share]),
            *([] if self.tolerance_amount is None else [self.tolerance_amount]),
        ]
        return self.amount + min(tolerances, default=Decimal(0))

    @property
    def covers_until(self) -> date:
        """The last day on which the release counts."""
        return self.released_on + timedelta(days=self.days)

    def covers(self, new_amount: Decimal, on: date) -> bool:
        """Whether the order, now of `new_amount`, is still released on that day.

        Exactly at the tolerance and on the last day it is. Source: section 7.
        """
        return new_amount <= self.covers_up_to and self.released_on <= on <= self.covers_until


def still_held(
    decision: Decision, release: Release | None, *, amount: Decimal, on: date
) -> tuple[Reason, ...]:
    """The reasons that hold an order after its release: none when it may go.

    A release waives the kinds of reasons that its author saw, so a trifle does not block the order
    again; a new kind of reason does. Source: docs/policies/credit.md section 7.
    """
    if release is None or not release.covers(amount, on):
        return decision.reasons
    return tuple(reason for reason in decision.reasons if reason.code not in release.codes)
