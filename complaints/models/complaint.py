"""Complaints 投诉 themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Contact, Cover, Tier
from accounts.models.account import sees_all_accounts
from complaints import rules, words
from complaints.rules import Severity, Status
from sales.models import Product

if TYPE_CHECKING:
    from staff.models import User

SETTLED = [status.value for status in rules.SETTLED]
WAITABLE = [status.value for status in rules.WAITABLE]
CLOSED, REGISTERED = Status.CLOSED.value, Status.REGISTERED.value
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
# The order of the list by deadline: those without one come last.
DUE = Coalesce(F("due_at"), NEVER, output_field=models.DateTimeField())

# What filters of the list look at: with it in an index they are answered without the table.
_FILTERED = ["channel", "category", "severity", "status", "cause", "tier"]


def is_overdue(at: datetime) -> Q:
    """Resolved after the deadline, or not yet at this moment; waiting for the customer no."""
    late = Q(resolved_at__gt=F("due_at"))
    return late | Q(resolved_at=None, waiting_since=None, due_at__lt=at)


class ComplaintQuerySet(models.QuerySet["Complaint"]):
    def visible_to(self, user: User) -> Self:
        """Complaints of the visible accounts and those given to this user to solve or to act on.

        All of them, also of nobody's account, for who sees every account; none without
        `complaints.view_complaint`. Narrow first: each of the three is looked for among these.
        """
        if not (user.is_service or user.has_perm("complaints.view_complaint")):
            return self.none()
        if sees_all_accounts(user):
            return self
        arms = [
            self.filter(account__in=Account.objects.visible_to(user)),
            *self.given_to(Cover.objects.hands_of(user)),
        ]
        # A union, not OR: with OR every complaint is looked at.
        first, *others = (arm.order_by().values("pk") for arm in arms)
        return self.filter(pk__in=first.union(*others, all=True))

    def given_to(self, hands: Sequence[int]) -> list[Self]:
        """Those to solve and those to act on, of each of these people."""
        to_solve = [self.filter(assignee=person) for person in hands]
        return [*to_solve, *(self.filter(actions__owner=person) for person in hands)]

    def in_care_of(self, user: User) -> Self:
        """Those this user is to solve, and those of whom they cover for."""
        return self.filter(assignee__in=Cover.objects.hands_of(user))

    def open(self) -> Self:
        """Being worked on: not closed yet, and no history."""
        return self.filter(closed_at=None, imported=False)

    def late(self, at: datetime) -> Self:
        """Those whose deadline of now has passed at this moment, as `Complaint.is_late` says."""
        unheard = Q(status=REGISTERED, acknowledge_due_at__lt=at)
        return self.open().filter(unheard | Q(due_at__lt=at), resolved_at=None, waiting_since=None)

    def overdue(self, at: datetime) -> Self:
        """Resolved after the deadline, or not yet at this moment; waiting for the customer no."""
        return self.filter(is_overdue(at))


def deadline_of(complaint: Any) -> datetime | None:
    """The deadline that runs now of a complaint, or of a row that has its columns; none while the
    clock stands still."""
    if complaint.waiting_since or complaint.imported or complaint.resolved_at:
        return None
    due: datetime | None = complaint.due_at
    acknowledge: datetime | None = complaint.acknowledge_due_at
    return acknowledge if complaint.status == Status.REGISTERED else due


class Complaint(models.Model):
    """A customer's complaint 投诉 from its registration to its closing, or a past one loaded.

    An `imported` one is history: it has no procedure and is never escalated. No account: the
    customer is not known (yet). `tier` and `standard_version`: by which the deadlines were worked
    out; `due_at` moves when the clock stood still while the customer was to answer.
    """

    complaint_number = models.CharField(_("complaint number"), max_length=60, unique=True)
    account = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # other indexes begin with it
        related_name="complaints",
        verbose_name=_("account"),
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    contact_text = models.CharField(
        _("who complains"),
        max_length=200,
        blank=True,
        help_text=_("Name and how to reach them, where they are no contact of the archive."),
    )
    product = models.ForeignKey(
        Product, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=words.choices(words.CHANNELS))
    category = models.CharField(_("category"), max_length=80)
    severity = models.CharField(
        _("severity"),
        max_length=10,
        choices=words.choices(words.SEVERITIES),
        default=Severity.MODERATE.value,
    )
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    status = models.CharField(
        _("status"),
        max_length=13,
        choices=words.choices(words.STATUSES),
        default=Status.REGISTERED.value,
    )
    imported = models.BooleanField(_("loaded as history"), default=False)
    tier = models.CharField(_("tier"), max_length=10, choices=Tier, blank=True)
    standard_version = models.PositiveIntegerField(_("service standard"), null=True)

    received_at = models.DateTimeField(_("received"), default=timezone.now)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,  # the customer, on the web form
        blank=True,
        related_name="+",
        verbose_name=_("registered by"),
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="complaints",
        verbose_name=_("who solves it"),
    )
    acknowledge_due_at = models.DateTimeField(_("to acknowledge by"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    due_at = models.DateTimeField(_("to resolve by"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("solution found"), null=True, blank=True)
    replied_at = models.DateTimeField(_("customer informed"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    waiting_since = models.DateTimeField(_("waiting for the customer since"), null=True, blank=True)
    question = models.TextField(
        _("what the customer is asked"), blank=True, default="", db_default=""
    )  # while the clock stands still
    waited = models.DurationField(_("working time waited"), default=timedelta(0))
    # Noted once, when it is found out; the standards page counts the events of the same moment.
    acknowledgement_missed_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolution_missed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The scheduler looks at a complaint from this moment on; none: never.
    escalate_at = models.DateTimeField(null=True, blank=True, editable=False)
    escalation_level = models.PositiveSmallIntegerField(default=0, editable=False)
    reopened = models.PositiveSmallIntegerField(_("times reopened"), default=0)

    outcome = models.CharField(_("outcome"), max_length=80, blank=True)
    solution = models.TextField(_("solution"), blank=True)
    reply = models.TextField(_("what the customer was told"), blank=True)
    cause = models.CharField(
        _("root cause"), max_length=15, choices=words.choices(words.CAUSES), blank=True
    )
    follow_digest = models.CharField(max_length=64, blank=True, editable=False)  # SHA-256, hex
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        permissions = [("export_complaint", _("Can export complaints"))]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
        indexes = [
            # In the order of the list, and all that a summary of a span of time counts.
            models.Index(
                fields=["-received_at", "-id"],
                include=[
                    *_FILTERED,
                    "due_at",
                    "resolved_at",
                    "waiting_since",
                    "acknowledge_due_at",
                    "acknowledged_at",
                    "closed_at",
                    "reopened",
                    "imported",
                    "product",
                ],
                name="complaints_received",
            ),
            # What the two kinds of list find, of an account and of a person: complaints/paging.py
            *[
                models.Index(
                    fields=[whose, "-received_at", "-id"],
                    include=_FILTERED,
                    name=f"complaints_{whose}",
                )
                for whose in ["account", "assignee"]
            ],
            *[
                models.Index(
                    F(whose),
                    DUE,
                    F("id"),
                    condition=Q(closed_at=None, imported=False),
                    name=f"complaints_{whose}_due",
                )
                for whose in ["account", "assignee"]
            ],
            models.Index(fields=["status", "-received_at", "-id"], name="complaints_status"),
            models.Index(fields=["channel", "-received_at", "-id"], name="complaints_channel"),
            models.Index(fields=["category", "-received_at", "-id"], name="complaints_category"),
            models.Index(fields=["severity", "-received_at", "-id"], name="complaints_severity"),
            models.Index(
                DUE, "id", name="complaints_due", condition=Q(closed_at=None, imported=False)
            ),
            *[
                models.Index(DUE, "id", condition=which, name=f"complaints_{name}")
                for name, which in [
                    ("waiting", Q(waiting_since__isnull=False)),
                    ("escalated", Q(closed_at=None, imported=False, escalation_level__gt=0)),
                ]
            ],
            models.Index(
                fields=["escalate_at"],
                name="complaints_escalate",
                condition=Q(escalate_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(imported=True)
                | Q(status=REGISTERED, acknowledged_at=None)
                | (~Q(status=REGISTERED) & Q(acknowledged_at__isnull=False)),
                name="complaints_complaint_acknowledged",
            ),
            models.CheckConstraint(
                condition=Q(status__in=SETTLED, resolved_at__isnull=False)
                | (~Q(status__in=SETTLED) & Q(resolved_at=None)),
                name="complaints_complaint_resolved",
            ),
            models.CheckConstraint(
                condition=Q(status=CLOSED, closed_at__isnull=False)
                | (~Q(status=CLOSED) & Q(closed_at=None)),
                name="complaints_complaint_closed",
            ),
            models.CheckConstraint(
                condition=Q(imported=True) | ~Q(status__in=SETTLED) | ~Q(outcome=""),
                name="complaints_complaint_resolved_with_outcome",
            ),
            models.CheckConstraint(
                condition=Q(waiting_since=None) | Q(status__in=WAITABLE, escalate_at=None),
                name="complaints_complaint_waiting",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None) | Q(resolved_at__gte=F("received_at")),
                name="complaints_complaint_resolved_after_received",
            ),
            models.CheckConstraint(
                condition=Q(imported=False) | Q(escalate_at=None),
                name="complaints_complaint_history_rests",
            ),
            models.CheckConstraint(
                condition=Q(escalation_level__lte=3), name="complaints_complaint_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.complaint_number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("complaints:complaint", args=[self.complaint_number])

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_waiting(self) -> bool:
        return self.waiting_since is not None

    @property
    def category_label(self) -> str:
        return str(words.CATEGORIES.get(self.category, self.category))

    @property
    def outcome_label(self) -> str:
        return str(words.OUTCOMES.get(self.outcome, self.outcome))

    @property
    def deadline(self) -> datetime | None:
        """The deadline that runs now; none while the clock stands still."""
        return deadline_of(self)

    @property
    def is_late(self) -> bool:
        """Whether the deadline that runs has passed."""
        return self.deadline is not None and self.deadline < timezone.now()

    def follows(self, secret: str) -> bool:
        """Whether this is the secret that was given to the customer."""
        return bool(self.follow_digest) and constant_time_compare(
            digest(secret), self.follow_digest
        )


def digest(secret: str) -> str:
    """What is stored of the customer's secret: it is long and random, so one round will do."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Escalation(models.Model):
    """One rung that was called for one missed deadline 升级记录; only ever added.

    `asked_by`: a person called it, before or beside the deadlines.
    """

    class Cause(models.TextChoices):
        ACKNOWLEDGE = "acknowledge", _("Not acknowledged in time")
        RESOLVE = "resolve", _("Not resolved in time")
        ASKED = "asked", _("Asked for")

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="escalations")
    cause = models.CharField(_("cause"), max_length=12, choices=Cause)
    rung = models.CharField(_("to"), max_length=10, choices=words.choices(words.RUNGS))
    deadline = models.DateTimeField(_("deadline"), null=True)
    escalated_at = models.DateTimeField(_("escalated"), default=timezone.now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        ordering = ["escalated_at", "pk"]
        verbose_name = _("escalation")
        verbose_name_plural = _("escalations")
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "cause", "rung", "deadline"],
                name="complaints_escalation_once",
            ),
            models.CheckConstraint(
                condition=Q(cause="asked", asked_by__isnull=False)
                | (~Q(cause="asked") & Q(deadline__isnull=False)),
                name="complaints_escalation_has_ground",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.rung}"


class ComplaintFile(models.Model):
    """A file that belongs to a complaint: sent by the customer, or evidence 证据 of ours."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="files")
    file = models.FileField(_("file"), upload_to="complaints/%Y/%m/", max_length=300)
    name = models.CharField(_("name"), max_length=200)  # as uploaded
    size = models.PositiveBigIntegerField(_("size"))  # bytes
    sha256 = models.CharField(max_length=64)
    description = models.CharField(_("description"), max_length=200, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )  # None: the customer
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)

    class Meta:
        ordering = ["uploaded_at", "pk"]
        verbose_name = _("file of a complaint")
        verbose_name_plural = _("files of complaints")

    def __str__(self) -> str:
        return self.name
