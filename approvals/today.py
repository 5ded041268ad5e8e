"""What waits for a signer, and for who asked and got it back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.kinds import kind_label
from approvals.models import Request
from kam.core.today import LIMIT, Item, Kind, register
from kam.core.words import labelled

if TYPE_CHECKING:
    from staff.models import User

LAST_DAYS = 3  # before a request expires it is urgent


def to_sign(user: User, now: datetime) -> Iterator[Item]:
    """Requests this user may sign now, in person or as a deputy; the next to expire first."""
    rows = Request.objects.waiting_for(user).select_related("requested_by")
    for request in rows.order_by("expires_at", "pk")[:LIMIT]:
        left = (request.expires_at - now).days
        waited = (now - request.requested_at).days
        yield _item(
            request,
            "approvals.waiting",
            urgency=90 if left < LAST_DAYS else min(79, 60 + waited),
            reason=_("%(person)s asks for your signature; it expires on %(day)s.")
            % {"person": request.requested_by, "day": request.last_day.isoformat()},
        )


def returned(user: User, now: datetime) -> Iterator[Item]:
    """One's own requests that a signer sent back for a change."""
    rows = Request.objects.filter(requested_by=user, status=Request.Status.RETURNED)
    for request in rows.order_by("expires_at", "pk")[:LIMIT]:
        left = (request.expires_at - now).days
        yield _item(
            request,
            "approvals.returned",
            urgency=90 if left < LAST_DAYS else 70,
            reason=_("It was returned to you for a change; it expires on %(day)s.")
            % {"day": request.last_day.isoformat()},
        )


def _item(request: Request, kind: str, *, urgency: int, reason: str) -> Item:
    return Item(
        key=f"{kind}:{request.pk}:{request.round}",
        title=labelled(kind_label(request.kind), request.title),
        reason=reason,
        url=reverse("approvals:request", args=[request.pk]),
        urgency=urgency,
        due=request.last_day,
    )


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    register(
        Kind(
            key="approvals.waiting",
            label=gettext_lazy("To sign"),
            icon="clipboard-check",
            provide=to_sign,
            goes=gettext_lazy("Goes when you have signed, or it expires."),
        )
    )
    register(
        Kind(
            key="approvals.returned",
            label=gettext_lazy("Returned to me"),
            icon="arrow-left",
            provide=returned,
            goes=gettext_lazy("Goes when you submit it again or recall it."),
        )
    )
