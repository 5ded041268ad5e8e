"""What the audit trail calls what happens to holds, receivables and statements of account."""

from django.utils.translation import gettext_lazy as _

from kam.core.audit_words import Words

ACTIONS: Words = {
    "credit.hold_set": _("Account put on credit hold"),
    "credit.hold_lifted": _("Credit hold lifted"),
    "credit.release_requested": _("Release of an order requested"),
    "credit.order_released": _("Order released"),
    "credit.figures_repaired": _("Credit figures corrected"),
    "credit.invoices_synced": _("Invoices received"),
    "credit.payments_synced": _("Payments received"),
    "credit.payment_reallocated": _("Allocation of a payment changed"),
    "credit.instalments_set": _("Instalments agreed"),
    "credit.aging_exported": _("Aging exported"),
    "credit.statement_sent": _("Statement of account sent"),
    "credit.statement_confirmed": _("Statement of account confirmed"),
    "credit.statement_disputed": _("Statement of account disputed"),
    "credit.statement_exported": _("Statement of account exported"),
}
FIELDS: Words = {
    "allocations": _("allocations"),
    "instalments": _("instalments"),
    "as_of": _("as of"),
    "by": _("by"),
    "on": _("on"),
}
