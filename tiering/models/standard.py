"""Service standards 服务标准 as data: proposed, approved, versioned, effective from a day (C18)."""

from __future__ import annotations

from datetime import date
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class ServiceStandardQuerySet(models.QuerySet["ServiceStandard"]):
    def in_force(self, on: date) -> Self:
        """Approved versions that have begun by this day, the deciding one first."""
        return self.filter(status=ServiceStandard.Status.APPROVED, effective_from__lte=on).order_by(
            "-effective_from", "-version"
        )


class ServiceStandard(models.Model):
    """What each tier is promised; `content` is what `tiering.standards` reads.

    In force on a day is the approved version with the latest `effective_from` up to it.
    Never edited after approval (database trigger); a change is a new version.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Awaiting approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    version = models.PositiveIntegerField(_("version"), unique=True)
    effective_from = models.DateField(_("effective from"))
    content = models.JSONField(_("content"))
    note = models.TextField(_("reason for the change"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )  # None: shipped with the system
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = ServiceStandardQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        verbose_name = _("service standard")
        verbose_name_plural = _("service standards")
        permissions = [("propose_standard", _("Can propose service standards"))]
        triggers = [
            pgtrigger.Protect(
                name="approved_is_immutable",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__status="approved"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} ({self.effective_from})"

    def get_absolute_url(self) -> str:
        return reverse("tiering:standard", args=[self.version])
