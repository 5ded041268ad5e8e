"""How far a review campaign is, and whom it waits for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, F
from django.utils import timezone

from approvals.desks import role_name
from approvals.models import Deputy, Request, RequestQuerySet, Signature
from approvals.people import holders
from credit.models import LineProposal, Review, ReviewCampaign
from staff.models import User


@dataclass(frozen=True)
class Progress:
    """The reviews of a campaign by where they are; `waits` names who signs next, with a number."""

    total: int
    to_submit: int
    not_approved: int
    approved: int
    submitted: int
    waits: list[tuple[str, int]]
    is_overdue: bool

    @property
    def share(self) -> int:
        """Percent approved, cut off: 100 only when all are."""
        return self.approved * 100 // self.total if self.total else 0


def requests_of(campaign: ReviewCampaign) -> RequestQuerySet:
    """The open requests of a campaign."""
    proposals = campaign.reviews.filter(status=Review.Status.SUBMITTED).values("proposal")
    return Request.objects.open().filter(
        content_type=ContentType.objects.get_for_model(LineProposal), object_id__in=proposals
    )


def progress(campaign: ReviewCampaign, on: date) -> Progress:
    """The numbers of a campaign: a fixed number of queries, however many reviews."""
    by_status = Counter(
        dict(campaign.reviews.order_by().values_list("status").annotate(Count("pk")))
    )
    status = Review.Status
    approved, total = by_status[status.APPROVED], by_status.total()
    return Progress(
        total=total,
        to_submit=by_status[status.PREPARED],
        not_approved=by_status[status.NOT_APPROVED],
        approved=approved,
        submitted=by_status[status.SUBMITTED],
        waits=_waits(campaign),
        is_overdue=on > campaign.due_on and approved < total,
    )


def _waits(campaign: ReviewCampaign) -> list[tuple[str, int]]:
    """How many requests wait for each role and person, most first."""
    roles: Counter[str] = Counter()
    people: Counter[int] = Counter()
    for awaited_roles, awaited in requests_of(campaign).values_list(
        "awaits_roles", "awaits_people"
    ):
        roles.update(awaited_roles)
        people.update(awaited)
    known = User.objects.in_bulk(people)
    named = [(str(role_name(role)), number) for role, number in roles.items()]
    named += [(str(known[pk]), number) for pk, number in people.items() if pk in known]
    return sorted(named, key=lambda pair: (-pair[1], pair[0]))


def awaited_people(campaign: ReviewCampaign) -> list[tuple[User, int]]:
    """Everybody who may sign for the campaign now, and how many reviews; deputies included."""
    requests = list(requests_of(campaign).filter(status=Request.Status.PENDING))
    spoken: dict[int, set[int]] = {}
    given = Signature.objects.filter(request__in=requests, round=F("request__round"))
    for request_id, *who in given.values_list("request", "signer", "on_behalf_of"):
        spoken.setdefault(request_id, set()).update(pk for pk in who if pk)
    seats = holders({role for request in requests for role in request.awaits_roles})
    deputies = _deputies()
    awaited: Counter[int] = Counter()
    for request in requests:
        askers = {request.requested_by_id, request.kept_by_id}
        done = spoken.get(request.pk, set()) | askers
        wanted = set(request.awaits_people).union(*(seats[role] for role in request.awaits_roles))
        wanted -= done
        stand_ins: set[int] = set().union(*(deputies.get(pk, set()) for pk in wanted))
        awaited.update(wanted | (stand_ins - done))
    people = User.objects.filter(is_active=True).in_bulk(awaited)
    return sorted(
        ((person, awaited[pk]) for pk, person in people.items()), key=lambda pair: str(pair[0])
    )


def _deputies() -> dict[int, set[int]]:
    """Who signs today for whom that is away."""
    found: dict[int, set[int]] = {}
    rows = Deputy.objects.in_force(timezone.localdate()).filter(principal__is_active=True)
    for principal, deputy in rows.values_list("principal", "deputy"):
        found.setdefault(principal, set()).add(deputy)
    return found
