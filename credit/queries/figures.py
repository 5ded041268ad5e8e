"""What stands there about an account when terms are proposed for it: frozen with the proposal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import Account
from credit import policies
from credit.models import CreditParty, Policy
from credit.queries import dealing
from credit.queries.grades import counting_ratings, grades
from credit.queries.overdue import Overdue, overdue
from credit.rules.rating import Suggestion, suggest_limit
from kam.core import metrics
from kam.core.policy_data import to_json

NOTHING = Overdue(Decimal(0), 0)


def figures(account_id: int, on: date, *, terms_days: int) -> dict[str, Any]:
    """The figures of an account on a day, as JSON; the suggestion is for these terms."""
    party = CreditParty.objects.filter(pk=account_id).first()
    debt = overdue([account_id], on).get(account_id, NOTHING)
    grade = grades([account_id], on).get(account_id, "")
    rating = counting_ratings([account_id], on).get(account_id)
    months = dealing.months_of_dealing([account_id], on).get(account_id, 0)
    suggested = suggestion(account_id, on, grade=grade, terms_days=terms_days)
    found = {
        "as_of": on,
        "exposure": party.exposure if party else Decimal(0),
        "overdue_amount": debt.amount,
        "overdue_days": debt.oldest_days,
        "net_sales": _metric("net_sales", account_id, on),
        "payment_index": _metric("payment_index", account_id, on),
        "rating": grade,
        "rating_points": rating.points if rating and rating.grade == grade else None,
        "rating_id": rating.pk if rating else None,
        "months_of_dealing": months,
        "suggested_limit": suggested.limit if suggested else None,
        "suggested_terms_days": suggested.terms_days if suggested else None,
    }
    return {name: to_json(value) for name, value in found.items()}


def members(head_id: int, on: date) -> list[dict[str, Any]]:
    """The accounts below one, as JSON: the group that a line of it would cover.

    limit: of the member's own line that is in force, None without one. Three queries.
    """
    below = Account.objects.in_group(head_id).exclude(pk=head_id).live().order_by("account_number")
    accounts = {account.pk: account for account in below}
    lines = dealing.lines_in_force(list(accounts), on)
    limits = {pk: line.limit_on(on) for pk, line in lines.items() if on <= line.valid_until}
    exposures = dict(CreditParty.objects.filter(pk__in=accounts).values_list("pk", "exposure"))
    found = (
        {
            "account": pk,
            "name": str(account),
            "limit": limits.get(pk),
            "exposure": exposures.get(pk, Decimal(0)),
        }
        for pk, account in accounts.items()
    )
    return [to_json(each) for each in found]


def suggestion(account_id: int, on: date, *, grade: str, terms_days: int) -> Suggestion | None:
    """The limit that the grade suggests for these terms; None for who has none."""
    if not grade:
        return None
    return suggest_limit(
        grade=grade,
        annual_credit_sales=expected_sales([account_id], on)[account_id],
        terms_days=terms_days,
        months_of_dealing=dealing.months_of_dealing([account_id], on).get(account_id, 0),
        policy=policies.in_force(Policy.Kind.TERMS, on).rules,
    )


def expected_sales(account_ids: list[int], on: date) -> dict[int, Decimal]:
    """What the latest investigation expects for twelve months, else what the last twelve brought.

    0 where neither is known. Source: docs/policies/credit.md section 4.1.
    """
    sold = metrics.values("net_sales", on, account_ids)
    expected = {
        pk: each.expected_sales
        for pk, each in dealing.latest_investigations(account_ids, on).items()
        if each.expected_sales is not None
    }
    return {pk: expected.get(pk, Decimal(sold.get(pk, 0))) for pk in account_ids}


def _metric(name: str, account_id: int, on: date) -> Any:
    return metrics.values(name, on, [account_id]).get(account_id)
