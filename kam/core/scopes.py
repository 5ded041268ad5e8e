"""What a token may be allowed to do: the one list of scopes."""

from django.utils.translation import gettext_lazy as _

SCOPES = {
    "accounts:read": _("Read accounts"),
    "accounts:write": _("Create and change accounts"),
    "contacts:read": _("Read contact details, which are trade secrets; each reading is logged"),
    "orders:read": _("Read products and orders"),
    "orders:write": _("Create and change products and orders"),
    "receivables:write": _("Create and change invoices and payments"),
    "credit:read": _("Read credit limits and receivables"),
    "credit:check": _("Ask for credit decisions"),
    "tiers:read": _("Read tiers and RFM scores"),
    "tiers:run": _("Start a recompute"),
    "complaints:write": _("Register complaints"),
    "webhooks:manage": _("Manage webhooks"),
}
