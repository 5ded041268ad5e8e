"""Review campaigns 半年评定 (D14): opened with frozen figures, and reminded of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import batched
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from credit import policies, tasks
from credit.models import CreditLine, CreditParty, Policy, Rating, Review, ReviewCampaign
from credit.queries.grades import grades
from credit.queries.overdue import Overdue, overdue
from credit.rules.reviews import ReviewFigures, propose_review, review_period
from credit.rules.supervision import ReviewPolicy
from credit.services import ratings
from kam.core import audit, metrics
from kam.core.errors import RuleViolation
from kam.core.policy_data import to_json

if TYPE_CHECKING:
    from staff.models import User

BATCH = 1000
NOTHING = Overdue(Decimal(0), 0)


def open_due(as_of: date) -> int:
    """Open the campaign of the period when its day has come; how many reviews it took in."""
    policy = _policy(as_of)
    period = review_period(as_of, policy)
    if as_of < period.opens_on or ReviewCampaign.objects.filter(period=period.label).exists():
        return 0
    return open_campaign(on=as_of, actor=None).reviews.count()


@transaction.atomic
def open_campaign(*, on: date, actor: User | None) -> ReviewCampaign:
    """Open the campaign of the period of a day, or take into it who came since.

    Every customer with a line that counts is rated, which counts once the review is approved, and
    the figures of the day are frozen with what the rules propose. Safe to repeat.
    Source: docs/policies/credit.md section 12.
    """
    policy = _policy(on)
    period = review_period(on, policy)
    campaign, created = ReviewCampaign.objects.get_or_create(
        period=period.label, defaults={"opened_on": on, "due_on": period.due_on, "opened_by": actor}
    )
    # Whoever opens it at the same time waits here.
    campaign = ReviewCampaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    in_force = CreditLine.objects.filter(account__merged_into=None).in_force(on)
    known = set(campaign.reviews.values_list("account", flat=True))
    new = [
        line
        for line in in_force
        if line.valid_until >= on and line.limit_on(on) > 0 and line.account_id not in known
    ]
    for batch in batched(new, BATCH):
        Review.objects.bulk_create(_frozen(campaign, batch, on, policy))
    if created or new:
        changes = {"reviews": len(new)}
        audit.record(campaign, "credit.campaign_opened", actor=actor, changes=changes)
    return campaign


def _policy(on: date) -> ReviewPolicy:
    policy: ReviewPolicy = policies.in_force(Policy.Kind.SUPERVISION, on).rules.review
    return policy


def _frozen(
    campaign: ReviewCampaign, in_force: Sequence[CreditLine], on: date, policy: ReviewPolicy
) -> list[Review]:
    """Reviews with the figures of the day; one query for each figure."""
    ids = [line.account_id for line in in_force]
    before = grades(ids, on)
    rated = ratings.rate(ids, as_of=on, actor=None, cause=Rating.Cause.REVIEW)
    now = {each.account_id: each for each in rated}
    exposures = dict(CreditParty.objects.filter(pk__in=ids).values_list("pk", "exposure"))
    debts = overdue(ids, on)
    sales = metrics.values("net_sales", on, ids)
    index = metrics.values("payment_index", on, ids)
    return [
        _review(
            campaign,
            line,
            policy,
            before=before.get(line.account_id, ""),
            now=now[line.account_id],
            exposure=exposures.get(line.account_id, Decimal(0)),
            debt=debts.get(line.account_id, NOTHING),
            sales=sales.get(line.account_id),
            payment_index=index.get(line.account_id),
        )
        for line in in_force
    ]


def _review(
    campaign: ReviewCampaign,
    line: CreditLine,
    policy: ReviewPolicy,
    *,
    before: str,
    now: Rating,
    exposure: Decimal,
    debt: Overdue,
    sales: Decimal | None,
    payment_index: Decimal | None,
) -> Review:
    suggested = Decimal(now.suggestion["limit"]) if now.suggestion else None
    proposed = propose_review(
        ReviewFigures(
            limit=line.limit,
            terms_days=line.terms_days,
            grade=now.grade or None,
            suggested_limit=suggested,
            max_overdue_days=debt.oldest_days,
        ),
        policy,
    )
    figures = {
        "limit": line.limit,
        "terms_days": line.terms_days,
        "exposure": exposure,
        "overdue": debt.amount,
        "overdue_days": debt.oldest_days,
        "sales": sales,
        "payment_index": payment_index,
        "suggested_limit": suggested,
    }
    return Review(
        campaign=campaign,
        account_id=line.account_id,
        line=line,
        figures={name: to_json(value) for name, value in figures.items()},
        rating_before=before,
        rating=now.grade,
        proposed_rating=now.grade or before,
        proposed_limit=proposed.limit,
        proposed_terms_days=proposed.terms_days,
        code=proposed.code,
    )


# --- reminding


def remind_due(as_of: date) -> int:
    """Once a week remind those whose signatures campaigns wait for; how many campaigns.

    On Monday, or in the first night after it that there is.
    """
    monday = as_of - timedelta(days=as_of.weekday())
    waiting = ReviewCampaign.objects.filter(reviews__status=Review.Status.SUBMITTED).distinct()
    due = waiting.alias(last=Coalesce("reminded_on", "opened_on")).filter(last__lt=monday)
    return len([remind(campaign.pk, actor=None) for campaign in due.order_by("pk")])


@transaction.atomic
def remind(campaign_id: int, *, actor: User | None) -> ReviewCampaign:
    """Mail everybody once whose signatures a campaign waits for. Refused: reminded (today)."""
    campaign = ReviewCampaign.objects.select_for_update(of=("self",)).get(pk=campaign_id)
    today = timezone.localdate()
    if campaign.reminded_on == today:
        raise RuleViolation("reminded", _("A reminder went out today already."))
    campaign.reminded_on = today
    campaign.save(update_fields=["reminded_on"])
    audit.record(campaign, "credit.campaign_reminded", actor=actor)
    transaction.on_commit(lambda: tasks.mail_review_reminders.delay(campaign.pk), robust=True)
    return campaign
