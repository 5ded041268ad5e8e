"""Claims 债权: disputes and legal cases."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from credit.models.collections import CollectionQuerySet
from credit.models.party import AMOUNT
from credit.models.receivables import Invoice


class DisputeQuerySet(CollectionQuerySet):
    account_path = "invoice__account"


class Dispute(models.Model):
    """A part of an invoice the customer contests 争议; one at a time of an invoice.

    While it is open and until before `suspends_until` its amount is not overdue, is not
    collected and bears no interest. `suspends_until` is what the policy said on the day it was
    opened. Source: docs/policies/credit.md section 10.4.
    """

    class Reason(models.TextChoices):
        PRICE = "price", _("Price")
        QUANTITY = "quantity", _("Quantity")
        QUALITY = "quality", _("Quality")
        DELIVERY = "delivery", _("Delivery")
        NOT_ORDERED = "not_ordered", _("Not ordered")
        ALREADY_PAID = "already_paid", _("Already paid")
        OTHER = "other", _("Other")

    class Outcome(models.TextChoices):
        JUSTIFIED = "justified", _("Justified: a credit note follows")
        PARTLY = "partly", _("Justified in part")
        UNJUSTIFIED = "unjustified", _("Not justified: the debt stands")
        WITHDRAWN = "withdrawn", _("Withdrawn by the customer")

    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="disputes", verbose_name=_("invoice")
    )
    amount = models.DecimalField(_("disputed amount"), **AMOUNT)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    note = models.TextField(_("what the customer says"), blank=True, default="")
    opened_on = models.DateField(_("opened on"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    suspends_until = models.DateField(_("suspends until"))  # that day excluded
    settled_on = models.DateField(_("settled on"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True, default="")
    outcome_note = models.TextField(_("how it was settled"), blank=True, default="")

    objects = DisputeQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_on", "-pk"]
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        triggers = [
            pgtrigger.ReadOnly(
                name="stays_as_given",
                fields=["invoice", "amount", "reason", "opened_on", "opened_by", "suspends_until"],
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="credit_dispute_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(settled_on=None, outcome="")
                | (Q(settled_on__gte=F("opened_on")) & ~Q(outcome="")),
                name="credit_dispute_settled_with_outcome",
            ),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(settled_on=None),
                name="credit_dispute_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice} {self.amount:.2f}"

    def get_absolute_url(self) -> str:
        return reverse("credit:dispute", args=[self.pk])


class LegalCase(models.Model):
    """A claim for some invoices taken to court 诉讼. Filed, it lets the limitation begin anew."""

    class Status(models.TextChoices):
        PREPARING = "preparing", _("In preparation")
        FILED = "filed", _("Filed")
        JUDGED = "judged", _("Judged")
        ENFORCING = "enforcing", _("Enforcement")
        SETTLED = "settled", _("Settled")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        CLOSED = "closed", _("Closed")

    # What a case may become next; from the last three nothing leads on.
    NEXT: ClassVar[dict[str, tuple[str, ...]]] = {
        Status.PREPARING: (Status.FILED, Status.SETTLED, Status.WITHDRAWN),
        Status.FILED: (Status.JUDGED, Status.SETTLED, Status.WITHDRAWN),
        Status.JUDGED: (Status.ENFORCING, Status.SETTLED, Status.CLOSED),
        Status.ENFORCING: (Status.SETTLED, Status.CLOSED),
        Status.SETTLED: (),
        Status.WITHDRAWN: (),
        Status.CLOSED: (),
    }

    account = models.ForeignKey(Account, models.PROTECT, related_name="legal_cases")
    invoices = models.ManyToManyField(
        Invoice, related_name="legal_cases", verbose_name=_("invoices")
    )
    claim_amount = models.DecimalField(_("amount claimed"), **AMOUNT)
    court = models.CharField(_("court"), max_length=120, blank=True, default="")
    case_number = models.CharField(_("case number"), max_length=60, blank=True, default="")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PREPARING)
    opened_on = models.DateField(_("opened on"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    filed_on = models.DateField(_("filed on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    outcome = models.TextField(_("outcome"), blank=True, default="")

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_on", "-pk"]
        verbose_name = _("legal case")
        verbose_name_plural = _("legal cases")
        permissions = [("manage_legal", _("Can keep legal cases"))]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
        constraints = [
            models.CheckConstraint(
                condition=Q(claim_amount__gt=0), name="credit_legalcase_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["preparing", "settled", "withdrawn"])
                | Q(filed_on__isnull=False),
                name="credit_legalcase_filed_has_day",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["settled", "withdrawn", "closed"], closed_on__isnull=False)
                | Q(status__in=["preparing", "filed", "judged", "enforcing"], closed_on=None),
                name="credit_legalcase_closed_has_day",
            ),
        ]

    def __str__(self) -> str:
        return self.case_number or f"{self.account} {self.opened_on}"

    def get_absolute_url(self) -> str:
        return reverse("credit:legal_case", args=[self.pk])
