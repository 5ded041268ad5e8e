"""When lines were reviewed, and whether that was in time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Q

from credit import policies
from credit.models import CreditLine, Policy
from credit.rules.supervision import (
    ReviewPolicy,
    ReviewStanding,
    ReviewState,
    review_standing,
)


def review_standing_of(account_ids: Collection[int], on: date) -> dict[int, ReviewStanding]:
    """Where the lines in force of these accounts stand between two reviews. Two queries.

    Accounts without a line are left out.
    """
    policy: ReviewPolicy = policies.in_force(Policy.Kind.SUPERVISION, on).rules.review
    lines = CreditLine.objects.filter(account__in=account_ids).in_force(on)
    return {line.account_id: standing_of(line, on, policy) for line in lines}


def standing_of(line: CreditLine, on: date, policy: ReviewPolicy) -> ReviewStanding:
    """Where a line stands between two reviews. Source: docs/policies/credit.md section 11.3."""
    return review_standing(line.reviewed_on, on, policy)


def has_lapsed(line: CreditLine, on: date) -> bool:
    """Whether a line gives no credit on a day as it was not reviewed in time. One query."""
    policy: ReviewPolicy = policies.in_force(Policy.Kind.SUPERVISION, on).rules.review
    return standing_of(line, on, policy).state is ReviewState.LAPSED


def lapsing(on: date, account_ids: Collection[int] | None = None) -> dict[int, ReviewStanding]:
    """Accounts whose line is not reviewed in time or soon will not be, the longest overdue first.

    account_ids: only of these. Lines that ran out or grant nothing are left out: there is nothing
    to lapse.
    """
    policy: ReviewPolicy = policies.in_force(Policy.Kind.SUPERVISION, on).rules.review
    lines = CreditLine.objects.filter(
        Q(pk__in=CreditLine.objects.in_force(on).values("pk")), valid_until__gte=on, limit__gt=0
    )
    if account_ids is not None:
        lines = lines.filter(account__in=account_ids)
    found = [(line.account_id, standing_of(line, on, policy)) for line in lines]
    late = [(pk, each) for pk, each in found if each.state is not ReviewState.IN_TIME]
    return dict(sorted(late, key=lambda pair: (pair[1].due_on, pair[0])))
