from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import need_rules as rules
from accounts.models.account import Account
from accounts.models.contact import Contact

if TYPE_CHECKING:
    from staff.models import User


class NeedQuerySet(models.QuerySet["Need"]):
    def visible_to(self, user: User) -> Self:
        """Needs of the visible accounts, for who may see needs at all."""
        if not (user.is_service or user.has_perm("accounts.view_need")):
            return self.none()
        return self.filter(account__in=Account.objects.visible_to(user))

    def open(self) -> Self:
        """Needs that the customer has not confirmed to be met, and that are not declined."""
        return self.filter(status__in=rules.OPEN)

    def to_answer(self) -> Self:
        """Needs that wait for an answer of ours."""
        return self.filter(status__in=rules.TO_ANSWER)


class Need(models.Model):
    """What a customer wants of us 需求 (A13): collected, analysed, answered, confirmed by them.

    Written only by `accounts.services.needs`.
    """

    class Source(models.TextChoices):
        VISIT = "visit", _("Visit")
        SURVEY = "survey", _("Survey")
        COMPLAINT = "complaint", _("Complaint")
        CALL = "call", pgettext_lazy("source of a need", "Call")
        ORDER = "order", _("Order")

    class Kind(models.TextChoices):
        PRODUCT = "product", _("Product or feature")
        QUALITY = "quality", _("Quality")
        PRICE = "price", _("Price or terms")
        DELIVERY = "delivery", _("Delivery")
        SERVICE = "service", pgettext_lazy("kind of need", "Service")
        OTHER = "other", pgettext_lazy("kind of need", "Other")

    class Status(models.TextChoices):
        COLLECTED = rules.Status.COLLECTED, _("Collected")
        ANALYSED = rules.Status.ANALYSED, _("Analysed")
        ANSWERED = rules.Status.ANSWERED, _("Answered")
        CONFIRMED = rules.Status.CONFIRMED, _("Confirmed by the customer")
        DECLINED = rules.Status.DECLINED, _("Declined")

    class Feasibility(models.IntegerChoices):
        AVAILABLE = rules.Feasibility.AVAILABLE, _("We have it already")
        ADAPTATION = rules.Feasibility.ADAPTATION, _("With an adaptation")
        DEVELOPMENT = rules.Feasibility.DEVELOPMENT, _("Only with a new development")
        NOT_FEASIBLE = rules.Feasibility.NOT_FEASIBLE, _("Not feasible")

    class Priority(models.IntegerChoices):
        HIGH = rules.Priority.HIGH, pgettext_lazy("priority", "High")
        NORMAL = rules.Priority.NORMAL, pgettext_lazy("priority", "Normal")
        LOW = rules.Priority.LOW, pgettext_lazy("priority", "Low")

    account = models.ForeignKey(Account, models.CASCADE, related_name="needs")
    contact = models.ForeignKey(
        Contact,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("contact"),
    )
    text = models.TextField(_("what the customer wants"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PRODUCT)
    source = models.CharField(_("source"), max_length=10, choices=Source)
    source_url = models.CharField(max_length=200, blank=True)  # the page of what it came from
    product = models.CharField(
        _("product"),
        max_length=60,
        blank=True,
        help_text=_("Its code, or what such a product would be called."),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,  # the account has no manager
        blank=True,
        related_name="needs",
        verbose_name=_("who answers"),
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.COLLECTED)
    collected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    collected_at = models.DateTimeField(_("collected at"), default=timezone.now)
    answer_due_on = models.DateField(_("answer due"))

    feasibility = models.PositiveSmallIntegerField(
        _("feasibility"), choices=Feasibility, null=True, blank=True
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority, null=True, blank=True
    )
    analysis = models.TextField(_("analysis"), blank=True)
    analysed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    analysed_at = models.DateTimeField(_("analysed at"), null=True, blank=True)

    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    outcome = models.TextField(_("what the customer says"), blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    rejections = models.PositiveSmallIntegerField(default=0)  # answers that were not enough

    objects = NeedQuerySet.as_manager()

    class Meta:
        ordering = ["-collected_at", "-pk"]
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        constraints = [
            models.CheckConstraint(
                condition=Q(status="collected")
                | Q(status="declined")
                | Q(feasibility__isnull=False, priority__isnull=False),
                name="accounts_need_analysed",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["answered", "confirmed"]) | ~Q(answer=""),
                name="accounts_need_answered",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["confirmed", "declined"])
                & ~Q(outcome="")
                & Q(closed_at__isnull=False)
                | ~Q(status__in=["confirmed", "declined"]) & Q(closed_at=None),
                name="accounts_need_closed_with_words",
            ),
        ]
        indexes = [
            models.Index(fields=["-collected_at", "-id"], name="accounts_need_newest"),
            models.Index(
                fields=["owner", "answer_due_on"],
                condition=Q(status__in=["collected", "analysed"]),
                name="accounts_need_to_answer",
            ),
            models.Index(
                Upper("product"),
                F("status"),
                name="accounts_need_product",
                condition=~Q(product=""),
            ),
        ]

    def __str__(self) -> str:
        return self.text if len(self.text) <= 80 else f"{self.text[:79]}…"

    def get_absolute_url(self) -> str:
        return reverse("accounts:need", args=[self.pk])

    @property
    def course(self) -> str:
        """What the analysis recommends; "" before there is one."""
        if self.feasibility is None or self.priority is None:
            return ""
        return rules.course(self.feasibility, self.priority)

    @property
    def is_open(self) -> bool:
        """Whether the customer waits for it."""
        return self.status in rules.OPEN
