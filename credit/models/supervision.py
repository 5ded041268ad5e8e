"""Supervision 信用监督: budget, ceiling, alerts, and what an overdue account starts."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from credit.models.lines import GRADES
from credit.models.party import AMOUNT
from credit.models.triggers import approved_is_signed
from staff.models import Region

if TYPE_CHECKING:
    from staff.models import User


class Proposed(models.Model):
    """What counts once another person has approved it; an approved one is never edited."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Awaiting approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Not approved")

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    reason = models.TextField(_("reason"))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"), default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class CreditBudget(Proposed):
    """The credit-sales budget 赊销预算 of a year (D6); the newest approved version counts."""

    year = models.PositiveSmallIntegerField(_("year"))
    version = models.PositiveIntegerField(_("version"))

    class Meta:
        ordering = ["-year", "-version"]
        verbose_name = _("credit-sales budget")
        verbose_name_plural = _("credit-sales budgets")
        permissions = [
            ("view_supervision", _("Can see the credit budget and the ceiling")),
            ("supervise_credit", _("Can propose credit budgets and ceilings")),
        ]
        triggers = approved_is_signed("creditbudget")
        constraints = [
            models.UniqueConstraint(fields=["year", "version"], name="credit_budget_version"),
            models.UniqueConstraint(
                fields=["year"],
                condition=Q(status="proposed"),
                name="credit_budget_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(year__gte=2000, year__lte=2100), name="credit_budget_year"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} ({self.version})"

    def get_absolute_url(self) -> str:
        return reverse("credit:budget_version", args=[self.pk])


class BudgetFigure(models.Model):
    """Credit sales planned for a month: of the company, of a region, or of a manager."""

    budget = models.ForeignKey(CreditBudget, models.CASCADE, related_name="figures")
    month = models.PositiveSmallIntegerField(_("month"))
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+")
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )  # neither: the company
    amount = models.DecimalField(_("amount"), **AMOUNT)

    class Meta:
        ordering = ["month", "pk"]
        verbose_name = _("budget figure")
        verbose_name_plural = _("budget figures")
        triggers = [
            pgtrigger.Trigger(
                name="of_an_approved_budget_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (
                        SELECT FROM credit_creditbudget WHERE status <> 'proposed'
                            AND id IN (coalesce(NEW.budget_id, 0), coalesce(OLD.budget_id, 0))
                    ) THEN
                        RAISE check_violation USING MESSAGE = 'a decided budget is not changed';
                    END IF;
                    RETURN coalesce(NEW, OLD);
                """,
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "month", "region", "manager"],
                nulls_distinct=False,
                name="credit_budget_figure_once",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, month__gte=1, month__lte=12),
                name="credit_budget_figure_valid",
            ),
            models.CheckConstraint(
                condition=Q(region=None) | Q(manager=None), name="credit_budget_figure_one_scope"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget} {self.month} {self.amount}"


class CeilingQuerySet(models.QuerySet["ReceivablesCeiling"]):
    def in_force(self, on: date) -> Self:
        """Approved ceilings that have begun by this day, the deciding one first."""
        return self.filter(
            status=ReceivablesCeiling.Status.APPROVED, effective_from__lte=on
        ).order_by("-effective_from", "-pk")


class ReceivablesCeiling(Proposed):
    """The most that all customers together may owe 应收账款总量 (D10), from a day on.

    In force is the latest begun that was approved.
    """

    amount = models.DecimalField(
        _("ceiling"), **AMOUNT, null=True, blank=True
    )  # None: there is no ceiling any more
    effective_from = models.DateField(_("effective from"))

    objects = CeilingQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_from", "-pk"]
        verbose_name = _("ceiling on receivables")
        verbose_name_plural = _("ceilings on receivables")
        triggers = approved_is_signed("receivablesceiling")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gte=0), name="credit_ceiling_not_negative"
            ),
            models.UniqueConstraint(
                fields=["status"],
                condition=Q(status="proposed"),
                name="credit_ceiling_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{'–' if self.amount is None else format(self.amount, '.2f')} {self.effective_from}"

    def get_absolute_url(self) -> str:
        return reverse("credit:ceiling")


class Behaviour(models.Model):
    """What an account is compared with when alerts are looked for: its figures of some day."""

    moves_on_merge = False  # the survivor has figures of its own

    account = models.OneToOneField(Account, models.CASCADE, primary_key=True, related_name="+")
    as_of = models.DateField(_("as of"))
    payment_index = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    overdue_share = models.DecimalField(max_digits=7, decimal_places=6, null=True)
    exposure = models.DecimalField(**AMOUNT, default=0)
    grade = models.CharField(max_length=3, choices=[(grade, grade) for grade in GRADES], blank=True)

    class Meta:
        verbose_name = _("behaviour")
        verbose_name_plural = _("behaviour")

    def __str__(self) -> str:
        return f"{self.account_id} {self.as_of}"


class AlertQuerySet(models.QuerySet["CreditAlert"]):
    def visible_to(self, user: User) -> Self:
        """Alerts on the visible accounts, for who may see credit at all."""
        if not user.has_perm("credit.view_creditparty"):
            return self.none()
        return self.filter(account__in=Account.objects.visible_to(user))

    def open(self) -> Self:
        """Alerts that nobody has acknowledged."""
        return self.filter(acknowledged_at=None)


class CreditAlert(models.Model):
    """Behaviour that has worsened 预警 (D5): once for each cause."""

    class Kind(models.TextChoices):
        PAYMENT_INDEX = "payment_index_fell", _("Payment index fell")
        OVERDUE_SHARE = "overdue_share_rose", _("Overdue share rose")
        EXPOSURE = "exposure_grew", _("Exposure grew")
        GRADE = "grade_dropped", _("Grade dropped")

    account = models.ForeignKey(Account, models.PROTECT, related_name="credit_alerts")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    day = models.DateField(_("day"))
    # {"before": "…", "now": "…", "change": "…", "bound": "…", "since": "2026-10-01"}
    figures = models.JSONField(default=dict)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "-pk"]
        verbose_name = _("credit alert")
        verbose_name_plural = _("credit alerts")
        permissions = [("acknowledge_alert", _("Can acknowledge credit alerts"))]
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "day"], name="credit_alert_once"),
            models.CheckConstraint(
                condition=Q(acknowledged_by=None, acknowledged_at=None, comment="")
                | Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False),
                name="credit_alert_acknowledged_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-day", "-id"],
                condition=Q(acknowledged_at=None),
                name="credit_alert_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.kind} {self.day}"


class OverdueEpisodeQuerySet(models.QuerySet["OverdueEpisode"]):
    def visible_to(self, user: User) -> Self:
        """Episodes of the visible accounts, for who may see credit at all."""
        if not user.has_perm("credit.view_creditparty"):
            return self.none()
        return self.filter(account__in=Account.objects.visible_to(user))


class OverdueEpisode(models.Model):
    """The time in which an account is overdue, from the day that started its measures (D17)."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="overdue_episodes")
    began_on = models.DateField(_("since"))
    ended_on = models.DateField(_("until"), null=True, blank=True)
    amount = models.DecimalField(_("overdue amount"), **AMOUNT)  # when it began
    days = models.PositiveIntegerField(_("days overdue"))  # when it began

    objects = OverdueEpisodeQuerySet.as_manager()

    class Meta:
        ordering = ["-began_on", "-pk"]
        verbose_name = _("overdue account")
        verbose_name_plural = _("overdue accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(ended_on=None), name="credit_episode_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=models.F("began_on")),
                name="credit_episode_span",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.began_on}"


class OverdueMeasure(models.Model):
    """One of the three measures of an overdue account: to do, or done by somebody."""

    class Kind(models.TextChoices):
        RATING_REVIEW = "rating_review", _("Review of the rating")  # 检讨信用等级
        INVESTIGATION = "investigation", _("New credit investigation")  # 重新调查
        COLLECTION_PLAN = "collection_plan", _("Collection plan")  # 收帐方案

    episode = models.ForeignKey(OverdueEpisode, models.CASCADE, related_name="measures")
    kind = models.CharField(_("measure"), max_length=16, choices=Kind)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    comment = models.TextField(_("result"), blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("overdue measure")
        verbose_name_plural = _("overdue measures")
        permissions = [("finish_measure", _("Can finish the measures of overdue accounts"))]
        constraints = [
            models.UniqueConstraint(fields=["episode", "kind"], name="credit_measure_once"),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None, comment="")
                | (Q(done_at__isnull=False) & ~Q(comment="")),
                name="credit_measure_done_with_result",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.episode} {self.kind}"
