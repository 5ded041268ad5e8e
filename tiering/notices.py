"""Who is told of tiers and designations, and what other systems get of them."""

from typing import Any

from django.utils.translation import gettext_lazy

from accounts.models import Event
from notifications import kinds, webhooks

DESIGNATIONS = {
    "approved": gettext_lazy("Designation approved"),
    "rejected": gettext_lazy("Designation rejected"),
    "expired": gettext_lazy("Designation not decided on in time"),
    "revoked": gettext_lazy("Designation revoked"),
}


def _tier_changed(event: Event) -> dict[str, Any]:
    members = ("from", "to", "basis", "as_of", "net_sales", "share")
    return {name: event.data.get(name) for name in members}


def register_own() -> None:
    """The kinds and webhooks of this app; called when it is ready."""
    kinds.register("tiering.tier_changed", label=gettext_lazy("Tier changed"))
    for verb, label in DESIGNATIONS.items():
        kinds.register(f"tiering.designation_{verb}", label=label)
    webhooks.register(
        "tier_changed",
        label=gettext_lazy("Tier changed"),
        event_kind="tiering.tier_changed",
        payload=_tier_changed,
    )
