"""Collections 催收: who comes first, which step is due, promises kept or broken, disputes.

docs/policies/credit.md section 10.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from credit.rules.grades import GRADES


@dataclass(frozen=True, kw_only=True)
class PointStep:
    """From this figure on (included) a case gets these points."""

    since: Decimal
    points: int


def _steps(*pairs: tuple[int, int]) -> tuple[PointStep, ...]:
    return tuple(PointStep(since=Decimal(since), points=points) for since, points in pairs)


def _grade_points() -> Mapping[str, int]:
    return dict(zip(GRADES, (0, 0, 2, 5, 8, 12, 16, 20), strict=True))


@dataclass(frozen=True, kw_only=True)
class WorklistPolicy:
    """The points of the worklist: by amount, days overdue, broken promises and grade.

    A figure gets the points of the last step it reaches, 0 below the first. Raises ValueError
    when the figures or points of a table do not ascend, or a grade has no points.
    """

    amount: tuple[PointStep, ...] = _steps((1, 5), (10_000, 10), (100_000, 25), (1_000_000, 40))
    days: tuple[PointStep, ...] = _steps((1, 5), (31, 15), (61, 25), (91, 35), (181, 40))
    broken_promise: int = 5  # each
    broken_promises_at_most: int = 20
    grade: Mapping[str, int] = field(default_factory=_grade_points)
    unrated: int = 10

    def __post_init__(self) -> None:
        for one, other in [*pairwise(self.amount), *pairwise(self.days)]:
            if one.since >= other.since or one.points > other.points:
                raise ValueError("worklist steps must ascend and their points must not fall")
        if set(self.grade) != set(GRADES):
            raise ValueError("every grade from AAA to D needs its points, and nothing else")


@dataclass(frozen=True, kw_only=True)
class Case:
    """An overdue account. overdue_amount and max_overdue_days: without what is disputed."""

    account_number: str
    overdue_amount: Decimal
    max_overdue_days: int
    broken_promises: int = 0
    grade: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """A case of the worklist with its points, and what they are made of."""

    case: Case
    points: int
    parts: Mapping[str, int]


def worklist(cases: Iterable[Case], policy: WorklistPolicy) -> tuple[Ranked, ...]:
    """The cases to work on, most points first; then by amount, days, and account number.

    An account whose overdue amount is disputed as a whole, or is not overdue, is left out. The
    order does not depend on the order of the cases. Source: docs/policies/credit.md section 10.1.
    """
    found = (_ranked(case, policy) for case in cases if case.overdue_amount > 0)
    return tuple(sorted(found, key=_most_urgent_first))


def _ranked(case: Case, policy: WorklistPolicy) -> Ranked:
    broken = min(case.broken_promises * policy.broken_promise, policy.broken_promises_at_most)
    parts = {
        "amount": _points(policy.amount, case.overdue_amount),
        "days": _points(policy.days, Decimal(case.max_overdue_days)),
        "broken_promises": broken,
        "grade": policy.unrated if case.grade is None else policy.grade[case.grade],
    }
    return Ranked(case=case, points=sum(parts.values()), parts=parts)


def _points(steps: tuple[PointStep, ...], figure: Decimal) -> int:
    return next((step.points for step in reversed(steps) if figure >= step.since), 0)


def _most_urgent_first(ranked: Ranked) -> tuple[int, Decimal, int, str]:
    case = ranked.case
    return -ranked.points, -case.overdue_amount, -case.max_overdue_days, case.account_number


@dataclass(frozen=True, kw_only=True)
class DunningStep:
    """What is done from a number of days overdue on (included)."""

    day: int
    action: str


def _default_steps() -> tuple[DunningStep, ...]:
    steps = [
        *((1, "reminder"), (7, "call"), (15, "letter"), (30, "visit")),
        *((60, "formal_demand"), (90, "legal")),
    ]
    return tuple(DunningStep(day=day, action=action) for day, action in steps)


@dataclass(frozen=True, kw_only=True)
class DunningPolicy:
    """The steps of collection 催收步骤: reminder 提醒, call 电话, letter 催款函, visit 上门,
    formal demand 律师函, legal action 诉讼. Raises ValueError when the days do not ascend from 1
    or an action stands twice."""

    steps: tuple[DunningStep, ...] = field(default_factory=_default_steps)

    def __post_init__(self) -> None:
        days = [step.day for step in self.steps]
        if not days or days[0] < 1 or any(one >= other for one, other in pairwise(days)):
            raise ValueError("the days of the steps must ascend from 1")
        if len({step.action for step in self.steps}) < len(days):
            raise ValueError("an action stands twice")

    def reached(self, days_overdue: int) -> DunningStep | None:
        """The step the days have reached; None when nothing is overdue. Section 10.2."""
        return next((step for step in reversed(self.steps) if days_overdue >= step.day), None)

    def due(self, days_overdue: int, done: Iterable[str]) -> DunningStep | None:
        """The step to take now: the one reached, unless it or a later one was taken already.

        Steps that were passed over are not caught up on: a debt of 40 days gets a visit, not a
        reminder. Raises ValueError for an action without a step. Source: section 10.2.
        """
        step = self.reached(days_overdue)
        actions = [each.action for each in self.steps]
        furthest = max((actions.index(action) for action in done), default=-1)
        return step if step and actions.index(step.action) > furthest else None


class PromiseState(StrEnum):
    """What became of a promise to pay 付款承诺."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class PromisePolicy:
    """Days of grace after the promised day, and the share of the amount that may be missing."""

    grace_days: int = 1
    tolerance_share: Decimal = Decimal("0.01")

    def __post_init__(self) -> None:
        if self.grace_days < 0 or not 0 <= self.tolerance_share < 1:
            raise ValueError("grace must not be negative and the tolerance from 0 to below 1")


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A promise made on a day to pay an amount by another. ValueError when it cannot be."""

    made_on: date
    pay_by: date
    amount: Decimal

    def __post_init__(self) -> None:
        if self.amount <= 0 or self.pay_by < self.made_on:
            raise ValueError("a promise is of a positive amount by its day or later")


def promise_state(
    promise: Promise,
    payments: Iterable[tuple[date, Decimal]],
    as_of: date,
    policy: PromisePolicy,
) -> PromiseState:
    """Kept once the payments from the day it was made through the last day of grace reach the
    amount less the tolerance; broken when that last day has passed without; open until then.

    Payments after `as_of` are not known yet. Source: docs/policies/credit.md section 10.3.
    """
    last_day = promise.pay_by + timedelta(days=policy.grace_days)
    until = min(last_day, as_of)
    paid = sum((amount for on, amount in payments if promise.made_on <= on <= until), Decimal(0))
    if paid >= promise.amount * (1 - policy.tolerance_share):
        return PromiseState.KEPT
    return PromiseState.BROKEN if as_of > last_day else PromiseState.OPEN


@dataclass(frozen=True, kw_only=True)
class Received:
    """Money that came in. key: of the payment."""

    key: int
    on: date
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Given:
    """A promise among others of one debtor. key: of the promise.

    counts: how much of which payment counts towards it; None: all of every payment.
    """

    key: int
    promise: Promise
    counts: Mapping[int, Decimal] | None = None

    def usable(self, payment: int, left: Decimal) -> Decimal:
        """How much of what is left of a payment counts."""
        return left if self.counts is None else min(left, self.counts.get(payment, Decimal(0)))


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of a promise, and how much of which payments went into it."""

    state: PromiseState
    proof: Mapping[int, Decimal]


def judge_promises(
    given: Iterable[Given], received: Iterable[Received], as_of: date, policy: PromisePolicy
) -> dict[int, Judged]:
    """Each promise of a debtor by its key, the earliest promised day first.

    The same money keeps one promise only: what a kept promise needed of the payments, the
    earliest first, does not count towards a later one. Source: section 10.3.
    """
    payments = sorted(
        (each for each in received if each.on <= as_of), key=lambda each: (each.on, each.key)
    )
    left = {each.key: each.amount for each in payments}
    found: dict[int, Judged] = {}
    for one in sorted(given, key=lambda each: (each.promise.pay_by, each.key)):
        last_day = one.promise.pay_by + timedelta(days=policy.grace_days)
        in_time = [each for each in payments if one.promise.made_on <= each.on <= last_day]
        usable = {each.key: one.usable(each.key, left[each.key]) for each in in_time}
        paid = [(each.on, usable[each.key]) for each in in_time]
        state = promise_state(one.promise, paid, as_of, policy)
        proof = _taken(usable, one.promise.amount)
        if state is PromiseState.KEPT:
            left |= {key: left[key] - amount for key, amount in proof.items()}
        found[one.key] = Judged(state=state, proof=proof)
    return found


def _taken(usable: Mapping[int, Decimal], amount: Decimal) -> dict[int, Decimal]:
    """What of each payment goes into the amount, in their order."""
    taken = {}
    for key, part in usable.items():
        if part > 0 and amount > 0:
            taken[key] = min(part, amount)
            amount -= taken[key]
    return taken


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """A part of an invoice the customer contests 争议, until it is settled."""

    amount: Decimal
    opened_on: date
    settled_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class DisputePolicy:
    """For how many days an unsettled dispute keeps its amount from counting as overdue."""

    days: int = 60

    def __post_init__(self) -> None:
        if self.days < 0:
            raise ValueError("the days of a dispute must not be negative")

    def suspends(self, dispute: Dispute, as_of: date) -> bool:
        """Whether the dispute counts on that day: from the day it was opened until before the day
        it was settled, for at most `days` days. Source: section 10.4."""
        if dispute.settled_on is not None and as_of >= dispute.settled_on:
            return False
        return 0 <= (as_of - dispute.opened_on).days < self.days


def undisputed(
    open_amount: Decimal, disputes: Iterable[Dispute], as_of: date, policy: DisputePolicy
) -> Decimal:
    """What of an open invoice counts as overdue, is collected and bears interest; never below 0.

    Exposure and aging keep the whole amount: a dispute does not give credit back.
    Source: docs/policies/credit.md section 10.4.
    """
    contested = sum((each.amount for each in disputes if policy.suspends(each, as_of)), Decimal(0))
    return max(Decimal(0), open_amount - contested)
