"""What the audit trail calls what happens to archives."""

import re

from django.utils.translation import gettext_lazy as _

from accounts.models import ServiceMember
from accounts.services import exports
from kam.core.audit_words import Words

ACTIONS: Words = {
    "accounts.account_created": _("Archive opened"),
    "accounts.account_changed": _("Archive changed"),
    "accounts.account_reviewed": _("Archive reviewed"),
    "accounts.review_withdrawn": _("Review of an archive taken back"),
    "accounts.account_merged": _("Archives merged"),
    "accounts.merge_undone": _("Merge undone"),
    "accounts.manager_changed": _("Account manager changed"),
    "accounts.parent_changed": _("Parent company changed"),
    "accounts.contact_added": _("Contact added"),
    "accounts.contact_changed": _("Contact changed"),
    "accounts.contact_removed": _("Contact deleted"),
    "accounts.member_added": _("Joined the service team"),
    "accounts.member_ended": _("Left the service team"),
    "accounts.attachment_added": _("File added"),
    "accounts.attachment_removed": _("File deleted"),
    "accounts.segment_created": _("View saved"),
    "accounts.segment_changed": _("View changed"),
    "accounts.segment_deleted": _("View deleted"),
    "accounts.import_applied": _("Import carried out"),
    "accounts.import_confirmed": _("Import confirmed"),
    "accounts.import_expired": _("Preview of an import deleted, never confirmed"),
    "accounts.import_discarded": _("Import discarded"),
    "accounts.accounts_exported": _("Accounts exported"),
    "accounts.export_allowance_proposed": _("More exports asked for"),
    "accounts.export_allowance_approved": _("More exports allowed"),
    "accounts.export_allowance_rejected": _("More exports refused"),
    "accounts.optout_entered": _("Opt-out from mailings entered"),
    "accounts.optout_ended": _("Opt-out from mailings ended"),
    "accounts.contact_touched": _("Contact spoken to"),
    "accounts.duplicate_dismissed": _("Marked as different customers"),
}
FIELDS: Words = {
    "merge": _("merge"),
    "survivor": _("kept archive"),
    "absorbed": _("merged archive"),
    "file": _("file"),
    "service_team": _("service team"),
    "rows": _("rows"),
    "query": _("filters"),
    "columns": _("columns"),
    "format": _("file format"),
    "not_the_same_as": _("not the same as"),
}


def service_team(stored: str) -> str:
    """Somebody and their part in the service team: "Anna (sales)" with the part in words."""
    parts = dict(ServiceMember.Role.choices)
    return re.sub(r"\((\w+)\)$", lambda found: f"({parts.get(found[1], found[1])})", stored)


def column(stored: str) -> str:
    """The title of an exported column."""
    return exports.titles().get(stored, stored)


VALUES = {"service_team": service_team, "columns": column}
