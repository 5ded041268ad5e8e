"""The rules of credit as data: proposed, approved, versioned, effective from a day."""

from __future__ import annotations

from datetime import date
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class PolicyQuerySet(models.QuerySet["Policy"]):
    def in_force(self, kind: str, on: date) -> Self:
        """Approved versions of a kind that have begun by this day, the deciding one first."""
        return self.filter(
            kind=kind, status=Policy.Status.APPROVED, effective_from__lte=on
        ).order_by("-effective_from", "-version")


class Policy(models.Model):
    """One version of one set of credit rules; `content` is what `credit.policies` reads.

    In force on a day is the approved version with the latest `effective_from` up to it.
    Never edited after approval (database trigger); a change is a new version.
    """

    class Kind(models.TextChoices):
        CHECKS = "checks", _("Credit checks of orders")
        TERMS = "terms", _("Limits and terms")
        SCORECARD = "scorecard", _("Rating scorecard")
        RECEIVABLES = "receivables", _("Aging, interest and limitation")
        COLLECTIONS = "collections", _("Collections")
        SUPERVISION = "supervision", _("Supervision and reviews")

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Awaiting approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
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

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "-version"]
        verbose_name = _("credit policy")
        verbose_name_plural = _("credit policies")
        permissions = [("propose_policy", _("Can propose credit policies"))]
        triggers = [
            pgtrigger.Protect(
                name="approved_is_immutable",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__status="approved"),
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="credit_policy_version"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "checks",
                        "terms",
                        "scorecard",
                        "receivables",
                        "collections",
                        "supervision",
                    ]
                ),
                name="credit_policy_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.version}"

    def get_absolute_url(self) -> str:
        return reverse("credit:policy", args=[self.kind, self.version])
