"""What the audit trail calls what is done with many complaints at once."""

from django.utils.translation import gettext_lazy as _

from kam.core.audit_words import Words

ACTIONS: Words = {
    "complaints.history_loaded": _("Past complaints loaded"),
    "complaints.complaints_exported": _("Complaints exported"),
    "complaints.summary_written": _("Summary of a month's complaints written"),
}
