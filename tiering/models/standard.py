"""Service standards 服务标准 as data: proposed, approved, versioned, effective from a day (C18)."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from approvals.policy_versions import PolicyVersion


class ServiceStandardQuerySet(models.QuerySet["ServiceStandard"]):
    def in_force(self, on: date) -> Self:
        """Approved versions that have begun by this day, the deciding one first."""
        return self.filter(status=ServiceStandard.Status.APPROVED, effective_from__lte=on).order_by(
            "-effective_from", "-version"
        )


class ServiceStandard(PolicyVersion):
    """What each tier is promised; `content` is what `tiering.standards` reads."""

    version = models.PositiveIntegerField(_("version"), unique=True)

    objects = ServiceStandardQuerySet.as_manager()

    class Meta(PolicyVersion.Meta):
        ordering = ["-version"]
        verbose_name = _("service standard")
        verbose_name_plural = _("service standards")
        permissions = [("propose_standard", _("Can propose service standards"))]

    def __str__(self) -> str:
        return f"{self.version} ({self.effective_from})"

    def get_absolute_url(self) -> str:
        return reverse("tiering:standard", args=[self.version])
