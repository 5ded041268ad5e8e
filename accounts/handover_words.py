"""What the audit trail says of handovers and leave covers."""

from django.utils.translation import gettext_lazy as _

from kam.core import audit_words
from kam.core.audit_words import Words

ACTIONS: Words = {
    "accounts.handover_opened": _("Handover opened"),
    "accounts.handover_closed": _("Handover closed"),
    "accounts.transfer_proposed": _("Transfer proposed"),
    "accounts.transfer_signed": _("Transfer signed"),
    "accounts.transfer_moved": _("Transfer carried out"),
    "accounts.transfer_withdrawn": _("Transfer withdrawn"),
    "accounts.cover_proposed": _("Leave cover proposed"),
    "accounts.cover_accepted": _("Leave cover accepted"),
    "accounts.cover_passed_on": _("Leave cover passed on"),
    "accounts.cover_ended": _("Leave cover ended early"),
}
FIELDS: Words = {
    "side": _("side"),
    "giver": _("hands over"),
    "taker": _("takes over"),
    "items": _("items"),
    "settled": _("settled meanwhile"),
}


def register_own() -> None:
    """The words of this app's handovers; called when it is ready."""
    audit_words.register(ACTIONS, FIELDS)
