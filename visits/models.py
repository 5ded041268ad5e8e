"""Visits 拜访: planned, held, reported; what follows from them; maintenance on a schedule."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Contact, Tier
from visits import rules

if TYPE_CHECKING:
    from staff.models import User


class Kind(models.TextChoices):
    """Why somebody goes; docs/policies/visits.md section 2."""

    ON_SITE = rules.Kind.ON_SITE.value, _("On-site visit")  # 上门拜访
    RETURN = rules.Kind.RETURN.value, _("Return visit")  # 回访
    MUTUAL = rules.Kind.MUTUAL.value, _("Mutual visit")  # 互访
    MANAGEMENT = rules.Kind.MANAGEMENT.value, _("Management visit")  # 高层拜访
    MAINTENANCE = rules.Kind.MAINTENANCE.value, _("Maintenance visit")  # 维护保养


class Status(models.TextChoices):
    PROPOSED = rules.Status.PROPOSED.value, _("Proposed")
    PLANNED = rules.Status.PLANNED.value, _("Planned")
    STARTED = rules.Status.STARTED.value, _("Checked in")
    DONE = rules.Status.DONE.value, _("Done")
    CANCELLED = rules.Status.CANCELLED.value, _("Cancelled")


class VisitPlan(models.Model):
    """The plan of a month 月度拜访计划 for one person: how it was worked out, and who agreed to it.

    `explanation` holds the figures it was made of and the customers for which there was no room.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="visit_plans",
        verbose_name=_("who visits"),
    )
    month = models.DateField(_("month"))  # its first day
    capacity = models.PositiveSmallIntegerField(_("visits per day at most"))
    explanation = models.JSONField(default=dict)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"))
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    accepted_at = models.DateTimeField(_("accepted at"), null=True)

    class Meta:
        ordering = ["-month", "owner"]
        verbose_name = _("visit plan")
        verbose_name_plural = _("visit plans")
        constraints = [
            models.UniqueConstraint(fields=["owner", "month"], name="visits_plan_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="visits_plan_first_day"),
            models.CheckConstraint(
                condition=Q(capacity__gte=1, capacity__lte=20), name="visits_plan_capacity"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="visits_plan_accepted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner} {self.month:%Y-%m}"

    def get_absolute_url(self) -> str:
        return reverse("visits:plan", args=[self.pk])


class MaintenanceSchedule(models.Model):
    """Service at a customer's machine every so many days 定期维护 (F4)."""

    account = models.ForeignKey(
        Account, models.PROTECT, related_name="maintenance_schedules", verbose_name=_("account")
    )
    subject = models.CharField(
        _("what is serviced"), max_length=200, help_text=_("The machine, line or contract.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="maintenance_schedules",
        verbose_name=_("who goes"),
    )
    every_days = models.PositiveSmallIntegerField(_("every so many days"))
    next_on = models.DateField(_("next on"))  # no visit is made of this one yet
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["next_on", "pk"]
        verbose_name = _("maintenance schedule")
        verbose_name_plural = _("maintenance schedules")
        constraints = [
            models.CheckConstraint(
                condition=Q(every_days__gte=1, every_days__lte=3660),
                name="visits_schedule_interval",
            ),
        ]
        indexes = [
            models.Index(fields=["next_on"], condition=Q(ended_on=None), name="visits_schedule_due")
        ]

    def __str__(self) -> str:
        return self.subject


class VisitQuerySet(models.QuerySet["Visit"]):
    def visible_to(self, user: User) -> Self:
        """Visits to the visible accounts, for who may see visits at all."""
        if not user.has_perm("visits.view_visit"):
            return self.none()
        return self.filter(account__in=Account.objects.visible_to(user))

    def open(self) -> Self:
        """Neither done nor cancelled."""
        return self.filter(status__in=rules.OPEN)

    def regular(self) -> Self:
        """Those that the standard of the tier asks for: a technician at a machine is none."""
        return self.exclude(kind=Kind.MAINTENANCE)

    def kept(self) -> Self:
        """Held visits that keep the standard of the tier."""
        return self.regular().filter(status=Status.DONE)

    def missed(self, today: date) -> Self:
        """Agreed to, their day is over, and nobody went."""
        return self.filter(status=Status.PLANNED, planned_on__lt=today)

    def for_list(self) -> Self:
        """With what a row of a list shows."""
        return self.select_related("account__region", "owner").defer(
            "account__search_text", "account__search_grams"
        )


class Visit(models.Model):
    """A visit 拜访 to a customer, or of the customer to us: plan and report in one row.

    `due_on` and `why`: for what the standard or a schedule asks, and how its day was found.
    `visited_on` is the local day it was held; the position is where somebody checked in, if they
    wanted to say. Done only with a purpose and a next step.
    """

    account = models.ForeignKey(
        Account, models.PROTECT, related_name="visits", verbose_name=_("account")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.ON_SITE)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PLANNED)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="visits",
        verbose_name=_("who visits"),
    )
    planned_on = models.DateField(_("day"))
    planned_at = models.TimeField(_("time"), null=True, blank=True)
    purpose = models.TextField(_("purpose"), blank=True)
    plan = models.ForeignKey(
        VisitPlan, models.SET_NULL, null=True, related_name="visits", verbose_name=_("visit plan")
    )
    schedule = models.ForeignKey(
        MaintenanceSchedule,
        models.PROTECT,
        null=True,
        related_name="visits",
        verbose_name=_("maintenance schedule"),
    )
    due_on = models.DateField(_("due on"), null=True)
    why = models.JSONField(default=dict)  # {"why": "in_time", "tier": "key", …}; see explanations

    started_at = models.DateTimeField(_("checked in at"), null=True)
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=6, null=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True)
    accuracy = models.PositiveIntegerField(_("accuracy in metres"), null=True)

    visited_on = models.DateField(_("held on"), null=True, blank=True)
    participants = models.ManyToManyField(
        Contact, blank=True, related_name="visits", verbose_name=_("participants")
    )
    colleagues = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="visits_joined",
        verbose_name=_("colleagues"),
    )
    findings = models.TextField(_("findings"), blank=True)
    competitor_news = models.TextField(_("news of competitors"), blank=True)
    needs = ArrayField(models.CharField(max_length=500), default=list, verbose_name=_("needs"))
    next_step = models.TextField(_("next step"), blank=True)
    done_at = models.DateTimeField(_("reported at"), null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    cancel_reason = models.CharField(_("why it was cancelled"), max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )  # None: made of a schedule
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["planned_on", F("planned_at").asc(nulls_last=True), "pk"]
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="done")
                | Q(
                    purpose__regex=r"\S",
                    next_step__regex=r"\S",
                    visited_on__isnull=False,
                    done_at__isnull=False,
                    done_by__isnull=False,
                ),
                name="visits_visit_done_with_next_step",
            ),
            models.CheckConstraint(
                condition=~Q(status="started") | Q(started_at__isnull=False),
                name="visits_visit_started_at_a_time",
            ),
            models.CheckConstraint(
                condition=(Q(status="cancelled") & ~Q(cancel_reason=""))
                | (~Q(status="cancelled") & Q(cancel_reason="")),
                name="visits_visit_cancelled_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None, accuracy=None)
                | Q(
                    latitude__gte=-90,
                    latitude__lte=90,
                    longitude__gte=-180,
                    longitude__lte=180,
                    started_at__isnull=False,
                ),
                name="visits_visit_position",
            ),
            models.CheckConstraint(
                condition=~Q(status="proposed") | Q(plan__isnull=False),
                name="visits_visit_proposed_by_plan",
            ),
            models.UniqueConstraint(fields=["schedule", "due_on"], name="visits_visit_of_schedule"),
        ]
        indexes = [
            models.Index(fields=["owner", "planned_on"], name="visits_visit_owner"),
            models.Index(fields=["-planned_on", "-id"], name="visits_visit_day"),
            models.Index(
                fields=["account", "-visited_on"],
                name="visits_visit_last",
                condition=Q(status="done") & ~Q(kind="maintenance"),
            ),
            models.Index(
                fields=["planned_on"],
                name="visits_visit_open",
                condition=Q(status__in=["proposed", "planned", "started"]),
            ),
            # With all that finding the open ones in nobody's hands looks at.
            models.Index(
                fields=["account", "planned_on"],
                include=["owner", "id"],
                name="visits_visit_coming",
                condition=Q(status__in=["proposed", "planned", "started"]),
            ),
            # Whose a follow-up is: read for each open one without the visit itself.
            models.Index(fields=["id"], include=["account"], name="visits_visit_whose"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.planned_on}"

    def get_absolute_url(self) -> str:
        return reverse("visits:visit", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.status in rules.OPEN

    @property
    def is_movable(self) -> bool:
        return self.status in rules.MOVABLE

    @property
    def is_missed(self) -> bool:
        """Agreed to, its day is over, and nobody went."""
        return self.status == Status.PLANNED and self.planned_on < timezone.localdate()


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def visible_to(self, user: User) -> Self:
        """Of the visits that the user may see."""
        return self.filter(visit__in=Visit.objects.visible_to(user))

    def open(self) -> Self:
        return self.filter(done_at=None)

    def overdue(self, today: date) -> Self:
        return self.open().filter(due_on__lt=today)


class FollowUp(models.Model):
    """Something that was agreed in a visit 跟进事项: who does it, until when, what came of it."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="follow_ups")
    text = models.CharField(_("what is to be done"), max_length=300)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="visit_follow_ups",
        verbose_name=_("owner"),
    )
    due_on = models.DateField(_("due on"))
    result = models.CharField(_("result"), max_length=500, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None, result="")
                | (Q(done_at__isnull=False, done_by__isnull=False) & ~Q(result="")),
                name="visits_followup_done_with_result",
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner", "due_on"], condition=Q(done_at=None), name="visits_followup_open"
            )
        ]

    def __str__(self) -> str:
        return self.text

    def get_absolute_url(self) -> str:
        return reverse("visits:follow_up", args=[self.pk])

    @property
    def is_overdue(self) -> bool:
        return self.done_at is None and self.due_on < timezone.localdate()


class OverdueNotice(models.Model):
    """That a visit which the standard asks for has not been made by its day: told once.

    Beside it stands the event `visits.visit_overdue` on the timeline of the account.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="overdue_visit_notices")
    due_on = models.DateField(_("due on"))
    tier = models.CharField(_("tier"), max_length=10, choices=Tier)
    standard_version = models.PositiveIntegerField(_("version of the service standard"))
    noticed_on = models.DateField(_("noticed on"))

    class Meta:
        ordering = ["-noticed_on", "-pk"]
        verbose_name = _("overdue visit")
        verbose_name_plural = _("overdue visits")
        constraints = [
            models.UniqueConstraint(fields=["account", "due_on"], name="visits_notice_once")
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.due_on}"


class CalendarLinkQuerySet(models.QuerySet["CalendarLink"]):
    def live(self) -> Self:
        return self.filter(revoked_at=None, user__is_active=True)


class CalendarLink(models.Model):
    """The secret address of somebody's visits for a calendar program; stored as a hash only."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_links"
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256, hex
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    objects = CalendarLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("calendar subscription")
        verbose_name_plural = _("calendar subscriptions")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(revoked_at=None), name="visits_link_one_live"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {_at(self.created_at)}"


def _at(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
