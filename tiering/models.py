from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Tier
from tiering import rules

if TYPE_CHECKING:
    from staff.models import User


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
            ),
            models.CheckConstraint(
                condition=Q(high_score__gte=2, high_score__lte=5), name="tiering_policy_high_score"
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
    if any(low >= high for low, high in pairwise(values)):
        raise ValidationError(_("Each cut must be above the one before."))
    if whole and any(value != int(value) or value < 0 for value in values):
        raise ValidationError(_("Enter whole numbers, none below zero."))


class DesignationQuerySet(models.QuerySet["Designation"]):
    def visible_to(self, user: User) -> Self:
        """Designations of the visible accounts."""
        return self.filter(account__in=Account.objects.visible_to(user))

    def in_force(self, on: date) -> Self:
        """Approved designations that have begun, not expired and not been revoked by this day."""
        return self.filter(
            Q(revoked_on=None) | Q(revoked_on__gt=on),
            status=Designation.Status.APPROVED,
            effective_from__lte=on,
            expires_on__gte=on,
        )


class Designation(models.Model):
    """A tier given by hand for strategic significance (C2): reason, another approver, expiry.

    It lifts an account above the tier of its share; it never lowers it.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Awaiting approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    DESIGNATED_TIERS = [
        (Tier.STRATEGIC.value, Tier.STRATEGIC.label),
        (Tier.KEY.value, Tier.KEY.label),
    ]

    account = models.ForeignKey(Account, models.PROTECT, related_name="designations")
    tier = models.CharField(_("tier"), max_length=10, choices=DESIGNATED_TIERS)
    reason = models.TextField(_("reason"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    effective_from = models.DateField(_("effective from"))
    expires_on = models.DateField(_("expires on"))  # the last day it counts
    revoked_on = models.DateField(
        _("revoked on"), null=True, blank=True
    )  # counts no more from here
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_comment = models.TextField(_("comment on the decision"), blank=True)

    objects = DesignationQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        verbose_name = _("designation")
        verbose_name_plural = _("designations")
        permissions = [
            ("propose_designation", _("Can propose designations")),
            ("approve_designation", _("Can approve, reject and revoke designations")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(tier__in=["strategic", "key"]), name="tiering_designation_tier"
            ),
            models.CheckConstraint(
                condition=Q(expires_on__gte=F("effective_from")),
                name="tiering_designation_span",
                violation_error_message=_("A designation cannot expire before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(proposed_by=F("decided_by")),
                name="tiering_designation_four_eyes",
                violation_error_message=_("Nobody decides on their own proposal."),
            ),
            models.CheckConstraint(
                condition=Q(status="proposed") | Q(decided_by__isnull=False),
                name="tiering_designation_decided_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["expires_on"], name="tiering_designation_expiry")]

    def __str__(self) -> str:
        return f"{self.account} → {self.get_tier_display()}"


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


class TierRecordQuerySet(models.QuerySet["TierRecord"]):
    def visible_to(self, user: User) -> Self:
        """Records of the visible accounts."""
        return self.filter(account__in=Account.objects.visible_to(user))

    def on(self, day: date) -> Self:
        """The record of each account that says what it was on this day."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)


class TierRecord(models.Model):
    """What one account was from `valid_from` until before `valid_to`: tier, scores, figures.

    Effective-dated: a new row only when tier, basis, scores, segment or class change. The
    figures are those of its run's day; other days' follow from the ledger as of that day (C5).
    """

    class Basis(models.TextChoices):
        SHARE = "share", _("Share of sales")
        DESIGNATION = "designation", _("Designation")

    # No foreign keys in the database: they would be checked one row at a time, and the one
    # statement that writes here joins these tables itself.
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="tier_records", db_index=False, db_constraint=False
    )
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("to"), null=True)  # excluded
    run = models.ForeignKey(
        TierRun, models.PROTECT, related_name="records", db_index=False, db_constraint=False
    )
    policy = models.ForeignKey(
        TierPolicy, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    tier = models.CharField(_("tier"), max_length=10, choices=Tier)
    basis = models.CharField(max_length=12, choices=Basis, default=Basis.SHARE)
    designation = models.ForeignKey(
        Designation,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    net_sales = models.DecimalField(_("net sales"), max_digits=20, decimal_places=4)
    company_net_sales = models.DecimalField(max_digits=20, decimal_places=4)
    last_purchase_on = models.DateField(_("last purchase"), null=True)
    frequency = models.PositiveIntegerField(_("purchases"), default=0)
    # null where there was no purchase in the window
    r = models.PositiveSmallIntegerField(null=True)
    f = models.PositiveSmallIntegerField(null=True)
    m = models.PositiveSmallIntegerField(null=True)
    segment = models.CharField(_("value segment"), max_length=20, blank=True)
    abc = models.CharField(_("ABC class"), max_length=1)

    objects = TierRecordQuerySet.as_manager()

    moves_on_merge = False  # what an account was stays its own history

    class Meta:
        ordering = ["-valid_from"]
        verbose_name = _("tier record")
        verbose_name_plural = _("tier records")
        constraints = [
            models.UniqueConstraint(fields=["account", "valid_from"], name="tiering_record_start"),
            models.UniqueConstraint(
                fields=["account"], condition=Q(valid_to=None), name="tiering_record_one_current"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="tiering_record_span",
            ),
            models.CheckConstraint(
                condition=Q(r=None, f=None, m=None, segment="")
                | Q(r__range=(1, 5), f__range=(1, 5), m__range=(1, 5)) & ~Q(segment=""),
                name="tiering_record_scores",
            ),
            models.CheckConstraint(
                condition=Q(basis="share", designation=None)
                | Q(basis="designation", designation__isnull=False),
                name="tiering_record_basis",
            ),
        ]
        indexes = [models.Index(fields=["valid_from"], name="tiering_record_from")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.valid_from} {self.tier}"
