from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Tier

if TYPE_CHECKING:
    from staff.models import User


class DesignationQuerySet(models.QuerySet["Designation"]):
    def visible_to(self, user: User) -> Self:
        """Designations of the visible accounts."""
        return self.filter(account__in=Account.objects.visible_to(user))

    def in_force(self, on: date) -> Self:
        """Approved designations that have begun, not expired and not been revoked by this day."""
        return self.filter(
            Q(revoked_on=None) | Q(revoked_on__gt=on),
            status=Designation.Status.APPROVED,
            effective_from__lte=on,
            expires_on__gte=on,
        )


class Designation(models.Model):
    """A tier given by hand for strategic significance (C2): reason, another approver, expiry.

    It lifts an account above the tier of its share; it never lowers it.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Awaiting approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        RECALLED = "recalled", _("Recalled")
        EXPIRED = "expired", _("Not decided in time")

    DESIGNATED_TIERS = [
        (Tier.STRATEGIC.value, Tier.STRATEGIC.label),
        (Tier.KEY.value, Tier.KEY.label),
    ]

    account = models.ForeignKey(Account, models.PROTECT, related_name="designations")
    tier = models.CharField(_("tier"), max_length=10, choices=DESIGNATED_TIERS)
    reason = models.TextField(_("reason"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    effective_from = models.DateField(_("effective from"))
    expires_on = models.DateField(_("expires on"))  # the last day it counts
    revoked_on = models.DateField(
        _("revoked on"), null=True, blank=True
    )  # counts no more from here
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_comment = models.TextField(_("comment on the decision"), blank=True)

    objects = DesignationQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        verbose_name = _("designation")
        verbose_name_plural = _("designations")
        permissions = [
            ("propose_designation", _("Can propose designations")),
            ("approve_designation", _("Can approve, reject and revoke designations")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(tier__in=["strategic", "key"]), name="tiering_designation_tier"
            ),
            models.CheckConstraint(
                condition=Q(expires_on__gte=F("effective_from")),
                name="tiering_designation_span",
                violation_error_message=_("A designation cannot expire before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(proposed_by=F("decided_by")),
                name="tiering_designation_four_eyes",
                violation_error_message=_("Nobody decides on their own proposal."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "recalled", "expired"])
                | Q(decided_by__isnull=False),
                name="tiering_designation_decided_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["expires_on"], name="tiering_designation_expiry")]

    def __str__(self) -> str:
        return f"{self.account} → {self.get_tier_display()}"
