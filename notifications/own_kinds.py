"""The notices about what the apps below this one do: archives and requests for approval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts import timeline
from approvals import listeners, queries
from approvals.models import Request
from notifications import kinds, services
from notifications.models import Mail

if TYPE_CHECKING:
    from staff.models import User

REQUEST_WAITS = "approvals.request_waits"
REQUEST_ANSWERED = "approvals.request_answered"
WEBHOOK_GIVEN_UP = "notifications.webhook_given_up"

ANSWERS = {
    Request.Status.APPROVED: gettext_noop("Approved: %(title)s"),
    Request.Status.REJECTED: gettext_noop("Rejected: %(title)s"),
    Request.Status.RETURNED: gettext_noop("Sent back to you: %(title)s"),
    Request.Status.EXPIRED: gettext_noop("Not decided on in time: %(title)s"),
}


def request_moved(request: Request, actor: User | None) -> None:
    """Tell those who may sign now, or whoever asked what came of it; nobody else waits."""
    cause = f"approvals.request:{request.pk}:"
    services.settle(REQUEST_WAITS, causes_begin=cause)
    data = {"title": request.title, "who": str(request.requested_by), "status": request.status}
    url = request.get_absolute_url()
    if request.status == Request.Status.PENDING:
        turn = f"{cause}{request.round}:{request.stage}:{request.reminded_on or ''}"
        people = queries.awaited(request)
        services.notify(people, REQUEST_WAITS, cause=turn, url=url, data=data)
    elif request.status in ANSWERS and actor != request.requested_by:
        answer = f"{cause}{request.round}:{request.status}"
        asked_by = [request.requested_by_id]
        services.notify(asked_by, REQUEST_ANSWERED, cause=answer, url=url, data=data)


def _waits(data: Mapping[str, Any]) -> str:
    return _("%(who)s asks for your signature: %(title)s") % defaultdict(str, data)


def _answered(data: Mapping[str, Any]) -> str:
    return _(ANSWERS.get(data.get("status", ""), "%(title)s")) % defaultdict(str, data)


def _given_up(data: Mapping[str, Any]) -> str:
    return _("A webhook was given up after three days without success: %(url)s") % defaultdict(
        str, data
    )


def register_own() -> None:
    """The kinds of accounts, approvals and webhooks; called when the app is ready."""
    for noun_past, label in (
        ("manager_changed", gettext_lazy("Account given to another manager")),
        ("member_added", gettext_lazy("Somebody joins a service team")),
        ("account_merged", gettext_lazy("Account merged into another")),
    ):
        kinds.register(f"accounts.{noun_past}", label=label)
    # No mail of its own: whoever has to sign is written to at once.
    _register(REQUEST_WAITS, gettext_lazy("Your signature is awaited"), _waits, Mail.NEVER)
    _register(REQUEST_ANSWERED, gettext_lazy("Your request was decided on"), _answered, Mail.SOON)
    _register(WEBHOOK_GIVEN_UP, gettext_lazy("A webhook was given up"), _given_up, Mail.SOON)
    listeners.register(request_moved)


def _register(kind: str, label: Any, say: timeline.Say, mail: str) -> None:
    kinds.register(kind, label=label, say=say, mail=mail)
    icon = "webhook" if kind == WEBHOOK_GIVEN_UP else "clipboard-check"
    timeline.register(kind, icon=icon, say=say)
