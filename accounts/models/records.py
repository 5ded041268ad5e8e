from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account

if TYPE_CHECKING:
    from staff.models import User


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: User) -> Self:
        """Events of the visible accounts."""
        return self.filter(account__in=Account.objects.visible_to(user))

    def undispatched(self) -> Self:
        """What nobody has been told of yet, in the order it was written."""
        return self.filter(dispatched_at=None).order_by("pk")


# Kinds that say that the service standard was not kept; they are counted over a year.
BREACHES = [
    "visits.visit_overdue",
    "complaints.acknowledgement_missed",
    "complaints.resolution_missed",
]


class Event(models.Model):
    """One thing that happened to an account: the timeline, written in the change's transaction.

    Append-only (database trigger; only a merge moves events to another account). It is also
    the outbox of notifications and webhooks, so that nothing is lost when Redis is.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="events")
    at = models.DateTimeField(_("at"), default=timezone.now)
    kind = models.CharField(_("kind"), max_length=60)  # "<app>.<noun>_<past participle>"
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    data = models.JSONField(default=dict)  # figures and texts of the kind; see accounts.timeline
    dispatched_at = models.DateTimeField(null=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["account", "-at", "-id"], name="accounts_event_timeline"),
            models.Index(
                fields=["id"], condition=Q(dispatched_at=None), name="accounts_event_undispatched"
            ),
            models.Index(
                fields=["kind", "at"], condition=Q(kind__in=BREACHES), name="accounts_event_breach"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: User) -> Self:
        """Attachments of the visible accounts."""
        return self.filter(account__in=Account.objects.visible_to(user))


class Attachment(models.Model):
    """A file in the archive of an account; served by a view that checks access."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="attachments")
    file = models.FileField(_("file"), upload_to="attachments/%Y/%m/", max_length=300)
    name = models.CharField(_("name"), max_length=200)  # as uploaded
    size = models.PositiveBigIntegerField(_("size"))  # bytes
    sha256 = models.CharField(max_length=64)
    description = models.CharField(_("description"), max_length=200, blank=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at", "-pk"]
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return self.name
