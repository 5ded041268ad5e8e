"""Who is told of holds, limits and debts, and what other systems get of them."""

from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.models import Event
from notifications import kinds, webhooks
from notifications.models import Mail

KINDS: dict[str, tuple[str | Promise, Mail]] = {
    "hold_set": (gettext_lazy("Account put on credit hold"), Mail.SOON),
    "hold_lifted": (gettext_lazy("Credit hold lifted"), Mail.SOON),
    "limit_changed": (gettext_lazy("Credit limit changed"), Mail.DAILY),
    "alert_raised": (gettext_lazy("Credit alert"), Mail.DAILY),
    "overdue_measures_started": (gettext_lazy("Overdue: measures started"), Mail.DAILY),
    "promise_broken": (gettext_lazy("Promise to pay broken"), Mail.DAILY),
    "dispute_opened": (gettext_lazy("Invoice disputed"), Mail.DAILY),
    "statement_disputed": (gettext_lazy("Statement of account disputed"), Mail.DAILY),
}
ORDERS: dict[str, tuple[str | Promise, Mail]] = {
    "order_held": (gettext_lazy("Order on credit hold"), Mail.SOON),
    "order_cleared": (gettext_lazy("Order no longer on credit hold"), Mail.DAILY),
    "order_released": (gettext_lazy("Order released"), Mail.SOON),
}


def _order_page(event: Event) -> str:
    return reverse("sales:order", args=[event.data["order_number"]])


def _account(event: Event) -> dict[str, Any]:
    return {"scope": "account", "reason": event.data.get("reason", "")}


def _order(event: Event) -> dict[str, Any]:
    members = ("order_number", "amount", "reasons", "delivered", "reason")
    told = {name: event.data[name] for name in members if name in event.data}
    return {"scope": "order", **told}


def _limit(event: Event) -> dict[str, Any]:
    members = ("from", "to", "currency", "extra", "extra_until", "terms_days")
    span = ("valid_from", "valid_until")
    return {name: event.data.get(name) for name in (*members, *span)}


HELD = gettext_lazy("Account or order put on credit hold")
RELEASED = gettext_lazy("Credit hold lifted or order released")
WEBHOOKS = [
    ("credit_hold", HELD, "hold_set", _account),
    ("credit_hold", HELD, "order_held", _order),
    ("credit_released", RELEASED, "hold_lifted", _account),
    ("credit_released", RELEASED, "order_cleared", _order),
    ("credit_released", RELEASED, "order_released", _order),
    ("limit_changed", gettext_lazy("Credit limit changed"), "limit_changed", _limit),
]


def register_own() -> None:
    """The kinds and webhooks of this app; called when it is ready."""
    for noun_past, (label, mail) in KINDS.items():
        kinds.register(f"credit.{noun_past}", label=label, mail=mail)
    for noun_past, (label, mail) in ORDERS.items():
        kinds.register(f"credit.{noun_past}", label=label, mail=mail, link=_order_page)
    for name, label, noun_past, payload in WEBHOOKS:
        webhooks.register(name, label=label, event_kind=f"credit.{noun_past}", payload=payload)
