from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Event


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def with_counts(self) -> Self:
        """With `waiting` and `given_up`, how many messages wait and were given up."""
        rows = Delivery.objects.filter(endpoint=OuterRef("pk")).order_by()

        def counted(status: str) -> Coalesce:
            counts = rows.filter(status=status).values("endpoint").annotate(n=Count("pk"))
            return Coalesce(Subquery(counts.values("n")), 0)

        return self.annotate(
            waiting=counted(Delivery.Status.PENDING), given_up=counted(Delivery.Status.GIVEN_UP)
        )


class Endpoint(models.Model):
    """An address of another system that wants to hear of some events: a webhook."""

    url = models.URLField(_("address"), max_length=500)
    description = models.CharField(_("description"), max_length=200, blank=True)
    events = ArrayField(models.CharField(max_length=60), verbose_name=_("events"))
    is_active = models.BooleanField(_("active"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    busy_until = models.DateTimeField(null=True, editable=False)  # one worker at a time sends to it

    objects = EndpointQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        permissions = [("manage_webhooks", _("Can manage webhooks"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(url__startswith="https://"), name="notifications_endpoint_https"
            ),
        ]

    def __str__(self) -> str:
        return self.url

    def get_absolute_url(self) -> str:
        return reverse("notifications:webhook", args=[self.pk])


class SecretQuerySet(models.QuerySet["Secret"]):
    def live(self, at: datetime) -> Self:
        """Those that sign now, the newest first."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at)).order_by("-pk")


class Secret(models.Model):
    """What signs the messages to an endpoint. Two of them sign during a rotation."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="secrets")
    value = models.CharField(max_length=60)  # "whsec_" and 32 bytes in base64; shown once
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True)  # null: the current one

    objects = SecretQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=Q(expires_at=None),
                name="notifications_secret_one_current",
            ),
        ]

    def __str__(self) -> str:
        return f"secret {self.pk}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, at: datetime) -> Self:
        """Those to be tried now, at endpoints that are active."""
        return self.filter(
            status=Delivery.Status.PENDING, next_attempt_at__lte=at, endpoint__is_active=True
        )


def new_message_id() -> str:
    return f"msg_{uuid4().hex}"


class Delivery(models.Model):
    """One message to one endpoint: kept until it is taken, or given up after three days."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        GIVEN_UP = "given_up", _("Given up")

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    message_id = models.CharField(max_length=40, unique=True, default=new_message_id)
    name = models.CharField(_("event"), max_length=60)
    event = models.ForeignKey(Event, models.CASCADE, null=True, related_name="+")  # null: a test
    body = models.TextField()  # exactly what is signed and sent
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.PENDING)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    began_at = models.DateTimeField(default=timezone.now)  # the three days run from here
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, default=timezone.now)
    attempts_made = models.PositiveIntegerField(_("attempts"), default=0)  # since `began_at`
    delivered_at = models.DateTimeField(_("delivered at"), null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event", "name"], name="notifications_delivery_one_per_event"
            ),
            models.CheckConstraint(
                condition=Q(status="pending", next_attempt_at__isnull=False)
                | (~Q(status="pending") & Q(next_attempt_at=None)),
                name="notifications_delivery_next_while_pending",
            ),
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=False, status="delivered")
                | (~Q(status="delivered") & Q(delivered_at=None)),
                name="notifications_delivery_delivered_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status="pending"),
                name="notifications_delivery_due",
            ),
            models.Index(fields=["endpoint", "-id"], name="notifications_delivery_log"),
        ]

    def __str__(self) -> str:
        return self.message_id


class Attempt(models.Model):
    """One try to deliver. What the other side said is not kept but for its status."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    at = models.DateTimeField(default=timezone.now)
    status_code = models.PositiveSmallIntegerField(null=True)  # null: there was no answer
    error = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.status_code or self.error}"
