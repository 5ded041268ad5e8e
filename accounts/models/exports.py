from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import export_kinds

if TYPE_CHECKING:
    from staff.models import User


class Export(models.Model):
    """Rows that somebody took out of the house: what their quota of the month is counted by."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("taken by")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    month = models.DateField()  # its first day
    kind = models.CharField(_("kind"), max_length=60)  # accounts.export_kinds
    rows = models.PositiveIntegerField(_("rows"))
    in_clear = models.BooleanField(_("with contact details of others"), default=False)
    reason = models.CharField(_("reason"), max_length=500)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        indexes = [models.Index(fields=["user", "kind", "month"], name="accounts_export_quota")]

    def __str__(self) -> str:
        return f"{self.kind_label} {self.at:%Y-%m-%d}"

    @property
    def kind_label(self) -> str:
        return export_kinds.label(self.kind)


class ExportAllowanceQuerySet(models.QuerySet["ExportAllowance"]):
    def visible_to(self, user: User) -> Self:
        """One's own, and all of them for who sees everybody's exports."""
        return self if user.has_perm("accounts.view_export") else self.filter(user=user)


class ExportAllowance(models.Model):
    """More than the quota of a month, asked for by one person and signed by another (A11)."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Awaiting approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    month = models.DateField(_("month"))  # its first day
    kind = models.CharField(_("kind"), max_length=60)
    rows = models.PositiveIntegerField(_("additional rows"))
    in_clear = models.BooleanField(
        _("with contact details of customers that I do not serve"), default=False
    )
    reason = models.CharField(_("reason"), max_length=500)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)

    objects = ExportAllowanceQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("export allowance")
        verbose_name_plural = _("export allowances")
        constraints = [
            models.CheckConstraint(
                condition=Q(rows__gt=0) | Q(in_clear=True), name="accounts_allowance_of_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {export_kinds.label(self.kind)} {self.month:%Y-%m}"

    def get_absolute_url(self) -> str:
        return reverse("accounts:exports")

    @property
    def kind_label(self) -> str:
        return export_kinds.label(self.kind)
