from __future__ import annotations

from datetime import date
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals import rules
from approvals.kinds import kind_label

BANDS_COVER_ALL = """
    IF EXISTS (SELECT FROM approvals_route WHERE id = {route}) AND NOT EXISTS (
        SELECT FROM (
            SELECT since, until, lag(until) OVER w AS before, row_number() OVER w AS place,
                   count(*) OVER () AS bands
            FROM approvals_band WHERE route_id = {route} WINDOW w AS (ORDER BY since)
        ) AS band
        HAVING count(*) > 0 AND bool_and(
            (place = 1 AND since = 0 OR place > 1 AND since IS NOT DISTINCT FROM before)
            AND (until IS NULL) = (place = bands)
        )
    ) THEN
        RAISE EXCEPTION 'approvals_bands_cover_all: the bands of route % must cover every '
            'amount from 0 once', {route} USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
"""

ROUTE_IS_SIGNED = """
    IF NEW.status = 'approved' AND NEW.proposed_by_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM approvals_request AS r
        WHERE r.kind = 'approvals.route' AND r.object_id = NEW.id AND r.status = 'approved'
    ) THEN
        RAISE EXCEPTION 'approvals_route_is_signed: route % has no approved request', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class RouteQuerySet(models.QuerySet["Route"]):
    def in_force(self, on: date) -> Self:
        """Approved routes that have begun by this day; of each kind the deciding one first."""
        return self.filter(status=Route.Status.APPROVED, effective_from__lte=on).order_by(
            "kind", "-effective_from", "-version"
        )


class Route(models.Model):
    """Who signs requests of a kind 审批流程: policy data, in versions, effective from a day.

    In force on a day is the approved version with the latest `effective_from` up to it. An
    approved one is never edited (database trigger). Source: docs/policies/approvals.md section 2.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Awaiting approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    kind = models.CharField(_("kind"), max_length=60)
    version = models.PositiveIntegerField(_("version"))
    effective_from = models.DateField(_("effective from"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    note = models.TextField(_("reason for the change"), blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(_("proposed at"), default=timezone.now)

    objects = RouteQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "-version"]
        verbose_name = _("approval route")
        verbose_name_plural = _("approval routes")
        permissions = [("propose_route", _("Can propose approval routes"))]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="approvals_route_version"),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "approved", "rejected"]),
                name="approvals_route_status",
            ),
            models.CheckConstraint(
                condition=Q(version=1) | Q(proposed_by__isnull=False),
                name="approvals_route_only_the_first_is_shipped",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="approved_route_is_immutable",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__status="approved"),
            ),
            pgtrigger.ReadOnly(
                name="route_keeps_its_author", fields=["kind", "version", "proposed_by"]
            ),
            pgtrigger.Trigger(
                name="route_is_signed",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=ROUTE_IS_SIGNED,
            ),
            pgtrigger.Trigger(
                name="route_bands_cover_all",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=BANDS_COVER_ALL.format(route="NEW.id"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind_label} {self.version} ({self.effective_from})"

    def get_absolute_url(self) -> str:
        return reverse("approvals:route", args=[self.pk])

    @property
    def kind_label(self) -> str:
        """What the kind is called; its key where no app knows it any more."""
        return kind_label(self.kind)

    def terms(self) -> tuple[rules.Band, ...]:
        """The bands as plain values, for `approvals.rules`."""
        return tuple(band.terms() for band in self.bands.all())


class Band(models.Model):
    """Amounts from `since` up to but not including `until`, and the stages that sign for them."""

    route = models.ForeignKey(Route, models.CASCADE, related_name="bands")
    since = models.DecimalField(_("from"), max_digits=20, decimal_places=4, default=0)
    until = models.DecimalField(_("below"), max_digits=20, decimal_places=4, null=True, blank=True)
    # [{"rule": "all", "n": 0, "signers": [{"role": "gm", "each_member": false}]}]; see rules.Stage
    stages = models.JSONField(_("stages"))

    class Meta:
        ordering = ["route", "since"]
        constraints = [
            models.UniqueConstraint(fields=["route", "since"], name="approvals_band_since"),
            models.CheckConstraint(
                condition=Q(since__gte=0) & (Q(until=None) | Q(until__gt=F("since"))),
                name="approvals_band_span",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="bands_of_an_approved_route_are_immutable",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (
                        SELECT FROM approvals_route WHERE id = OLD.route_id AND status = 'approved'
                    ) THEN
                        RAISE EXCEPTION 'approvals_route_is_immutable: route % is approved',
                            OLD.route_id;
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="bands_cover_all",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func=BANDS_COVER_ALL.format(route="NEW.route_id"),
            ),
            pgtrigger.Trigger(
                name="bands_left_cover_all",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                timing=pgtrigger.Deferred,
                func=BANDS_COVER_ALL.format(route="OLD.route_id"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.since} – {self.until or '…'}"

    def terms(self) -> rules.Band:
        """The band as plain values, for `approvals.rules`."""
        stages = rules.stages_from_json(self.stages)
        return rules.Band(since=self.since, until=self.until, stages=stages)
