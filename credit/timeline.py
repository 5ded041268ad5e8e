"""What the events of credit say on an account's timeline."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import timeline
from credit import explanations
from credit.models import CreditAlert
from kam.core.charts import money
from kam.core.words import labelled, listed


def _order(text: str) -> timeline.Say:
    def say(data: Mapping[str, Any]) -> str:
        values = {**data, "amount": money(Decimal(data.get("amount", 0)))}
        return _(text) % defaultdict(str, values)

    return say


def _statement(data: Mapping[str, Any]) -> str:
    values = {**data, "balance": money(Decimal(data.get("balance", 0)))}
    return _("Statement of account of %(until)s sent: %(balance)s") % defaultdict(str, values)


def _held(data: Mapping[str, Any]) -> str:
    text = (
        gettext_noop("Order %(order_number)s of %(amount)s was delivered in spite of a hold")
        if data.get("delivered")
        else gettext_noop("Order %(order_number)s of %(amount)s is on credit hold")
    )
    names = listed(explanations.name(code) for code in data.get("reasons", []))
    return labelled(_order(text)(data), names)


def _reason(text: str) -> timeline.Say:
    return lambda data: _(text) % {"reason": data.get("reason", "")}


def _alert(data: Mapping[str, Any]) -> str:
    kinds = dict(CreditAlert.Kind.choices)
    kind = data.get("kind", "")
    return _("Credit alert: %(alert)s, %(before)s → %(now)s") % {
        "alert": kinds.get(kind, kind),
        "before": explanations.alert_figure(kind, data.get("before")),
        "now": explanations.alert_figure(kind, data.get("now")),
    }


def _overdue(data: Mapping[str, Any]) -> str:
    return _("Overdue with %(amount)s for %(days)s days: measures started") % {
        "amount": money(Decimal(data.get("amount", 0))),
        "days": data.get("days", ""),
    }


def _plain(text: str) -> timeline.Say:
    return lambda data: _(text) % defaultdict(str, data)


KINDS: dict[str, tuple[str, timeline.Say]] = {
    "alert_raised": ("alert-triangle", _alert),
    "overdue_measures_started": ("calendar-due", _overdue),
    "order_held": ("lock", _held),
    "order_cleared": (
        "circle-check",
        _order(gettext_noop("Order %(order_number)s of %(amount)s is no longer on credit hold")),
    ),
    "order_released": (
        "shield-check",
        _order(gettext_noop("Order %(order_number)s of %(amount)s was released: %(reason)s")),
    ),
    "statement_sent": (
        "mail",
        _statement,
    ),
    "statement_confirmed": (
        "circle-check",
        _plain(gettext_noop("Statement of account of %(until)s confirmed by %(by)s")),
    ),
    "statement_disputed": (
        "alert-triangle",
        _plain(gettext_noop("Statement of account of %(until)s disputed by %(by)s")),
    ),
    "hold_set": ("lock", _reason(gettext_noop("Put on credit hold: %(reason)s"))),
    "hold_lifted": ("shield-check", _reason(gettext_noop("Credit hold lifted: %(reason)s"))),
}


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    for noun_past, (icon, words) in KINDS.items():
        timeline.register(f"credit.{noun_past}", icon=icon, say=words)
