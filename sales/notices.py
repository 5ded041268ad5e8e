"""What late orders say, on the timeline, to people and to other systems."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import timeline
from accounts.models import Event
from notifications import kinds, webhooks

LATE = "sales.order_late"


def _say(data: Mapping[str, Any]) -> str:
    return _("Order %(order_number)s was not delivered by the promised day, %(promised_on)s") % {
        "order_number": data.get("order_number", ""),
        "promised_on": data.get("promised_on", ""),
    }


def _order_page(event: Event) -> str:
    return reverse("sales:order", args=[event.data["order_number"]])


def _payload(event: Event) -> dict[str, Any]:
    members = ("order_number", "ordered_on", "promised_on", "amount")
    return {name: event.data.get(name) for name in members}


def register_own() -> None:
    """The kinds and webhooks of this app; called when it is ready."""
    timeline.register(LATE, icon="truck-delivery", say=_say)
    kinds.register(LATE, label=gettext_lazy("Order late"), link=_order_page)
    webhooks.register(
        "order_late", label=gettext_lazy("Order late"), event_kind=LATE, payload=_payload
    )
