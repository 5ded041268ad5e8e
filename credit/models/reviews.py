"""The half-yearly review of every customer with credit (D14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from credit.models.lines import GRADES, CreditLine, LineProposal
from credit.models.party import AMOUNT

if TYPE_CHECKING:
    from staff.models import User

RULES = {
    "kept": _("The limit is kept"),
    "cut_to_suggestion": _("Cut to the suggested limit"),
    "cut_to_nothing": _("No further credit: grade D or long overdue"),
}
GRADE_CHOICES = [(grade, grade) for grade in GRADES]


class ReviewCampaign(models.Model):
    """One review of all customers with credit 半年评定, such as that of 2026H2."""

    period = models.CharField(_("period"), max_length=12, unique=True)
    opened_on = models.DateField(_("opened on"))
    due_on = models.DateField(_("due on"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,  # the nightly job
        blank=True,
        related_name="+",
        verbose_name=_("opened by"),
    )
    reminded_on = models.DateField(_("reminded on"), null=True, blank=True)

    class Meta:
        ordering = ["-due_on", "-pk"]
        verbose_name = _("review campaign")
        verbose_name_plural = _("review campaigns")
        permissions = [
            ("open_campaign", _("Can open review campaigns")),
            ("prepare_review", _("Can change what a review proposes")),
            ("submit_review", _("Can submit reviews for signature")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_on__gte=models.F("opened_on")), name="credit_campaign_span"
            )
        ]

    def __str__(self) -> str:
        return self.period

    def get_absolute_url(self) -> str:
        return reverse("credit:campaign", args=[self.period])


class ReviewQuerySet(models.QuerySet["Review"]):
    def visible_to(self, user: User) -> Self:
        """Reviews of the visible accounts, for who may see credit at all."""
        if not user.has_perm("credit.view_creditparty"):
            return self.none()
        return self.filter(account__in=Account.objects.visible_to(user))

    def to_submit(self) -> Self:
        """Reviews that wait for somebody to submit them."""
        return self.filter(status__in=Review.PREPARATION)


class Review(models.Model):
    """The review of one customer in a campaign: figures frozen when it opened, and a proposal.

    `figures` is {"exposure": "…", "overdue": "…", "overdue_days": 0, "sales": "…",
    "payment_index": "…" | None, "suggested_limit": "…" | None}: amounts in the reporting currency.
    """

    class Status(models.TextChoices):
        PREPARED = "prepared", _("To be submitted")
        SUBMITTED = "submitted", _("Awaiting signatures")
        NOT_APPROVED = "not_approved", _("Not approved")
        APPROVED = "approved", _("Approved")

    PREPARATION = (Status.PREPARED, Status.NOT_APPROVED)

    campaign = models.ForeignKey(ReviewCampaign, models.PROTECT, related_name="reviews")
    account = models.ForeignKey(Account, models.PROTECT, related_name="credit_reviews")
    line = models.ForeignKey(CreditLine, models.PROTECT, related_name="+")  # in force when frozen
    figures = models.JSONField(default=dict)
    rating_before = models.CharField(
        _("rating before"), max_length=3, choices=GRADE_CHOICES, blank=True
    )
    rating = models.CharField(_("rating"), max_length=3, choices=GRADE_CHOICES, blank=True)
    proposed_rating = models.CharField(
        _("proposed rating"), max_length=3, choices=GRADE_CHOICES, blank=True
    )
    proposed_limit = models.DecimalField(_("proposed limit"), **AMOUNT)
    proposed_terms_days = models.PositiveSmallIntegerField(_("proposed term (days)"))
    code = models.CharField(_("rule"), max_length=20)  # why the rules propose this
    comment = models.TextField(_("reason"), blank=True)  # of who changed the proposal
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PREPARED)
    proposal = models.OneToOneField(
        LineProposal, models.PROTECT, null=True, blank=True, related_name="review"
    )  # the last one submitted
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["campaign", "account"]
        verbose_name = _("credit review")
        verbose_name_plural = _("credit reviews")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "account"], name="credit_review_once"),
            models.CheckConstraint(
                condition=Q(proposed_limit__gte=0), name="credit_review_limit_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(changed_by=None, comment="")
                | (Q(changed_by__isnull=False) & ~Q(comment="")),
                name="credit_review_change_has_reason",
                violation_error_message=_("Say why the proposal of the rules is changed."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=["prepared", "submitted", "not_approved", "approved"]),
                name="credit_review_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="prepared") | Q(proposal__isnull=False),
                name="credit_review_submitted_has_proposal",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "status"], name="credit_review_progress")]

    def __str__(self) -> str:
        return f"{self.campaign} {self.account}"

    def get_absolute_url(self) -> str:
        return reverse("credit:review", args=[self.pk])

    @property
    def rule(self) -> str:
        """Why the rules propose this, in words."""
        return str(RULES.get(self.code, self.code))
