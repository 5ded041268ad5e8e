"""Rating customers by the scorecard in force, with the limit it suggests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account, Event
from credit import policies
from credit.models import Decision, OrderCredit, Policy, Rating
from credit.queries import dealing
from credit.queries.figures import expected_sales
from credit.queries.grades import grades
from credit.rules.grades import is_worse
from credit.rules.rating import LimitPolicy, suggest_limit
from credit.services import orders
from kam.core import metrics, scorecards
from kam.core.errors import RuleViolation
from kam.core.policy_data import to_json
from kam.core.scorecards import NotRateable, Score, Scorecard
from sales.models import Order

if TYPE_CHECKING:
    from staff.models import User

Scored = Score | NotRateable


@transaction.atomic
def rate(
    account_ids: Collection[int],
    *,
    as_of: date | None = None,
    actor: User | None,
    cause: str,
    comment: str = "",
) -> list[Rating]:
    """Rate accounts as of a day, today without one; every point is stored with its figure.

    One query for each figure of the card, however many accounts. A changed grade stands on the
    timeline, and orders on hold are looked at again; nobody's limit changes. A rating for a review
    does not count, nor does a better grade without an actor: it takes a person. Refused: future,
    own_rating (a better grade, by the account manager or by who investigated the customer).
    Source: docs/policies/credit.md section 3.
    """
    as_of = as_of or timezone.localdate()
    if as_of > timezone.localdate():
        raise RuleViolation("future", _("A rating looks at a day that has begun."))
    live = Account.objects.live().filter(pk__in=account_ids).select_for_update(no_key=True)
    ids = list(live.order_by("pk").values_list("pk", flat=True))
    before, now = grades(ids, as_of), grades(ids, timezone.localdate())
    policy = policies.in_force(Policy.Kind.SCORECARD, as_of)
    read = read_figures(policy.rules, ids, as_of)
    suggestions = _suggest_for(ids, as_of)
    rows = []
    for pk in ids:
        scored = scorecards.score(policy.rules, read[pk])
        rows.append(
            Rating(
                account_id=pk,
                as_of=as_of,
                policy_version=policy.version,
                cause=cause,
                comment=comment.strip(),
                rated_by=actor,
                **_result(scored, read[pk]),
                suggestion=suggestions(pk, scored.grade) if isinstance(scored, Score) else None,
            )
        )
    better = [row.account_id for row in rows if _is_better(row.grade, now.get(row.account_id, ""))]
    if actor is not None:
        _refuse_own_raise(better, actor=actor, as_of=as_of)
    uncounted = {*ids} if cause == Rating.Cause.REVIEW else {*better} if actor is None else set()
    for row in rows:
        row.counts = row.account_id not in uncounted
    ratings = Rating.objects.bulk_create(rows, batch_size=1000)
    _tell(ratings, before, actor=actor)
    _redecide({rating.account_id for rating in ratings if rating.counts}, actor=actor)
    return ratings


def _is_better(grade: str, now: str) -> bool:
    """Whether a grade is above the one that counts; the first one is not."""
    return bool(grade and now) and is_worse(now, than=grade)


def _refuse_own_raise(better: list[int], *, actor: User, as_of: date) -> None:
    """A better grade than the one that counts is given by another person than those behind it."""
    investigations = dealing.latest_investigations(better, as_of) if better else {}
    investigators = {each.investigated_by_id for each in investigations.values()}
    if actor.pk in investigators or Account.objects.filter(pk__in=better, manager=actor).exists():
        raise RuleViolation(
            "own_rating",
            _(
                "The grade would rise. Another person than the account manager and who"
                " investigated the customer has to rate it."
            ),
        )


def read_figures(card: Scorecard, account_ids: list[int], as_of: date) -> dict[int, dict[str, Any]]:
    """The figures that a card looks at, by account and metric; missing ones are left out."""
    names = dict.fromkeys([*(c.metric for c in card.criteria), *(c.metric for c in card.caps)])
    found: dict[int, dict[str, Any]] = {pk: {} for pk in account_ids}
    for name in names:
        for pk, value in metrics.values(name, as_of, account_ids).items():
            found[int(str(pk))][name] = value
    return found


def _result(scored: Scored, figures: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a rating that the score gives."""
    if isinstance(scored, NotRateable):
        return {"refusal": {"code": scored.code, "metrics": list(scored.metrics)}}
    caps = [
        {"metric": cap.metric, "figure": str(figures[cap.metric]), "grade": cap.grade}
        for cap in scored.caps
    ]
    return {
        "grade": scored.grade,
        "grade_by_points": scored.grade_by_points,
        "points": scored.points,
        "lines": to_json(scored.lines),
        "caps": caps,
    }


def _suggest_for(account_ids: list[int], as_of: date) -> Any:
    """A function that suggests the limit of one account for a grade; read set-based."""
    policy: LimitPolicy = policies.in_force(Policy.Kind.TERMS, as_of).rules
    sales = expected_sales(account_ids, as_of)
    months = dealing.months_of_dealing(account_ids, as_of)
    lines = dealing.lines_in_force(account_ids, as_of)

    def suggest(account_id: int, grade: str) -> dict[str, Any]:
        line = lines.get(account_id)
        found = suggest_limit(
            grade=grade,
            annual_credit_sales=sales.get(account_id, Decimal(0)),
            terms_days=line.terms_days if line else policy.first_terms.max_days,
            months_of_dealing=months.get(account_id, 0),
            policy=policy,
        )
        suggested: dict[str, Any] = to_json(found)
        return suggested

    return suggest


def _tell(ratings: list[Rating], before: Mapping[int, str], *, actor: User | None) -> None:
    """Write on the timeline of each account whose grade is another one than before."""
    events = []
    for rating in ratings:
        old = before.get(rating.account_id, "")
        if rating.counts and rating.grade not in ("", old):
            data = {
                "from": old,
                "to": rating.grade,
                "points": str(rating.points) if rating.points is not None else None,
                "rating": rating.pk,
            }
            kind = "credit.rating_changed"
            events.append(Event(account_id=rating.account_id, kind=kind, actor=actor, data=data))
    Event.objects.bulk_create(events, batch_size=2000)


def _redecide(account_ids: set[int], *, actor: User | None) -> None:
    """Look again at the orders on hold of these accounts and their groups (section 6.3)."""
    accounts = orders.with_groups(account_ids)
    held = OrderCredit.objects.filter(account__in=accounts, status=Order.CreditStatus.HELD)
    waiting = set(held.values_list("account_id", flat=True))
    orders.redecide(waiting, cause=Decision.Cause.RATING, actor=actor)


def score_of(rating: Rating) -> Score | None:
    """A stored rating as the engine's score, to compare it with another one."""
    if not rating.grade or rating.points is None:
        return None
    return Score(
        points=rating.points,
        grade=rating.grade,
        grade_by_points=rating.grade_by_points,
        lines=scorecards.lines_from_json(rating.lines),
    )
