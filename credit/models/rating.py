"""What we found out about a customer, and what it was rated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Attachment
from credit.models.lines import GRADES
from credit.models.party import AMOUNT
from credit.models.triggers import only_added

if TYPE_CHECKING:
    from staff.models import User


class CreditFileQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """Of the visible accounts, for who may see credit at all."""
        if not user.has_perm("credit.view_creditparty"):
            return self.none()
        return self.filter(account__in=Account.objects.visible_to(user))


class Investigation(models.Model):
    """A credit investigation 资信调查 of a customer (D1 to D3); all of them are its archive.

    Never edited: what was found later is another one. Amounts in the reporting currency.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="credit_investigations")
    investigated_on = models.DateField(_("investigated on"))
    payment_behaviour = models.TextField(_("payment behaviour"), blank=True)
    net_assets = models.DecimalField(_("net assets"), **AMOUNT, null=True, blank=True)
    contingent_debts = models.DecimalField(
        _("guarantees and contingent debts"), **AMOUNT, null=True, blank=True
    )
    industry_situation = models.TextField(_("situation of the industry"), blank=True)
    market_terms_days = models.PositiveSmallIntegerField(
        _("competitors' terms (days)"), null=True, blank=True
    )
    expected_sales = models.DecimalField(
        _("expected credit sales of twelve months, with tax"), **AMOUNT, null=True, blank=True
    )
    bearing_default = models.TextField(_("our capacity to bear a default"), blank=True)
    sources = models.TextField(_("sources"))
    conclusion = models.TextField(_("conclusion"))
    attachments = models.ManyToManyField(
        Attachment, blank=True, related_name="+", verbose_name=_("attachments")
    )
    investigated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CreditFileQuerySet.as_manager()

    class Meta:
        ordering = ["-investigated_on", "-pk"]
        verbose_name = _("credit investigation")
        verbose_name_plural = _("credit investigations")
        triggers = only_added("account")
        constraints = [
            models.CheckConstraint(
                condition=(Q(contingent_debts=None) | Q(contingent_debts__gte=0))
                & (Q(expected_sales=None) | Q(expected_sales__gte=0)),
                name="credit_investigation_not_negative",
                violation_error_message=_("Debts and expected sales are 0 or more."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "-investigated_on", "-id"], name="credit_investigation_latest"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.investigated_on}"

    def get_absolute_url(self) -> str:
        return reverse("credit:investigation", args=[self.pk])


class RatingQuerySet(CreditFileQuerySet):
    def latest_on(self, on: object) -> Self:
        """One rating per account: the latest as of this day."""
        return (
            self.filter(as_of__lte=on)
            .order_by("account_id", "-as_of", "-pk")
            .distinct("account_id")
        )


class Rating(models.Model):
    """One rating 资信评级 of a customer with every point it is made of. Never edited (trigger)."""

    class Cause(models.TextChoices):
        MANUAL = "manual", _("By hand")
        APPLICATION = "application", _("Application")
        REVIEW = "review", _("Half-yearly review")
        OVERDUE = "overdue", _("Overdue")
        POLICY = "policy", _("Policy")

    account = models.ForeignKey(Account, models.PROTECT, related_name="credit_ratings")
    as_of = models.DateField(_("as of"))
    grade = models.CharField(
        _("grade"), max_length=3, choices=[(grade, grade) for grade in GRADES], blank=True
    )  # "": not rateable
    points = models.DecimalField(_("points"), max_digits=7, decimal_places=4, null=True, blank=True)
    grade_by_points = models.CharField(max_length=3, blank=True)  # before caps
    # [{"metric", "label", "figure", "bin", "missing", "points", "weight", "contribution"}]
    lines = models.JSONField(default=list)
    caps = models.JSONField(default=list)  # [{"metric", "figure", "grade"}]: those that applied
    # Not rateable: {"code": "figure_missing", "metrics": [...]}
    refusal = models.JSONField(null=True, blank=True)
    # {"limit", "terms_days", "grade", "need", "steps": [...]}; none without a grade
    suggestion = models.JSONField(null=True, blank=True)
    policy_version = models.PositiveIntegerField(_("version of the scorecard"))
    cause = models.CharField(_("cause"), max_length=12, choices=Cause)
    comment = models.TextField(_("comment"), blank=True)
    rated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )  # None: the system
    rated_at = models.DateTimeField(_("rated at"), auto_now_add=True)
    # False: what a review proposes, and a better grade that only the system found.
    counts = models.BooleanField(_("counts"), default=True, db_default=True, editable=False)

    objects = RatingQuerySet.as_manager()

    class Meta:
        ordering = ["-as_of", "-pk"]
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        triggers = only_added("account")
        constraints = [
            models.CheckConstraint(
                condition=Q(grade="", points=None, refusal__isnull=False)
                | (~Q(grade="") & Q(points__isnull=False, refusal__isnull=True)),
                name="credit_rating_grade_or_refusal",
            ),
        ]
        indexes = [models.Index(fields=["account", "-as_of", "-id"], name="credit_rating_latest")]

    def __str__(self) -> str:
        return f"{self.account} {self.grade or '–'}"

    def get_absolute_url(self) -> str:
        return reverse("credit:rating", args=[self.pk])
