"""The notice of an item of the Today page that somebody hands over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import timeline
from notifications import kinds
from notifications.models import Mail

HANDED_OVER = "home.item_given"


def _say(data: Mapping[str, Any]) -> str:
    known = defaultdict(str, data)
    if known["note"]:
        return _("%(who)s hands over to you: %(title)s (%(note)s)") % known
    return _("%(who)s hands over to you: %(title)s") % known


def register_own() -> None:
    """The kind of this module; called when the app is ready."""
    label = gettext_lazy("Somebody hands a task over to me")
    kinds.register(HANDED_OVER, label=label, say=_say, mail=Mail.SOON)
    timeline.register(HANDED_OVER, icon="users", say=_say)
