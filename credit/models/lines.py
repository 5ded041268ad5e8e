"""Credit lines and the proposals they come from."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from credit.models.party import AMOUNT
from credit.models.triggers import LINE_NEEDS_SIGNATURE, signed_if_approved
from credit.rules import grades

if TYPE_CHECKING:
    from decimal import Decimal

    from staff.models import User


class CreditForm(models.TextChoices):
    """The forms of credit (D18)."""

    OPEN_ACCOUNT = "open_account", _("Open account")  # 赊销
    CONSIGNMENT = "consignment", _("Consignment")  # 铺货
    INSTALMENTS = "instalments", _("Instalments")  # 分期付款
    RUNNING_ACCOUNT = "running_account", _("Running account")  # 记账


GRADES = list(grades.GRADES)


class Terms(models.Model):
    """What is granted: the same columns in the proposal and in the line that follows from it."""

    limit = models.DecimalField(_("credit limit"), **AMOUNT)
    currency = models.CharField(_("currency"), max_length=3)
    terms_days = models.PositiveSmallIntegerField(_("payment term (days)"))
    form = models.CharField(
        _("form of credit"), max_length=16, choices=CreditForm, default=CreditForm.OPEN_ACCOUNT
    )
    covers_group = models.BooleanField(_("covers the whole group"), default=False)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    extra = models.DecimalField(_("temporary increase"), **AMOUNT, default=0)
    extra_until = models.DateField(_("increase until"), null=True, blank=True)
    rating = models.CharField(
        _("rating"), max_length=3, choices=[(grade, grade) for grade in GRADES], blank=True
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(limit__gte=0) & Q(extra__gte=0),
                name="%(app_label)s_%(class)s_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="%(app_label)s_%(class)s_span"
            ),
            models.CheckConstraint(
                condition=Q(extra=0, extra_until=None)
                | Q(
                    extra__gt=0,
                    extra_until__isnull=False,
                    extra_until__gte=F("valid_from"),
                    extra_until__lte=F("valid_until"),
                ),
                name="%(app_label)s_%(class)s_increase_ends",
                violation_error_message=_(
                    "A temporary increase needs an end date within the validity of the line."
                ),
            ),
        ]


class LineProposalQuerySet(models.QuerySet["LineProposal"]):
    def visible_to(self, user: User) -> Self:
        """Proposals for the visible accounts, for who may see credit at all."""
        if not user.has_perm("credit.view_creditparty"):
            return self.none()
        return self.filter(account__in=Account.objects.visible_to(user))


class LineProposal(Terms):
    """A wish for other credit terms 信用申请: by the account manager, finance or a review (D7)."""

    class Origin(models.TextChoices):
        APPLICATION = "application", _("Application")
        REVIEW = "review", _("Half-yearly review")
        SUPERVISION = "supervision", _("Supervision")

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Awaiting approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Not approved")

    account = models.ForeignKey(Account, models.PROTECT, related_name="credit_proposals")
    origin = models.CharField(_("origin"), max_length=12, choices=Origin)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    reason = models.TextField(_("reason"))
    # {"exposure": "…", "net_sales": "…", "suggested_limit": "…", …}: what stood there then.
    figures = models.JSONField(default=dict)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(_("proposed at"), auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = LineProposalQuerySet.as_manager()

    class Meta(Terms.Meta):
        ordering = ["-proposed_at", "-pk"]
        verbose_name = _("credit application")
        verbose_name_plural = _("credit applications")
        triggers = [
            signed_if_approved("lineproposal"),
            pgtrigger.Protect(
                name="closed_is_immutable",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.status <> 'proposed' AND to_jsonb(OLD) - 'account_id'"
                    " IS DISTINCT FROM to_jsonb(NEW) - 'account_id'"
                ),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]
        constraints = [
            *Terms.Meta.constraints,
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(status="proposed"),
                name="credit_proposal_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.limit:,.2f}"

    def get_absolute_url(self) -> str:
        return reverse("credit:proposal", args=[self.pk])


class CreditLineQuerySet(models.QuerySet["CreditLine"]):
    def visible_to(self, user: User) -> Self:
        """Lines of the visible accounts, for who may see credit at all."""
        if not (user.is_service or user.has_perm("credit.view_creditparty")):
            return self.none()
        return self.filter(account__in=Account.objects.visible_to(user))

    def in_force(self, on: date) -> Self:
        """One line per account: the latest that had begun by this day, expired ones included.

        Each line takes the place of the one before it, on its first day.
        """
        return (
            self.filter(valid_from__lte=on)
            .order_by("account_id", "-valid_from", "-pk")
            .distinct("account_id")
        )

    def with_rated_at(self) -> Self:
        """Annotate `rated_at`: when the grade of the line was the one people went by."""
        return self.annotate(rated_at=Coalesce("proposal__proposed_at", "created_at"))


class CreditLine(Terms):
    """The credit we grant an account or a group 信用额度与期限, from a day on.

    Only ever added, each from an approved proposal (or once, as an opening line, by import):
    a database trigger refuses everything else, raw SQL included. What is in force on a day is
    the latest begun; expired, it means no credit. A limit of 0 means no credit.
    """

    moves_on_merge = False  # nobody's credit grows because archives were put together

    account = models.ForeignKey(Account, models.PROTECT, related_name="credit_lines")
    proposal = models.OneToOneField(
        LineProposal, models.PROTECT, null=True, blank=True, related_name="line"
    )  # None: an opening line
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("approved by")
    )  # who signed last
    reason = models.TextField(_("reason"))
    created_at = models.DateTimeField(auto_now_add=True)
    # When it began, if it is a first line, a raise or a review; else that of the line before it.
    # Written by the database (`needs_signature`).
    reviewed_on = models.DateField(_("last reviewed"), db_default=Now(), editable=False)
    rated_at: datetime  # of `with_rated_at`

    objects = CreditLineQuerySet.as_manager()

    class Meta(Terms.Meta):
        ordering = ["account", "-valid_from", "-pk"]
        verbose_name = _("credit line")
        verbose_name_plural = _("credit lines")
        triggers = [
            LINE_NEEDS_SIGNATURE,
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
        ]
        constraints = [
            *Terms.Meta.constraints,
            models.UniqueConstraint(
                fields=["account"], condition=Q(proposal=None), name="credit_line_one_opening"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-valid_from", "-id"], name="credit_line_in_force")
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.limit:,.2f}"

    def limit_on(self, day: date) -> Decimal:
        """The limit with a temporary increase, if that runs on this day; expiry not looked at."""
        running = self.extra_until is not None and day <= self.extra_until
        return self.limit + self.extra if running else self.limit
