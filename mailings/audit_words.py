"""What the audit trail calls what happens to mailings."""

from django.utils.translation import gettext_lazy as _

from kam.core.audit_words import Words

ACTIONS: Words = {
    "mailings.mailing_written": _("Mailing written"),
    "mailings.mailing_changed": _("Mailing changed"),
    "mailings.mailing_deleted": _("Draft of a mailing deleted"),
    "mailings.mailing_started": _("Mailing started"),
    "mailings.mailing_stopped": _("Mailing stopped"),
    "mailings.mailing_finished": _("Mailing sent"),
    "mailings.mailing_handed_over": _("Mailing handed over"),
    "mailings.letter_repeated": _("Letter of a mailing repeated"),
}
FIELDS: Words = {"letters": _("letters"), "delivery": _("delivery")}
