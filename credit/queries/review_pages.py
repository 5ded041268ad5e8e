"""The rows of the review pages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from approvals.models import Request
from credit.models import Review, ReviewCampaign
from credit.models.reviews import ReviewQuerySet
from credit.queries.campaigns import requests_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from staff.models import User


def for_list(reviews: ReviewQuerySet) -> ReviewQuerySet:
    """All that a row of a campaign shows, with the customer's number as the order."""
    return reviews.select_related("account", "account__manager", "line").order_by(
        "account__account_number"
    )


@dataclass(frozen=True)
class ToSign:
    """A review that waits for a person, and the digest of what its row shows."""

    review: Review
    request: Request

    @property
    def is_raise(self) -> bool:
        return bool(self.request.snapshot.get("gives_more"))

    @property
    def limit_now(self) -> Decimal:
        return self.review.line.limit


def to_sign(campaign: ReviewCampaign, user: User, *, most: int) -> Sequence[ToSign]:
    """The first reviews of a campaign that this user may sign now, by account number."""
    waiting = requests_of(campaign).waiting_for(user)
    by_proposal = {request.object_id: request for request in waiting}
    reviews = for_list(Review.objects.filter(campaign=campaign, proposal__in=by_proposal))
    return [
        ToSign(review=review, request=by_proposal[review.proposal_id])
        for review in reviews.visible_to(user)[:most]
        if review.proposal_id is not None
    ]


def named(reviews: Iterable[tuple[int, str]]) -> list[tuple[Review, str]]:
    """Refused reviews with what was said, for the page."""
    told = dict(reviews)
    rows = Review.objects.filter(pk__in=told).select_related("account")
    return [(review, told[review.pk]) for review in rows]
