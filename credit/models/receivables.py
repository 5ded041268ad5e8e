"""Invoices, payments, and which settled which."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from credit.models.party import AMOUNT
from credit.models.triggers import keep_exposure
from credit.models.write_off_triggers import WRITE_OFF_TRIGGERS, WRITTEN_OFF_AS_SIGNED
from credit.rules.receivables import days_overdue, open_parts

if TYPE_CHECKING:
    from datetime import date

    from staff.models import User


class DocumentQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """Of the visible accounts, for who may see credit at all."""
        if not (user.is_service or user.has_perm("credit.view_creditparty")):
            return self.none()
        return self.filter(account__in=Account.objects.visible_to(user))


class InvoiceQuerySet(DocumentQuerySet):
    def unpaid(self) -> Self:
        """Invoices of which something is owed."""
        return self.filter(open_amount__gt=0)

    def overdue(self, on: date) -> Self:
        """Unpaid invoices of which a part is past its due day; the day itself is in time."""
        parts = Instalment.objects.filter(invoice=OuterRef("pk")).order_by()
        due = parts.filter(due_on__lt=on).values("invoice").annotate(sum=Sum("amount"))
        of_parts = Q(settled__lt=Subquery(due.values("sum")))
        return self.unpaid().filter(Q(~Exists(parts), due_on__lt=on) | of_parts)


class Invoice(models.Model):
    """A receivable 应收账款, as the ERP reports it; a negative amount is a credit note 贷项凭证.

    Amounts are in the reporting currency, 4 decimals; `document_amount` is as it was issued.
    `settled` is the sum of its allocations (payments, credit notes, write-offs) and never more
    than the amount. A credit note settles other invoices like a payment.
    """

    invoice_number = models.CharField(_("invoice number"), max_length=60, unique=True)
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="invoices", verbose_name=_("account")
    )
    order_number = models.CharField(_("order number"), max_length=60, blank=True, default="")
    issued_on = models.DateField(_("issued on"))
    due_on = models.DateField(_("due on"))
    currency = models.CharField(_("currency"), max_length=3)
    exchange_rate = models.DecimalField(
        _("exchange rate"), max_digits=18, decimal_places=8, default=1
    )
    document_amount = models.DecimalField(_("amount in its currency"), **AMOUNT)
    amount = models.DecimalField(_("amount"), **AMOUNT)
    settled = models.DecimalField(_("settled"), **AMOUNT, default=0, db_default=0)
    open_amount = models.GeneratedField(
        expression=F("amount") - F("settled"),
        output_field=models.DecimalField(**AMOUNT),
        db_persist=True,
        verbose_name=_("open amount"),
    )
    exposed = models.GeneratedField(
        expression=Greatest(F("amount") - F("settled"), models.Value(0)),
        output_field=models.DecimalField(**AMOUNT),
        db_persist=True,
    )
    disputed = models.BooleanField(_("disputed"), default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    contested: bool  # annotated by `credit.services.invoices`: a dispute is open here

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "issued_on", "invoice_number"]
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        triggers = keep_exposure("invoiced")
        permissions = [("manage_receivables", _("Can record disputes, claims and allocations"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0, settled__gte=0, settled__lte=F("amount"))
                | Q(amount__lt=0, settled__lte=0, settled__gte=F("amount")),
                name="credit_invoice_settled_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("issued_on")), name="credit_invoice_due_after_issue"
            ),
            models.CheckConstraint(
                condition=Q(exchange_rate__gt=0), name="credit_invoice_rate_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["-issued_on", "-id"], name="credit_invoice_day"),
            models.Index(
                fields=["account", "due_on", "issued_on", "invoice_number"],
                condition=~Q(open_amount=0),
                name="credit_invoice_open",
            ),
            models.Index(
                fields=["due_on", "account"],
                include=["id", "issued_on", "open_amount"],  # all that an aging reads
                condition=Q(open_amount__gt=0),
                name="credit_invoice_aging",
            ),
            models.Index(fields=["account", "-issued_on", "-id"], name="credit_invoice_account"),
            models.Index(
                fields=["order_number"],
                condition=~Q(order_number=""),
                name="credit_invoice_order",
            ),
            models.Index(fields=["updated_at", "id"], name="credit_invoice_updated"),
        ]

    def __str__(self) -> str:
        return self.invoice_number

    def get_absolute_url(self) -> str:
        return reverse("credit:invoice", args=[self.invoice_number])

    @property
    def is_credit_note(self) -> bool:
        return self.amount < 0

    @property
    def open_parts(self) -> list[tuple[date, Decimal]]:
        """Due day and amount of what is unpaid, part by part; prefetch `instalments` for many."""
        parts = [(part.due_on, part.amount) for part in self.instalments.all()]
        return open_parts(parts or [(self.due_on, self.amount)], self.settled)

    @property
    def next_due_on(self) -> date:
        """The due day of the oldest part that is unpaid; of a settled invoice its own."""
        return next((due_on for due_on, _amount in self.open_parts), self.due_on)

    @property
    def days_overdue(self) -> int:
        """Days past that day as of today; 0 when nothing is owed."""
        return days_overdue(self.next_due_on, timezone.localdate()) if self.open_amount > 0 else 0

    def overdue_amount(self, on: date) -> Decimal:
        """What of it is past its due day."""
        return sum((amount for due_on, amount in self.open_parts if due_on < on), Decimal(0))


class Payment(models.Model):
    """Money received 回款. What no invoice takes stays as unallocated credit of the account."""

    payment_number = models.CharField(_("payment number"), max_length=60, unique=True)
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="payments", verbose_name=_("account")
    )
    received_on = models.DateField(_("received on"))
    currency = models.CharField(_("currency"), max_length=3)
    exchange_rate = models.DecimalField(
        _("exchange rate"), max_digits=18, decimal_places=8, default=1
    )
    document_amount = models.DecimalField(_("amount in its currency"), **AMOUNT)
    amount = models.DecimalField(_("amount"), **AMOUNT)
    allocated = models.DecimalField(_("allocated"), **AMOUNT, default=0, db_default=0)
    # What the sender said it is for: [["invoice number", "amount"], …]; None: oldest due first.
    instructions = models.JSONField(null=True, blank=True)
    # Somebody here said what it is for; until the sender amends it.
    by_hand = models.BooleanField(_("allocated by hand"), default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["received_on", "payment_number"]
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0, allocated__gte=0, allocated__lte=F("amount")),
                name="credit_payment_allocated_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(exchange_rate__gt=0), name="credit_payment_rate_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-received_on", "-id"], name="credit_payment_account"),
            models.Index(fields=["-received_on", "-id"], name="credit_payment_day"),
            models.Index(
                fields=["account", "received_on", "payment_number"],
                condition=Q(allocated__lt=F("amount")),
                name="credit_payment_unallocated",
            ),
            models.Index(fields=["updated_at", "id"], name="credit_payment_updated"),
        ]

    def __str__(self) -> str:
        return self.payment_number

    def get_absolute_url(self) -> str:
        return reverse("credit:payment", args=[self.payment_number])

    @property
    def unallocated(self) -> Decimal:
        """What no invoice took yet."""
        return self.amount - self.allocated


class Allocation(models.Model):
    """A part of an invoice settled 核销 from a day on: by a payment, a credit note, a write-off."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations")
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="allocations"
    )
    credit_note = models.ForeignKey(
        Invoice, models.PROTECT, null=True, blank=True, related_name="applied"
    )
    write_off = models.ForeignKey(
        "credit.WriteOff", models.PROTECT, null=True, blank=True, related_name="allocations"
    )
    amount = models.DecimalField(_("amount"), **AMOUNT)
    effective_on = models.DateField(_("on"))

    class Meta:
        ordering = ["effective_on", "pk"]
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        indexes = [
            models.Index(
                fields=["effective_on", "invoice"], include=["amount"], name="credit_allocation_day"
            )
        ]
        triggers = [WRITTEN_OFF_AS_SIGNED]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="credit_allocation_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(payment__isnull=False, credit_note=None, write_off=None)
                | Q(payment=None, credit_note__isnull=False, write_off=None)
                | Q(payment=None, credit_note=None, write_off__isnull=False),
                name="credit_allocation_one_source",
            ),
            models.UniqueConstraint(
                fields=["invoice", "payment"],
                condition=Q(payment__isnull=False),
                name="credit_allocation_payment_once",
            ),
            models.UniqueConstraint(
                fields=["invoice", "credit_note"],
                condition=Q(credit_note__isnull=False),
                name="credit_allocation_note_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice} {self.amount}"


class Instalment(models.Model):
    """One part of an invoice that is paid in instalments 分期付款; all parts make up the amount."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="instalments")
    number = models.PositiveSmallIntegerField(_("number"))
    due_on = models.DateField(_("due on"))
    amount = models.DecimalField(_("amount"), **AMOUNT)

    class Meta:
        ordering = ["invoice", "number"]
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        constraints = [
            models.UniqueConstraint(fields=["invoice", "number"], name="credit_instalment_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="credit_instalment_amount_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice}/{self.number}"


class WriteOffQuerySet(models.QuerySet["WriteOff"]):
    def visible_to(self, user: User) -> Self:
        """Of the visible accounts, for who may see credit at all."""
        if not user.has_perm("credit.view_creditparty"):
            return self.none()
        return self.filter(invoice__account__in=Account.objects.visible_to(user))


class WriteOff(models.Model):
    """A receivable given up 坏账核销, or a part of one; counts once it is approved (D13).

    Approved and reversed only with a request that another person signed (trigger). What is paid
    after all stays as unallocated credit of the account, until the write-off is reversed.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Awaiting approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Not approved")
        REVERSED = "reversed", _("Reversed")

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="write_offs")
    amount = models.DecimalField(_("amount"), **AMOUNT)
    reason = models.TextField(_("reason"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = WriteOffQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        verbose_name = _("write-off")
        verbose_name_plural = _("write-offs")
        triggers = WRITE_OFF_TRIGGERS
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="credit_writeoff_amount_positive"
            ),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(status="proposed"),
                name="credit_writeoff_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice} {self.amount}"

    def get_absolute_url(self) -> str:
        return reverse("credit:write_off", args=[self.pk])
