"""What the audit trail calls what happens to people."""

from django.utils.translation import gettext_lazy as _

from kam.core.audit_words import Words
from staff.roles import ROLE_NAMES

ACTIONS: Words = {
    "staff.user_created": _("User created"),
    "staff.user_changed": _("User changed"),
    "staff.access_ended": _("Access ended"),
    "staff.leader_changed": _("Leader of a team changed"),
    "staff.team_created": _("Team created"),
    "staff.team_changed": _("Team changed"),
    "staff.region_created": _("Region created"),
    "staff.region_changed": _("Region changed"),
}


def roles(stored: str) -> str:
    """The names of roles, as the audit trail stores them, in words."""
    return ", ".join(str(ROLE_NAMES.get(name, name)) for name in stored.split(", "))
