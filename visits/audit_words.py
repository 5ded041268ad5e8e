"""What the audit trail calls what happens to visits."""

from django.utils.translation import gettext_lazy as _

from kam.core.audit_words import Words

ACTIONS: Words = {
    "visits.visit_planned": _("Visit planned"),
    "visits.visit_changed": _("Visit changed"),
    "visits.visit_moved": _("Visit moved"),
    "visits.visit_cancelled": _("Visit cancelled"),
    "visits.visit_started": _("Checked in at a customer"),
    "visits.report_saved": _("Visit report saved"),
    "visits.visit_done": _("Visit reported"),
    "visits.visit_handed_over": _("Visit handed over"),
    "visits.follow_up_added": _("Follow-up added"),
    "visits.follow_up_done": _("Follow-up done"),
    "visits.follow_up_reopened": _("Follow-up open again"),
    "visits.follow_up_handed_over": _("Follow-up handed over"),
    "visits.plan_proposed": _("Month of visits proposed"),
    "visits.plan_accepted": _("Month of visits agreed to"),
    "visits.schedule_opened": _("Maintenance schedule opened"),
    "visits.schedule_ended": _("Maintenance schedule ended"),
    "visits.schedule_handed_over": _("Maintenance schedule handed over"),
    "visits.calendar_link_made": _("Calendar subscription made"),
    "visits.calendar_link_revoked": _("Calendar subscription revoked"),
}
FIELDS: Words = {"visits": _("visits")}
