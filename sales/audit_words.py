"""What the audit trail calls what happens to the sales ledger."""

from django.utils.translation import gettext_lazy as _

from kam.core.audit_words import Words
from sales import exports

ACTIONS: Words = {
    "sales.orders_synced": _("Orders synced"),
    "sales.orders_exported": _("Orders exported"),
    "sales.products_synced": _("Products synced"),
    "sales.exchange_rate_set": _("Exchange rate set"),
}


def column(stored: str) -> str:
    """The title of an exported column."""
    return exports.columns().get(stored, stored)
