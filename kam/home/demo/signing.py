"""Requests signed by the people of the demo, one after the other as their routes want it."""

from collections.abc import Collection, Mapping
from itertools import cycle

from django.db import models

from approvals import services as approvals
from approvals.models import Request
from kam.home.demo.people import PEOPLE
from staff.models import User

REMARKS = ["同意。", "情况属实，同意。", "同意，请持续关注回款。", "同意，按期复核。", ""]


def sign(subject: models.Model, users: Mapping[str, User], *, but: Collection[str] = ()) -> None:
    """Everybody signs whom the open request about a subject waits for, these people excepted."""
    request = Request.objects.of(subject).open().get()
    for remark in cycle(REMARKS):
        signer = _next(request, users, but)
        if signer is None:
            return
        request = approvals.sign(
            request.pk, actor=signer, decision="approve", comment=remark, seen=request.digest
        )


def reject(subject: models.Model, *, by: User, comment: str) -> None:
    """One signer says no."""
    request = Request.objects.of(subject).open().get()
    approvals.sign(request.pk, actor=by, decision="reject", comment=comment, seen=request.digest)


def _next(request: Request, users: Mapping[str, User], but: Collection[str]) -> User | None:
    """The first of the people whom a request waits for now, and who has not asked for it."""
    if request.status != Request.Status.PENDING:
        return None
    for username, _name, role in PEOPLE:
        user = users[username]
        awaited = role in request.awaits_roles or user.pk in request.awaits_people
        if awaited and username not in but and user.pk != request.requested_by_id:
            return user
    return None
