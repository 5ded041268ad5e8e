from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from approvals import desks
from approvals.models import Deputy, Request
from staff.models import User


def awaited(request: Request) -> list[User]:
    """Everybody who may sign this request now, deputies included, by name."""
    desk = desks.desk(request)
    if request.status != Request.Status.PENDING or desk.progress.stage is None:
        return []
    hands = {signed.signer for signed in desk.signatures} | {request.requested_by_id}
    voices = {signed.voice for signed in desk.signatures} | {request.requested_by_id}
    seats = desk.plan[desk.progress.stage].seats
    wanted = {
        who
        for seat in desk.progress.open_seats
        for who in desks.rules.entitled(seats[seat], desk.holders)
    } - voices
    today = timezone.localdate()
    deputies = Deputy.objects.in_force(today).filter(principal__in=wanted)
    people = User.objects.filter(
        Q(pk__in=wanted) | Q(pk__in=deputies.values("deputy")), is_active=True
    )
    return list(people.exclude(pk__in=hands).order_by("full_name", "username"))
