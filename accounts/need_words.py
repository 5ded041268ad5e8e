"""What the timeline and the audit trail say of needs."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts import timeline
from kam.core import audit_words
from kam.core.audit_words import Words

COURSES: Words = {
    "now": gettext_lazy("Do it now"),
    "plan": gettext_lazy("Plan it"),
    "aside": gettext_lazy("Set aside until more ask for it"),
    "decline": gettext_lazy("Decline, and say so"),
}
ACTIONS: Words = {
    "accounts.need_collected": gettext_lazy("Need collected"),
    "accounts.need_analysed": gettext_lazy("Need analysed"),
    "accounts.need_answered": gettext_lazy("Need answered"),
    "accounts.need_confirmed": gettext_lazy("Need confirmed as met"),
    "accounts.need_confirmation_withdrawn": gettext_lazy("Confirmation of a need taken back"),
    "accounts.need_sent_back": gettext_lazy("Answer to a need not enough"),
    "accounts.need_declined": gettext_lazy("Need declined"),
    "accounts.need_given": gettext_lazy("Need given to somebody else"),
    "accounts.needs_exported": gettext_lazy("Product feed exported"),
}
FIELDS: Words = {"course": gettext_lazy("recommended"), "need": gettext_lazy("need")}


def _plain(text: str) -> timeline.Say:
    return lambda data: _(text) % defaultdict(str, data)


def _analysed(data: Mapping[str, Any]) -> str:
    told = {"text": data.get("text", ""), "course": COURSES.get(data.get("course", ""), "")}
    return _("Need analysed: %(text)s (%(course)s)") % told


def register_own() -> None:
    """What happens to needs; called when the app is ready."""
    told = {
        "need_collected": _plain(gettext_noop("Need collected: %(text)s")),
        "need_analysed": _analysed,
        "need_answered": _plain(gettext_noop("Need answered: %(text)s")),
        "need_confirmed": _plain(gettext_noop("The customer confirms: %(text)s")),
        "need_confirmation_withdrawn": _plain(
            gettext_noop("Noted by mistake, the customer has not confirmed: %(text)s")
        ),
        "need_sent_back": _plain(gettext_noop("The customer wants something else: %(text)s")),
        "need_declined": _plain(gettext_noop("Need declined: %(text)s")),
        "need_given": _plain(gettext_noop("Answered by %(to)s from now on: %(text)s")),
    }
    for what, say in told.items():
        timeline.register(f"accounts.{what}", icon="clipboard-list", say=say)
    audit_words.register(ACTIONS, FIELDS)
