"""What the audit trail calls what happens to approvals."""

from django.utils.translation import gettext_lazy as _

from kam.core.audit_words import Words

ACTIONS: Words = {
    "approvals.request_opened": _("Approval requested"),
    "approvals.request_resubmitted": _("Approval requested again"),
    "approvals.request_signature_approve": _("Signed"),
    "approvals.request_signature_reject": _("Signature refused"),
    "approvals.request_signature_return": _("Sent back by a signatory"),
    "approvals.request_returned": _("Request sent back"),
    "approvals.request_reminded": _("Signatories reminded"),
    "approvals.request_approved": _("Request approved"),
    "approvals.request_rejected": _("Request rejected"),
    "approvals.request_recalled": _("Request recalled"),
    "approvals.request_expired": _("Request expired"),
    "approvals.request_reseated": _("Signatory replaced, all sign again"),
    "approvals.request_kept": _("Request taken over"),
    "approvals.route_proposed": _("Approval route proposed"),
    "approvals.deputy_named": _("Deputy named"),
    "approvals.deputy_ended": _("Deputy ended"),
}
