"""Rules that are data: versions that are proposed, signed, and in force from a day on.

An app keeps a table of its own of them; what happens to each version is in
`approvals.services.policy_versions`.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PolicyVersion(models.Model):
    """One version of some rules: proposed, approved, effective from a day.

    In force on a day is the approved version with the latest `effective_from` up to it.
    Never edited after approval (database trigger); a change is a new version.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Awaiting approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    version = models.PositiveIntegerField(_("version"))
    effective_from = models.DateField(_("effective from"))
    content = models.JSONField(_("content"))
    note = models.TextField(_("reason for the change"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )  # None: shipped with the system
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        triggers = [
            pgtrigger.Protect(
                name="approved_is_immutable",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__status="approved"),
            )
        ]
