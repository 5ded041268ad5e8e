"""What is found out about a complaint and done because of it."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from complaints.models.complaint import Complaint

AMOUNT: dict[str, Any] = {"max_digits": 18, "decimal_places": 4}  # reporting currency
PERSON = settings.AUTH_USER_MODEL


class Finding(models.Model):
    """Whether a complaint was made in good or in bad faith 善意/恶意: evidence, and two people."""

    class Verdict(models.TextChoices):
        GOOD = "good", _("In good faith")
        BAD = "bad", _("In bad faith")

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Waits for a second person")
        CONFIRMED = "confirmed", _("Confirmed")
        REFUSED = "refused", _("Refused")

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="findings")
    verdict = models.CharField(_("finding"), max_length=4, choices=Verdict)
    evidence = models.TextField(_("evidence"))
    proposed_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.PROPOSED)
    decided_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(_("remark"), blank=True)

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        triggers = [
            pgtrigger.ReadOnly(
                name="stays_as_proposed",
                fields=["complaint", "verdict", "evidence", "proposed_by", "proposed_at"],
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint"],
                condition=Q(status="proposed"),
                name="complaints_finding_one_open",
            ),
            models.CheckConstraint(
                condition=Q(status="proposed", decided_by=None, decided_at=None)
                | Q(status__in=["confirmed", "refused"], decided_at__isnull=False),
                name="complaints_finding_decided",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                name="complaints_finding_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(evidence=""), name="complaints_finding_has_evidence"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.complaint} {self.get_verdict_display()}"


class Report(models.Model):
    """The 8D report 8D报告 of a complaint; its actions and similar customers hang on the complaint.

    `occurrence_cause`: why it could happen 发生原因; `escape_cause`: why it was not noticed before
    it reached the customer 流出原因.
    """

    complaint = models.OneToOneField(Complaint, models.CASCADE, related_name="report")
    team = models.TextField(_("D1 Team"), blank=True)
    problem = models.TextField(_("D2 Problem"), blank=True)
    containment = models.TextField(_("D3 Containment"), blank=True)
    occurrence_cause = models.TextField(_("D4 Why it could happen"), blank=True)
    escape_cause = models.TextField(_("D4 Why it was not noticed"), blank=True)
    lessons = models.TextField(_("D8 Lessons"), blank=True)
    version = models.PositiveIntegerField(default=1)  # a form that is older loses
    updated_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("8D report")
        verbose_name_plural = _("8D reports")

    def __str__(self) -> str:
        return f"8D {self.complaint}"


class Action(models.Model):
    """What somebody does because of a complaint: corrective 纠正措施 (D5, D6), preventive 预防措施
    (D7). Done by its owner, then verified by another person."""

    class Kind(models.TextChoices):
        CORRECTIVE = "corrective", _("Corrective action")
        PREVENTIVE = "preventive", _("Preventive action")

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="actions")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    text = models.TextField(_("what is done"))
    owner = models.ForeignKey(
        PERSON, models.PROTECT, related_name="complaint_actions", verbose_name=_("who")
    )
    due_on = models.DateField(_("due by"))
    added_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    done_note = models.TextField(_("what was done"), blank=True)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    verified_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    verification = models.TextField(_("how it was verified"), blank=True)

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="complaints_action_done_by",
            ),
            models.CheckConstraint(
                condition=Q(verified_at=None, verified_by=None)
                | (
                    Q(verified_at__isnull=False, done_at__isnull=False)
                    & ~Q(verification="")
                    & ~Q(verified_by=F("done_by"))
                ),
                name="complaints_action_verified_by_other",
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner", "due_on"],
                name="complaints_action_to_do",
                condition=Q(done_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.due_on}"

    @property
    def is_late(self) -> bool:
        return self.done_at is None and self.due_on < timezone.localdate()


class SimilarCustomer(models.Model):
    """Another customer who may have the same trouble 类似客户 and is told of it."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="similar_customers")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    added_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    told_at = models.DateTimeField(_("told"), null=True, blank=True)
    told_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    note = models.TextField(_("remark"), blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("similar customer")
        verbose_name_plural = _("similar customers")
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "account"], name="complaints_similar_once"
            ),
            models.CheckConstraint(
                condition=Q(told_at=None, told_by=None)
                | Q(told_at__isnull=False, told_by__isnull=False),
                name="complaints_similar_told_by",
            ),
        ]

    def __str__(self) -> str:
        return str(self.account)


class Compensation(models.Model):
    """What an unsatisfied customer is promised 补偿承诺; it needs signatures, then is delivered."""

    class Kind(models.TextChoices):
        REFUND = "refund", _("Refund")
        DISCOUNT = "discount", _("Price reduction")
        REPLACEMENT = "replacement", _("Replacement")
        SERVICE = "service", _("Free service")
        GIFT = "gift", _("Gift")

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Waits for signatures")
        APPROVED = "approved", _("Promised")
        REJECTED = "rejected", _("Rejected")
        DELIVERED = "delivered", _("Delivered")

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="compensations")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    amount = models.DecimalField(_("worth"), **AMOUNT)
    promise = models.TextField(_("what is promised"))
    reason = models.TextField(_("reason"))
    due_on = models.DateField(_("due by"))
    proposed_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.PROPOSED)
    decided_at = models.DateTimeField(null=True, blank=True)
    delivered_on = models.DateField(_("delivered on"), null=True, blank=True)
    delivered_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, blank=True, related_name="+"
    )
    delivery_note = models.TextField(_("remark"), blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("compensation")
        verbose_name_plural = _("compensations")
        triggers = [
            pgtrigger.ReadOnly(
                name="stays_as_proposed",
                fields=[
                    "complaint",
                    "kind",
                    "amount",
                    "promise",
                    "reason",
                    "due_on",
                    "proposed_by",
                ],
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="complaints_compensation_positive"
            ),
            models.CheckConstraint(
                condition=Q(status="delivered", delivered_on__isnull=False)
                | (~Q(status="delivered") & Q(delivered_on=None)),
                name="complaints_compensation_delivered",
            ),
            models.CheckConstraint(
                condition=Q(status="proposed", decided_at=None)
                | (~Q(status="proposed") & Q(decided_at__isnull=False)),
                name="complaints_compensation_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount:.2f}"

    def get_absolute_url(self) -> str:
        return f"{self.complaint.get_absolute_url()}#compensation"

    @property
    def is_late(self) -> bool:
        return self.status == self.Status.APPROVED and self.due_on < timezone.localdate()
