from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tiering import rules

MOST_CUT = 2_000_000_000  # days, purchases or money: what the statements of a run can compare


class TierPolicyQuerySet(models.QuerySet["TierPolicy"]):
    def in_force(self, on: date) -> Self:
        """Approved policies that have begun by this day, the deciding one first."""
        return self.filter(status=TierPolicy.Status.APPROVED, effective_from__lte=on).order_by(
            "-effective_from", "-version"
        )


class TierPolicy(models.Model):
    """How tiers and RFM scores follow from sales: proposed, approved, effective from a day (C3).

    In force on a day is the approved version with the latest `effective_from` up to it.
    Never edited after approval (database trigger); a change is a new version.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PROPOSED = "proposed", _("Awaiting approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    class Method(models.TextChoices):
        QUINTILE = "quintile", _("Quintiles (percent rank)")
        FIXED = "fixed", _("Fixed bins")

    version = models.PositiveIntegerField(_("version"), unique=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    effective_from = models.DateField(_("effective from"))
    note = models.TextField(_("reason for the change"), blank=True)

    strategic_share = models.DecimalField(
        _("strategic from a share of"), max_digits=7, decimal_places=6, default=Decimal("0.05")
    )
    key_share = models.DecimalField(
        _("key from a share of"), max_digits=7, decimal_places=6, default=Decimal("0.01")
    )
    window_months = models.PositiveSmallIntegerField(_("window in months"), default=12)
    rfm_method = models.CharField(
        _("RFM method"), max_length=10, choices=Method, default=Method.QUINTILE
    )
    # Four ascending cuts each, for fixed bins. Recency in days: at or below the first cut scores 5.
    # Frequency (purchases) and monetary (net sales): at or above the last cut scores 5.
    recency_cuts = models.JSONField(_("recency cuts (days)"), default=list, blank=True)
    frequency_cuts = models.JSONField(_("frequency cuts (purchases)"), default=list, blank=True)
    monetary_cuts = models.JSONField(_("monetary cuts (net sales)"), default=list, blank=True)
    high_score = models.PositiveSmallIntegerField(_("a score is high from"), default=4)
    abc_a_share = models.DecimalField(
        _("class A up to a share of"), max_digits=5, decimal_places=4, default=Decimal("0.80")
    )
    abc_b_share = models.DecimalField(
        _("class B up to a share of"), max_digits=5, decimal_places=4, default=Decimal("0.95")
    )

    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_comment = models.TextField(_("comment on the decision"), blank=True)

    objects = TierPolicyQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        verbose_name = _("tier policy")
        verbose_name_plural = _("tier policies")
        triggers = [
            pgtrigger.Protect(
                name="approved_is_immutable",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__status="approved"),
            )
        ]
        permissions = [
            ("propose_policy", _("Can draft and propose tier policies")),
            ("approve_policy", _("Can approve and reject tier policies")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(key_share__gt=0)
                & Q(strategic_share__gt=F("key_share"))
                & Q(strategic_share__lte=1),
                name="tiering_policy_shares_ordered",
                violation_error_message=_(
                    "The strategic share must be above the key share, both between 0 and 1."
                ),
            ),
            models.CheckConstraint(
                condition=Q(abc_a_share__gt=0)
                & Q(abc_b_share__gt=F("abc_a_share"))
                & Q(abc_b_share__lte=1),
                name="tiering_policy_abc_ordered",
                violation_error_message=_("The share of class B must be above that of class A."),
            ),
            models.CheckConstraint(
                condition=Q(window_months__gte=1, window_months__lte=60),
                name="tiering_policy_window",
                violation_error_message=_("The window is 1 to 60 months long."),
            ),
            models.CheckConstraint(
                condition=Q(high_score__gte=2, high_score__lte=5),
                name="tiering_policy_high_score",
                violation_error_message=_("A score is high from 2, 3, 4 or 5 on."),
            ),
            models.CheckConstraint(
                condition=Q(proposed_by=None)
                | Q(decided_by=None)
                | ~Q(proposed_by=F("decided_by")),
                name="tiering_policy_four_eyes",
                violation_error_message=_("Nobody decides on their own proposal."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} ({self.effective_from})"

    def get_absolute_url(self) -> str:
        return reverse("tiering:policy", args=[self.version])

    def terms(self) -> rules.Policy:
        """The policy as plain values, for `tiering.rules`."""
        return rules.Policy(
            strategic_share=self.strategic_share,
            key_share=self.key_share,
            window_months=self.window_months,
            rfm_method=self.rfm_method,
            recency_cuts=[int(cut) for cut in self.recency_cuts],
            frequency_cuts=[int(cut) for cut in self.frequency_cuts],
            monetary_cuts=[Decimal(cut) for cut in self.monetary_cuts],
            high_score=self.high_score,
            abc_a_share=self.abc_a_share,
            abc_b_share=self.abc_b_share,
        )

    def clean(self) -> None:
        """Refuse fixed bins without exactly four ascending cuts for each measure."""
        errors = {}
        for field in ("recency_cuts", "frequency_cuts", "monetary_cuts"):
            cuts = getattr(self, field)
            if cuts or self.rfm_method == self.Method.FIXED:
                try:
                    _check_cuts(cuts, whole=field != "monetary_cuts")
                except ValidationError as error:
                    errors[field] = error
        if errors:
            raise ValidationError(errors)


def _check_cuts(cuts: Any, *, whole: bool) -> None:
    """Raise ValidationError unless `cuts` are four ascending numbers (whole ones above zero)."""
    try:
        values = [Decimal(str(cut)) for cut in cuts]
    except (InvalidOperation, TypeError):
        raise ValidationError(_("Enter numbers, separated by commas.")) from None
    if len(values) != 4 or not all(value.is_finite() for value in values):
        raise ValidationError(_("Four cuts make five bins: enter exactly four numbers."))
    if any(abs(value) > MOST_CUT for value in values):
        message = _("The numbers are too large: at most %(most)s.") % {"most": f"{MOST_CUT:,}"}
        raise ValidationError(message)
    if any(low >= high for low, high in pairwise(values)):
        raise ValidationError(_("Each cut must be above the one before."))
    if whole and any(type(cut) is not int or cut < 0 for cut in cuts):
        raise ValidationError(_("Enter whole numbers, none below zero."))
