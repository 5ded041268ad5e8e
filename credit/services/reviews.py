"""The review of one customer (D14): prepared, submitted, and in force when all have signed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as accounts
from accounts.services import kept_row
from approvals import services as approvals
from approvals.models import Request
from credit import policies
from credit.models import CreditLine, LineProposal, Policy, Review, ReviewCampaign
from credit.queries.grades import grades
from credit.rules.lines import LineTerms
from credit.rules.months import add_months
from credit.services import lines, proposals
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

KEEP = "credit.review"
RAISE = "credit.review_raise"
KINDS = (KEEP, RAISE)


@transaction.atomic
def change_proposal(
    review_id: int, *, limit: Decimal, terms_days: int, rating: str, comment: str, actor: User
) -> Review:
    """Propose something else than the rules. Refused: not_in_preparation, reason_required."""
    review = _in_preparation(review_id)
    if not comment.strip():
        raise RuleViolation("reason_required", _("Say why the proposal of the rules is changed."))
    values = {
        "proposed_limit": limit,
        "proposed_terms_days": terms_days,
        "proposed_rating": rating,
    }
    changes = audit.diff(review, values)
    for name, value in values.items():
        setattr(review, name, value)
    review.comment, review.changed_by = comment.strip(), actor
    review.save(update_fields=[*values, "comment", "changed_by"])
    audit.record(review, "credit.review_changed", actor=actor, changes=changes, reason=comment)
    return review


@transaction.atomic
def submit(review_id: int, *, actor: User) -> Review:
    """Ask for the signatures of a review: with the committee where it gives more than now.

    Refused: not_in_preparation, changed_by_another (who changed it submits it), no_line (it ran
    out), and what `proposals.draft_terms` and `approvals.open_request` refuse.
    Source: docs/policies/credit.md section 12.4.
    """
    review = _in_preparation(review_id)
    if review.changed_by_id not in (None, actor.pk):
        raise RuleViolation(
            "changed_by_another",
            _("%(who)s changed this proposal and is the one to submit it.")
            % {"who": review.changed_by},
        )
    proposal = _propose(review, actor)
    review.status, review.proposal, review.closed_at = Review.Status.SUBMITTED, proposal, None
    review.save(update_fields=["status", "proposal", "closed_at"])
    approvals.open_request(
        kind=RAISE if proposals.more_of(proposal) else KEEP,
        subject=proposal,
        reason=proposal.reason,
        actor=actor,
        amount=proposal.limit,
        title=str(review),
    )
    return review


def _propose(review: Review, actor: User) -> LineProposal:
    today = timezone.localdate()
    line = lines.in_force(review.account_id, today)
    if line is None:
        raise RuleViolation("no_line", _("This customer has no credit line any more."))
    reason = review.comment or _("Half-yearly review %s, as the rules propose.") % review.campaign
    extra = _extra(review, line, today)
    proposal = proposals.draft_terms(
        review.account,
        terms=LineTerms(
            limit=review.proposed_limit,
            terms_days=review.proposed_terms_days,
            valid_from=today,
            valid_until=max(line.valid_until, _grace_of_next(review.campaign)),
            extra=extra,
            extra_until=line.extra_until if extra else None,
            covers_group=line.covers_group,
        ),
        form=line.form,
        origin=LineProposal.Origin.REVIEW,
        reason=reason,
        beyond_reason=reason,
        actor=actor,
    )
    proposal.rating = review.proposed_rating
    proposal.save(update_fields=["rating"])
    return proposal


def _extra(review: Review, line: CreditLine, today: date) -> Decimal:
    """What stays of a temporary increase that runs: nothing without a limit, and where the limit
    is cut to the suggested one, no more than that in all."""
    if line.extra_until is None or today > line.extra_until or not review.proposed_limit:
        return Decimal(0)
    if review.code != "cut_to_suggestion":
        return line.extra
    room = Decimal(review.figures["suggested_limit"]) - review.proposed_limit
    return max(Decimal(0), min(line.extra, room))


def _grace_of_next(campaign: ReviewCampaign) -> date:
    """The last day on which the line may wait for the review after this one."""
    policy = policies.in_force(Policy.Kind.SUPERVISION, timezone.localdate()).rules.review
    next_due = add_months(campaign.due_on + timedelta(days=1), policy.every_months) - timedelta(1)
    return next_due + timedelta(days=int(policy.lapse_days))


def _in_preparation(review_id: int) -> Review:
    rows = Review.objects.select_related("account", "campaign", "changed_by")
    review = kept_row(rows, review_id)
    if review.status not in Review.PREPARATION:
        raise RuleViolation("not_in_preparation", _("This review was submitted already."))
    return review


def submit_all(review_ids: Iterable[int], *, actor: User) -> list[tuple[int, str]]:
    """Submit many reviews, each by itself; the ids that were refused, and why."""
    refused = []
    for review_id in sorted(review_ids):
        try:
            submit(review_id, actor=actor)
        except RuleViolation as violation:
            refused.append((review_id, violation.message))
    return refused


def sign_all(seen: Iterable[tuple[int, str]], *, actor: User) -> list[tuple[int, str]]:
    """Approve many requests, each with a signature of its own; those refused, and why.

    seen: (request id, digest of what the signer had before them) each.
    """
    refused = []
    for request_id, digest in sorted(seen):
        try:
            approvals.sign(request_id, actor=actor, decision="approve", seen=digest)
        except RuleViolation as violation:
            refused.append((request_id, violation.message))
    return refused


# --- what signatures do


def approve(request: Request, actor: User) -> None:
    """The last signature of a review is there: its line and its grade come into force.

    Refused: stale (the line has changed, or what was kept would now be more: the committee signs
    that).
    """
    proposal, review = _subject(request)
    base = lines.in_force(proposal.account_id, lines.begin(proposal))
    raises = request.kind == KEEP and bool(proposals.more_of(proposal))
    if raises or (base.pk if base else None) != proposal.figures.get("line"):
        raise RuleViolation(
            "stale", _("The credit line has changed since; take the review back and submit anew.")
        )
    before = grades([proposal.account_id], timezone.localdate()).get(proposal.account_id, "")
    lines.grant(proposal, actor=actor)
    if proposal.rating not in ("", before):
        data = {"from": before, "to": proposal.rating, "review": review.pk}
        accounts.record_event(
            [proposal.account_id], "credit.rating_changed", actor=actor, data=data
        )
    _close(review, Review.Status.APPROVED)


def close(request: Request, actor: User | None) -> None:
    """The request came to nothing: the review waits to be submitted again."""
    proposal, review = _subject(request)
    proposals.reject(proposal)
    _close(review, Review.Status.NOT_APPROVED)


def _subject(request: Request) -> tuple[LineProposal, Review]:
    proposal = kept_row(LineProposal.objects.all(), request.object_id)
    return proposal, Review.objects.select_for_update(of=("self",)).get(proposal=proposal)


def _close(review: Review, status: Review.Status) -> None:
    review.status, review.closed_at = status, timezone.now()
    review.save(update_fields=["status", "closed_at"])


def snapshot(proposal: LineProposal) -> dict[str, Any]:
    """The review's frozen figures and the terms beside those in force, for the signers."""
    review = Review.objects.select_related("campaign").get(proposal=proposal)
    return {
        "period": review.campaign.period,
        "rule": review.code,
        "rating_now": [review.rating_before, review.rating],
        **proposals.snapshot(proposal),
    }
