"""What the events of tiering say on an account's timeline."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import timeline
from accounts.models import Tier
from kam.core.charts import money, percent

DESIGNATION_VERBS = {
    "proposed": gettext_noop("Designation as %(tier)s proposed, %(effective_from)s to %(until)s"),
    "approved": gettext_noop("Designation as %(tier)s approved, %(effective_from)s to %(until)s"),
    "rejected": gettext_noop("Designation as %(tier)s rejected: %(reason)s"),
    "edited": gettext_noop(
        "Proposed designation changed to %(tier)s, %(effective_from)s to %(until)s"
    ),
    "recalled": gettext_noop("Designation as %(tier)s recalled"),
    "expired": gettext_noop("Designation as %(tier)s not decided on in time"),
    "revoked": gettext_noop("Designation as %(tier)s revoked: %(reason)s"),
}


def _tier_changed(data: Mapping[str, Any]) -> str:
    return _("Tier %(from)s → %(to)s: net sales %(net_sales)s, %(share)s of the company") % {
        "from": _tier(data.get("from")),
        "to": _tier(data.get("to")),
        "net_sales": money(Decimal(data.get("net_sales", 0))),
        "share": percent(Decimal(data.get("share", 0))),
    }


def _tier_assigned(data: Mapping[str, Any]) -> str:
    return _("Tier %(to)s: net sales %(net_sales)s, %(share)s of the company") % {
        "to": _tier(data.get("to")),
        "net_sales": money(Decimal(data.get("net_sales", 0))),
        "share": percent(Decimal(data.get("share", 0))),
    }


def _tier(code: str | None) -> str:
    return str(Tier(code).label) if code else _("new")


def _designation(text: str) -> timeline.Say:
    def say(data: Mapping[str, Any]) -> str:
        return _(text) % {
            "tier": _tier(data.get("tier")),
            "effective_from": data.get("effective_from", ""),
            "until": data.get("expires_on", ""),
            "reason": data.get("reason", ""),
        }

    return say


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    timeline.register("tiering.tier_changed", icon="pyramid", say=_tier_changed)
    timeline.register("tiering.tier_assigned", icon="pyramid", say=_tier_assigned)
    for verb, text in DESIGNATION_VERBS.items():
        timeline.register(f"tiering.designation_{verb}", icon="award", say=_designation(text))
