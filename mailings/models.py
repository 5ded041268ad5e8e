from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Account, BuyingRole, Contact

if TYPE_CHECKING:
    from staff.models import User


class MailingQuerySet(models.QuerySet["Mailing"]):
    def visible_to(self, user: User) -> Self:
        """One's own mailings; all of them with `mailings.view_all_mailings`."""
        if user.has_perm("mailings.view_all_mailings"):
            return self
        return self.filter(created_by=user)


class Mailing(models.Model):
    """A notice to the contacts of some customers 信息推送: product and policy news (F5).

    While it is a draft its recipients are worked out anew each time; starting it writes one
    `Delivery` for each of them.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SENDING = "sending", _("Being sent")
        STOPPED = "stopped", _("Stopped")
        SENT = "sent", _("Sent")

    subject = models.CharField(_("subject"), max_length=150)
    body = models.TextField(_("text"))
    query = models.CharField(_("customers"), max_length=1000, blank=True)  # of the account list
    segment_name = models.CharField(_("segment"), max_length=60, blank=True)
    buying_roles = ArrayField(
        models.CharField(max_length=15, choices=BuyingRole), default=list, blank=True
    )  # empty: all
    main_only = models.BooleanField(_("main contacts only"), default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.DRAFT)
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = MailingQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        permissions = [
            ("send_mailing", _("Can write and send mailings")),
            ("view_all_mailings", _("Can see everybody's mailings and stop them")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="draft", started_at=None)
                | (~Q(status="draft") & Q(started_at__isnull=False)),
                name="mailings_started_or_draft",
            )
        ]
        indexes = [
            models.Index(
                fields=["started_at"],
                name="mailings_under_way",
                condition=Q(status="sending"),
            )
        ]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        return reverse("mailings:mailing", args=[self.pk])

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    def role_labels(self) -> list[str]:
        labels = dict(BuyingRole.choices)
        return [str(labels[role]) for role in self.buying_roles if role in labels]


class Delivery(models.Model):
    """A mailing to one address: at most one of each, begun by whoever claims it first.

    `sending` is written before the letter is handed over and `sent` after it: a worker that dies
    in between leaves it `sending`, then `unclear`, and never sent twice by itself.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        UNCLEAR = "unclear", _("Unclear whether it arrived")
        LEFT_OUT = "left_out", _("Left out")

    OPEN = (Status.WAITING, Status.SENDING)

    mailing = models.ForeignKey(Mailing, models.CASCADE, related_name="deliveries")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="+")
    account = models.ForeignKey(Account, models.CASCADE, related_name="mailings")
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=60)
    email = models.EmailField(_("e-mail"))
    email_key = models.CharField(max_length=254)  # in lower case: one letter for one address
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    try_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    error = models.CharField(_("what went wrong"), max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["mailing", "email_key"], name="mailings_one_letter"),
            models.CheckConstraint(
                condition=(Q(status="sent") & Q(sent_at__isnull=False))
                | (~Q(status="sent") & Q(sent_at=None)),
                name="mailings_sent_when",
            ),
        ]
        indexes = [
            models.Index(fields=["mailing", "status", "id"], name="mailings_by_status"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="what_was_sent_stays",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__status="sent"),
            ),
            pgtrigger.ReadOnly(name="letters_keep_their_address", fields=["mailing", "email_key"]),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
