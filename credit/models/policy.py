"""The rules of credit as data: proposed, approved, versioned, effective from a day."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from approvals.policy_versions import PolicyVersion


class PolicyQuerySet(models.QuerySet["Policy"]):
    def in_force(self, kind: str, on: date) -> Self:
        """Approved versions of a kind that have begun by this day, the deciding one first."""
        return self.filter(
            kind=kind, status=Policy.Status.APPROVED, effective_from__lte=on
        ).order_by("-effective_from", "-version")


class Policy(PolicyVersion):
    """One version of one set of credit rules; `content` is what `credit.policies` reads."""

    class Kind(models.TextChoices):
        CHECKS = "checks", _("Credit checks of orders")
        TERMS = "terms", _("Limits and terms")
        SCORECARD = "scorecard", _("Rating scorecard")
        RECEIVABLES = "receivables", _("Aging, interest and limitation")
        COLLECTIONS = "collections", _("Collections")
        SUPERVISION = "supervision", _("Supervision and reviews")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)

    objects = PolicyQuerySet.as_manager()

    class Meta(PolicyVersion.Meta):
        ordering = ["kind", "-version"]
        verbose_name = _("credit policy")
        verbose_name_plural = _("credit policies")
        permissions = [("propose_policy", _("Can propose credit policies"))]
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
