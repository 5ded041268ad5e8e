"""Orders to a file, for who may take them out of the house: with a reason, logged."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import export_kinds
from accounts.models import Account
from accounts.services.exporting import take_out
from kam.core.errors import RuleViolation
from sales.models import Order, OrderQuerySet
from staff.models import User

KIND = export_kinds.Kind(
    key="sales.order",
    label=gettext_lazy("Orders"),
    permission="sales.export_order",
    rows_a_month=20_000,
)
MOST_IN_A_WORKBOOK = 100_000  # a CSV has no end
_CHUNK = 2000
_OWN = ["order_number", "ordered_on", "status", "promised_on", "delivered_on", "credit_status"]
_SOURCES = {"account_number": "account__account_number", "account_name": "account__name"}
_CHOICES = {"status": Order.Status, "credit_status": Order.CreditStatus}


def columns() -> dict[str, str]:
    """What can be exported of an order, with its title."""
    titles = {name: _title(Order, name) for name in _OWN}
    titles["account_number"] = _title(Account, "account_number")
    titles["account_name"] = _("Account")
    for name in ("currency", "exchange_rate"):
        titles[name] = _title(Order, name)
    titles["net_amount"] = f"{_title(Order, 'net_amount')} ({settings.REPORTING_CURRENCY})"
    return titles


def _title(model: type[Any], name: str) -> str:
    return str(model._meta.get_field(name).verbose_name)


def export_orders(
    orders: OrderQuerySet,
    names: Sequence[str],
    *,
    actor: User,
    reason: str,
    query: str,
    file_format: str,
) -> Iterator[list[Any]]:
    """Log the export, then give its rows. Refused: export_quota, too_many (rows for a
    workbook)."""
    if file_format == "xlsx" and orders.count() > MOST_IN_A_WORKBOOK:
        raise RuleViolation(
            "too_many",
            _("More than %s orders: narrow the list, or take CSV.") % f"{MOST_IN_A_WORKBOOK:,}",
        )
    take_out(
        orders,
        KIND.key,
        "sales.orders_exported",
        actor=actor,
        reason=reason,
        query=query,
        columns=names,
        file_format=file_format,
    )
    return _rows(orders, names)


def _rows(orders: OrderQuerySet, names: Sequence[str]) -> Iterator[list[Any]]:
    labels = {
        place: {value: str(label) for value, label in _CHOICES[name].choices}
        for place, name in enumerate(names)
        if name in _CHOICES
    }
    picked = {f"export_{name}": F(_SOURCES.get(name, name)) for name in names}
    for values in orders.values_list(*picked.values()).iterator(chunk_size=_CHUNK):
        row = ["" if value is None else value for value in values]
        for place, known in labels.items():
            row[place] = known.get(row[place], row[place])
        yield row
