"""What the audit trail calls what happens in reviews and supervision."""

from django.utils.translation import gettext_lazy as _

from kam.core import audit_words

ACTIONS: audit_words.Words = {
    "credit.campaign_opened": _("Review campaign opened"),
    "credit.campaign_reminded": _("Signers of reviews reminded"),
    "credit.review_changed": _("Proposal of a review changed"),
    "credit.budget_proposed": _("Credit budget proposed"),
    "credit.budget_approved": _("Credit budget approved"),
    "credit.budget_rejected": _("Credit budget not approved"),
    "credit.budget_exported": _("Credit budget exported"),
    "credit.ceiling_proposed": _("Ceiling on receivables proposed"),
    "credit.ceiling_approved": _("Ceiling on receivables approved"),
    "credit.ceiling_rejected": _("Ceiling on receivables not approved"),
    "credit.alert_acknowledged": _("Credit alert acknowledged"),
    "credit.measure_finished": _("Measure of an overdue account finished"),
}
