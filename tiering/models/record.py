from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Tier
from tiering.models.designation import Designation
from tiering.models.policy import TierPolicy
from tiering.models.run import TierRun

if TYPE_CHECKING:
    from staff.models import User


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
