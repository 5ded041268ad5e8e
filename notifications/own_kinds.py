"""The notices about what the apps below this one do: archives and requests for approval."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts import timeline
from notifications import kinds

REQUEST_WAITS = "approvals.request_waits"
REQUEST_ANSWERED = "approvals.request_answered"

ANSWERS = {
    "approved": gettext_noop("Approved: %(title)s"),
    "rejected": gettext_noop("Rejected: %(title)s"),
    "returned": gettext_noop("Sent back to you: %(title)s"),
    "expired": gettext_noop("Not decided on in time: %(title)s"),
}


def _waits(data: Mapping[str, Any]) -> str:
    return _("%(who)s asks for your signature: %(title)s") % defaultdict(str, data)


def _answered(data: Mapping[str, Any]) -> str:
    return _(ANSWERS.get(data.get("status", ""), "%(title)s")) % defaultdict(str, data)


def register_own() -> None:
    """The kinds of accounts and approvals; called when the app is ready."""
    kinds.register(
        "accounts.manager_changed", label=gettext_lazy("Account given to another manager")
    )
    kinds.register("accounts.member_added", label=gettext_lazy("Somebody joins a service team"))
    kinds.register("accounts.account_merged", label=gettext_lazy("Account merged into another"))
    # No mail of its own: whoever has to sign is written to at once.
    kinds.register(
        REQUEST_WAITS,
        label=gettext_lazy("Your signature is awaited"),
        say=_waits,
        mail="never",
    )
    kinds.register(
        REQUEST_ANSWERED,
        label=gettext_lazy("Your request was decided on"),
        say=_answered,
        mail="soon",
    )
    for kind, icon, say in (
        (REQUEST_WAITS, "clipboard-check", _waits),
        (REQUEST_ANSWERED, "clipboard-check", _answered),
    ):
        timeline.register(kind, icon=icon, say=say)
