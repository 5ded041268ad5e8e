from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Account, sees_all_accounts

if TYPE_CHECKING:
    from staff.models import User


MAIL_FOR = timedelta(days=7)  # what could not be mailed so long is left to the page


class Mail(models.TextChoices):
    """When a notice goes out by e-mail."""

    NEVER = "never", pgettext_lazy("mail", "Never")
    SOON = "soon", pgettext_lazy("mail", "Within minutes")
    DAILY = "daily", pgettext_lazy("mail", "Once a day")


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: User) -> Self:
        """The user's own notices, without those of accounts that are hidden from them by now."""
        own = self.filter(user=user)
        if sees_all_accounts(user):
            return own
        return own.filter(Q(account=None) | Q(account__in=Account.objects.visible_to(user)))

    def in_page(self) -> Self:
        """Those that the bell counts and the page shows."""
        return self.filter(in_page=True)

    def unread(self) -> Self:
        return self.in_page().filter(read_at=None)

    def to_mail(self, at: datetime) -> Self:
        """Those that should have gone out by e-mail by now, within a week, and have not."""
        return self.filter(mailed_at=None, mail_due_at__lte=at, mail_due_at__gt=at - MAIL_FOR)

    def too_late_to_mail(self, at: datetime) -> Self:
        """Those that were due a week ago or earlier and never went out."""
        return self.filter(mailed_at=None, mail_due_at__lte=at - MAIL_FOR)


class Notification(models.Model):
    """A notice 通知: one cause told to one reader, once. Written by `notifications.services` only.

    Its words are made when it is read, in the reader's language, from `kind` and `data`.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=60)
    cause = models.CharField(max_length=120)  # "event:17", "approvals.request:4:1:0"
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="+")
    data = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)  # "": the page of the account
    at = models.DateTimeField(_("at"), default=timezone.now)
    in_page = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True)
    mail_due_at = models.DateTimeField(null=True)  # null: not by e-mail
    mailed_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "cause"], name="notifications_notification_one_per_cause"
            ),
        ]
        indexes = [
            models.Index(
                fields=["user", "-at", "-id"],
                condition=Q(in_page=True),
                name="notifications_in_page",
            ),
            models.Index(
                fields=["user"],
                condition=Q(in_page=True, read_at=None),
                name="notifications_unread",
            ),
            models.Index(
                fields=["mail_due_at"],
                condition=Q(mailed_at=None, mail_due_at__isnull=False),
                name="notifications_to_mail",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cause}"


class Preference(models.Model):
    """How one person wants to hear of one kind of notice; without a row, as the kind says."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    in_page = models.BooleanField(default=True)
    mail = models.CharField(max_length=5, choices=Mail)

    class Meta:
        verbose_name = _("notification setting")
        verbose_name_plural = _("notification settings")
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="notifications_preference_once"),
            models.CheckConstraint(
                condition=Q(mail__in=Mail.values), name="notifications_preference_mail_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.mail}"
