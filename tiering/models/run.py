from __future__ import annotations

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tiering.models.policy import TierPolicy


class TierRunQuerySet(models.QuerySet["TierRun"]):
    def recorded(self) -> Self:
        """Runs whose results stand in the history, even while they are being renewed."""
        return self.exclude(recorded_at=None)

    def covering(self, day: date) -> TierRun | None:
        """The run that says what accounts were on this day: the latest recorded one up to it."""
        return self.recorded().filter(as_of__lte=day).order_by("as_of", "recorded_at").last()

    def unfinished(self) -> Self:
        """Runs that wait, or that a process was busy with when it was last heard of."""
        return self.filter(status__in=[TierRun.Status.QUEUED, TierRun.Status.RUNNING])


class TierRun(models.Model):
    """One recompute of all accounts for one day under one policy; running it again renews it."""

    class Trigger(models.TextChoices):
        NIGHTLY = "nightly", _("Nightly")
        PAGE = "page", _("Page")
        API = "api", _("API")
        COMMAND = "command", _("Command")

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        SUCCEEDED = "succeeded", _("Succeeded")
        FAILED = "failed", _("Failed")

    as_of = models.DateField(_("as of"))
    policy = models.ForeignKey(
        TierPolicy, models.PROTECT, related_name="runs", verbose_name=_("policy")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    progress = models.PositiveSmallIntegerField(_("progress"), default=0)  # percent
    trigger = models.CharField(_("started from"), max_length=10, choices=Trigger)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(_("requested at"))
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    error = models.TextField(_("error"), blank=True)
    # Since when the results stand in the history; the figures below are those of that time.
    recorded_at = models.DateTimeField(_("recorded at"), null=True)
    company_net_sales = models.DecimalField(
        _("company net sales"), max_digits=20, decimal_places=4, null=True
    )
    accounts = models.PositiveIntegerField(_("accounts"), null=True)
    changed = models.PositiveIntegerField(_("changed"), null=True)  # accounts whose tier changed
    strategic = models.PositiveIntegerField(_("strategic"), null=True)
    key = models.PositiveIntegerField(_("key"), null=True)
    ordinary = models.PositiveIntegerField(_("ordinary"), null=True)
    # Company-wide figures for pages, amounts as strings: {"tiers": {tier: [accounts, net sales]},
    # "abc": {class: [accounts, net sales]}, "segments": {segment: accounts}, "heat": [[r, f,
    # accounts]], "curve": [[place, cumulative net sales]], "top": [[account id, net sales]]}.
    figures = models.JSONField(default=dict)

    objects = TierRunQuerySet.as_manager()

    class Meta:
        ordering = ["-as_of", "-pk"]
        verbose_name = _("recompute run")
        verbose_name_plural = _("recompute runs")
        permissions = [("run_recompute", _("Can start a recompute"))]
        indexes = [
            models.Index(
                fields=["as_of"],
                name="tiering_run_recorded",
                condition=Q(recorded_at__isnull=False),
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["as_of", "policy"], name="tiering_run_once"),
            models.CheckConstraint(
                condition=Q(progress__lte=100), name="tiering_run_progress_percent"
            ),
            models.CheckConstraint(
                condition=~Q(status="succeeded") | Q(finished_at__isnull=False),
                name="tiering_run_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.as_of} / {self.policy_id}"

    def get_absolute_url(self) -> str:
        return reverse("tiering:run", args=[self.pk])
