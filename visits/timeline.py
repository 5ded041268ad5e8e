"""What the events of visits say on an account's timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts import timeline
from accounts.models import Tier
from visits import explanations
from visits.models import Kind


def _kind(data: Mapping[str, Any]) -> str:
    return str(dict(Kind.choices).get(data.get("kind", ""), ""))


def _done(data: Mapping[str, Any]) -> str:
    return _("%(kind)s on %(day)s: %(purpose)s") % {
        "kind": _kind(data),
        "day": data.get("on", ""),
        "purpose": data.get("purpose", ""),
    }


def _cancelled(data: Mapping[str, Any]) -> str:
    return _("%(kind)s of %(day)s cancelled") % {"kind": _kind(data), "day": data.get("on", "")}


def _overdue(data: Mapping[str, Any]) -> str:
    """Says also what was promised: it is a breach of the service standard."""
    tiers = dict(Tier.choices)
    return _("Visit overdue since %(day)s (%(tier)s, %(frequency)s)") % {
        "day": data.get("due_on", ""),
        "tier": tiers.get(data.get("tier", ""), ""),
        "frequency": explanations.frequency(int(data.get("every_days", 0))),
    }


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    timeline.register("visits.visit_done", icon="map-pin", say=_done)
    timeline.register("visits.visit_cancelled", icon="circle-x", say=_cancelled)
    timeline.register("visits.visit_overdue", icon="calendar-due", say=_overdue)
