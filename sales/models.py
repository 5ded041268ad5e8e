from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from kam.core import money
from sales import rules

if TYPE_CHECKING:
    from staff.models import User


class Product(models.Model):
    """Something we sell; made from the first order line that names it, if not synced before."""

    code = models.CharField(_("product code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    category = models.CharField(_("category"), max_length=60, blank=True, db_index=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("product")
        verbose_name_plural = _("products")
        indexes = [models.Index(fields=["updated_at", "id"], name="sales_product_updated")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()

    def get_absolute_url(self) -> str:
        return reverse("sales:product", args=[self.code])


class ExchangeRate(models.Model):
    """Units of the reporting currency per unit of `currency`, from a day on until the next rate."""

    currency = models.CharField(_("currency"), max_length=3)
    valid_from = models.DateField(_("valid from"))
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=8)

    class Meta:
        ordering = ["currency", "-valid_from"]
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [
            models.UniqueConstraint(fields=["currency", "valid_from"], name="sales_rate_once"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="sales_rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.valid_from} {self.rate}"

    @property
    def plain_rate(self) -> str:
        """The rate with four decimals, more where it has more: figures below each other line up."""
        return f"{self.rate:.4f}" if self.rate == round(self.rate, 4) else money.plain(self.rate)


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, user: User) -> Self:
        """Orders of the visible accounts; walk-in sales only for who sees every account."""
        if not (user.is_service or user.has_perm("sales.view_order")):
            return self.none()
        if user.is_service or user.has_perm("accounts.view_all_accounts"):
            return self
        return self.filter(account__in=Account.objects.visible_to(user))

    def counted(self) -> Self:
        """Orders that count in net sales: all but the cancelled ones, returns included."""
        return self.exclude(status=Order.Status.CANCELLED)

    def late(self, on: date) -> Self:
        """Orders not delivered by the promised day (B2): open past it, or delivered after it."""
        return self.filter(
            Q(status=Order.Status.OPEN, delivered_on=None, promised_on__lt=on)
            | Q(delivered_on__gt=F("promised_on"))
        ).exclude(status=Order.Status.CANCELLED)

    def for_list(self) -> Self:
        """All that a list row shows; reading any other relation raises, not queries."""
        return self.select_related("account").fetch_mode(models.FETCH_RAISE)

    def for_reading(self) -> Self:
        """All that the REST API shows of an order; reading any other relation raises."""
        lines = OrderLine.objects.select_related("product").fetch_mode(models.FETCH_RAISE)
        return (
            self.select_related("account")
            .prefetch_related(models.Prefetch("lines", lines))
            .fetch_mode(models.FETCH_RAISE)
        )


class Order(models.Model):
    """A sale, a return (negative quantities) or a walk-in sale (no account), as the ERP reports it.

    Written by `sales.services.orders` only. `net_amount` is the sum of its lines' amounts in the
    reporting currency, 4 decimals.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        DELIVERED = "delivered", _("Delivered")
        CANCELLED = "cancelled", _("Cancelled")

    class CreditStatus(models.TextChoices):
        """What credit says of delivering it; empty where nothing had to be decided."""

        APPROVED = "approved", _("Credit approved")
        HELD = "held", _("On credit hold")
        RELEASED = "released", _("Released")

    order_number = models.CharField(_("order number"), max_length=60, unique=True)
    account = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,  # a walk-in sale (B3)
        blank=True,
        related_name="orders",
        db_index=False,  # the covering index below begins with it
        verbose_name=_("account"),
    )
    ordered_on = models.DateField(_("ordered on"))
    currency = models.CharField(_("currency"), max_length=3)
    exchange_rate = models.DecimalField(
        _("exchange rate"), max_digits=18, decimal_places=8, default=1
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DELIVERED)
    promised_on = models.DateField(_("promised on"), null=True, blank=True)
    delivered_on = models.DateField(_("delivered on"), null=True, blank=True)
    version = models.BigIntegerField(_("version"), null=True, blank=True)
    net_amount = models.DecimalField(_("net amount"), max_digits=18, decimal_places=4)
    # Published by credit (written by credit.services only).
    credit_status = models.CharField(
        _("credit status"),
        max_length=10,
        choices=CreditStatus,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    content_digest = models.BinaryField(max_length=16)  # of all of the above and the lines
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-ordered_on", "-pk"]
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        permissions = [("export_order", _("Can export orders to files"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "delivered", "cancelled"]),
                name="sales_order_status_known",
            ),
            models.CheckConstraint(
                condition=Q(exchange_rate__gt=0), name="sales_order_rate_positive"
            ),
            models.CheckConstraint(
                condition=Q(credit_status__in=["", "approved", "held", "released"]),
                name="sales_order_credit_status_known",
            ),
        ]
        indexes = [
            # The aggregate of RFM and tiers reads nothing but this index.
            models.Index(
                fields=["account", "ordered_on"],
                include=["net_amount"],
                condition=~Q(status="cancelled"),
                name="sales_order_rfm",
            ),
            models.Index(fields=["account", "-ordered_on", "-id"], name="sales_order_account_day"),
            models.Index(fields=["-ordered_on", "-id"], name="sales_order_day"),
            models.Index(fields=["updated_at", "id"], name="sales_order_updated"),
            models.Index(
                fields=["promised_on"], condition=Q(status="open"), name="sales_order_promised"
            ),
            models.Index(
                fields=["account", "-ordered_on", "-id"],
                condition=Q(credit_status="held"),
                name="sales_order_held",
            ),
        ]

    def __str__(self) -> str:
        return self.order_number

    def get_absolute_url(self) -> str:
        return reverse("sales:order", args=[self.order_number])

    @property
    def counts(self) -> bool:
        """Whether it counts in net sales."""
        return self.status != self.Status.CANCELLED

    @property
    def plain_rate(self) -> str:
        """The exchange rate without trailing zeros."""
        return money.plain(self.exchange_rate)

    @property
    def is_return(self) -> bool:
        return self.net_amount < 0

    @property
    def late_today(self) -> int:
        """Days late as of today; 0 when in time."""
        return self.days_late(timezone.localdate())

    def days_late(self, on: date) -> int:
        """Days late as of a day; 0 when in time."""
        return rules.days_late(
            status=self.status, promised_on=self.promised_on, delivered_on=self.delivered_on, on=on
        )


class OrderLine(models.Model):
    """One product on an order. `amount` is in the reporting currency, half even to 4 decimals."""

    order = models.ForeignKey(
        Order,
        models.CASCADE,
        related_name="lines",
        db_index=False,  # sales_line_once has it
    )
    line_number = models.PositiveIntegerField(_("line"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="lines")
    description = models.CharField(_("description"), max_length=200, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=15, decimal_places=3)
    unit_price = models.DecimalField(_("unit price"), max_digits=18, decimal_places=4)
    unit_cost = models.DecimalField(
        _("unit cost"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)

    class Meta:
        ordering = ["line_number"]
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.UniqueConstraint(fields=["order", "line_number"], name="sales_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0) | Q(unit_price__gte=0),
                name="sales_line_not_double_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.line_number}"


class LateOrder(models.Model):
    """That an order was late for a promised day, and was told of. Written by `sales.lateness`."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="+")
    promised_on = models.DateField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "promised_on"], name="sales_lateorder_once")
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.promised_on}"
