"""What the audit trail calls what happens to people."""

from django.utils.translation import gettext_lazy as _

from kam.core.audit_words import Words

ACTIONS: Words = {
    "staff.user_created": _("User created"),
    "staff.user_changed": _("User changed"),
    "staff.access_ended": _("Access ended"),
    "staff.leader_changed": _("Leader of a team changed"),
}
