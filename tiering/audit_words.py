"""What the audit trail calls what happens to tiers."""

from django.utils.translation import gettext_lazy as _

from kam.core.audit_words import Words

ACTIONS: Words = {
    "tiering.run_requested": _("Recompute requested"),
    "tiering.policy_drafted": _("Tier policy drafted"),
    "tiering.policy_edited": _("Tier policy edited"),
    "tiering.policy_proposed": _("Tier policy proposed"),
    "tiering.policy_approved": _("Tier policy approved"),
    "tiering.policy_rejected": _("Tier policy rejected"),
    "tiering.policy_recalled": _("Tier policy recalled"),
    "tiering.policy_expired": _("Tier policy not decided on in time"),
    "tiering.standard_proposed": _("Service standard proposed"),
    "tiering.standard_approved": _("Service standard approved"),
    "tiering.standard_rejected": _("Service standard rejected"),
    "tiering.designation_proposed": _("Designation proposed"),
    "tiering.designation_approved": _("Designation approved"),
    "tiering.designation_rejected": _("Designation rejected"),
    "tiering.designation_edited": _("Designation changed"),
    "tiering.designation_recalled": _("Designation recalled"),
    "tiering.designation_expired": _("Designation not decided on in time"),
    "tiering.designation_revoked": _("Designation revoked"),
}
