"""What a policy would change if it counted already; nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from accounts.models import Account
from credit import explanations, policies
from credit.models import CreditLine, CreditParty, Decision, OrderCredit, Policy, Rating
from credit.queries import dealing
from credit.queries.figures import expected_sales
from credit.queries.grades import grades
from credit.rules.decisions import CheckPolicy, decide
from credit.rules.rating import suggest_limit
from credit.services.ratings import read_figures
from credit.services.standing import Standing
from kam.core import scorecards
from kam.core.scorecards import Score
from sales.models import Order

if TYPE_CHECKING:
    from staff.models import User

SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Something that would be another: of an account or one of its orders."""

    account: Account
    order: Order | None = None
    before: str
    after: str
    reasons: tuple[str, ...] = ()

    @property
    def before_in_words(self) -> str:
        return _in_words(self.before)

    @property
    def after_in_words(self) -> str:
        return _in_words(self.after)

    @property
    def reasons_in_words(self) -> list[str]:
        return [explanations.name(code) for code in self.reasons]


def _in_words(value: str) -> str:
    """What becomes of an order in words; a grade or an amount is its own."""
    outcomes = dict(Decision.Outcome.choices)
    return str(outcomes.get(value, value))


def effects(kind: str, rules: Any, on: date, *, viewer: User) -> list[Effect] | None:
    """What would be different for what the viewer may see; None for a kind that is not tried."""
    tries: dict[str, Callable[[Any, date, User], list[Effect]]] = {
        Policy.Kind.CHECKS: _orders,
        Policy.Kind.SCORECARD: _grades,
        Policy.Kind.TERMS: _limits,
    }
    found = tries.get(Policy.Kind(kind))
    return found(rules, on, viewer) if found else None


def _orders(rules: policies.Checks, on: date, viewer: User) -> list[Effect]:
    """Open orders that would be decided otherwise if they came in now, releases left aside."""
    rows = list(
        OrderCredit.objects.filter(
            status__in=["held", "approved"],
            order__status=Order.Status.OPEN,
            account__in=Account.objects.visible_to(viewer),
        )
        .select_related("order", "account")
        .order_by("account_id", "order_id")
    )
    if not rows:
        return []
    ids = {row.account_id for row in rows}
    heads = CreditParty.objects.filter(pk__in=ids).exclude(group=None).values("group")
    parties = CreditParty.objects.filter(Q(pk__in=ids) | Q(pk__in=heads))
    standing = Standing({party.pk: party for party in parties}, on=on, to_decide=False)
    return [effect for row in rows if (effect := _order(row, standing, rules.checks))]


def _order(row: OrderCredit, standing: Standing, checks: CheckPolicy) -> Effect | None:
    standing.add(row.account_id, -row.counted)
    invoiced = max(row.amount, Decimal(0)) - row.uninvoiced
    position = standing.position(row.account_id, part_invoiced=invoiced)
    standing.add(row.account_id, row.counted)
    now = decide(position, row.amount, standing.policy.rules.checks)
    then = decide(position, row.amount, checks)
    if now.outcome is then.outcome:
        return None
    return Effect(
        account=row.account,
        order=row.order,
        before=now.outcome.value,
        after=then.outcome.value,
        reasons=tuple(reason.code for reason in (then.reasons or now.reasons)),
    )


def _with_credit(viewer: User) -> dict[int, Account]:
    """The customers with a line or a rating that the viewer may see."""
    accounts = Account.objects.visible_to(viewer).live()
    found = accounts.filter(
        Q(pk__in=CreditLine.objects.values("account")) | Q(pk__in=Rating.objects.values("account"))
    )
    return found.in_bulk()


def _grades(card: scorecards.Scorecard, on: date, viewer: User) -> list[Effect]:
    """Customers whose figures of today give another grade by this card than by that in force."""
    accounts = _with_credit(viewer)
    ids = sorted(accounts)
    current = policies.in_force(Policy.Kind.SCORECARD, on).rules
    old, new = read_figures(current, ids, on), read_figures(card, ids, on)
    pairs = (
        (pk, _grade(scorecards.score(current, old[pk])), _grade(scorecards.score(card, new[pk])))
        for pk in ids
    )
    return [
        Effect(account=accounts[pk], before=before, after=after)
        for pk, before, after in pairs
        if before != after
    ]


def _grade(scored: scorecards.Score | scorecards.NotRateable) -> str:
    return scored.grade if isinstance(scored, Score) else ""


def _limits(rules: Any, on: date, viewer: User) -> list[Effect]:
    """Rated customers for whom another limit would be suggested."""
    accounts = _with_credit(viewer)
    ids = sorted(accounts)
    current = policies.in_force(Policy.Kind.TERMS, on).rules
    counting, lines = grades(ids, on), dealing.lines_in_force(ids, on)
    sales, months = expected_sales(ids, on), dealing.months_of_dealing(ids, on)

    def limit(pk: int, policy: Any) -> Decimal:
        line = lines.get(pk)
        return suggest_limit(
            grade=counting[pk],
            annual_credit_sales=sales[pk],
            terms_days=line.terms_days if line else policy.first_terms.max_days,
            months_of_dealing=months.get(pk, 0),
            policy=policy,
        ).limit

    pairs = ((pk, limit(pk, current), limit(pk, rules)) for pk in ids if pk in counting)
    return [
        Effect(account=accounts[pk], before=f"{before:,.2f}", after=f"{after:,.2f}")
        for pk, before, after in pairs
        if before != after
    ]
