from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import qualification_rules as rules
from accounts.models.account import Account

if TYPE_CHECKING:
    from staff.models import User

ANSWERS = [(rules.UNKNOWN, _("not known yet")), (rules.YES, _("yes")), (rules.NO, _("no"))]


class QualificationQuerySet(models.QuerySet["Qualification"]):
    def visible_to(self, user: User) -> Self:
        """Qualifications of the visible accounts."""
        return self.filter(account__in=Account.objects.visible_to(user))

    def open(self) -> Self:
        """Those that nobody has decided on."""
        return self.filter(status=Qualification.Status.OPEN)


class Qualification(models.Model):
    """Whether a prospect is worth pursuing 客户资格鉴定: the answers, and what was decided (A8).

    At most one of an account is open; a decided one is kept. Written only by
    `accounts.services.qualification`. `legal`: {point: "yes" or "no"}, yes: in order.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("To be decided")
        ACCEPTED = "accepted", _("Became a customer")
        REJECTED = "rejected", _("Not pursued")

    account = models.ForeignKey(Account, models.CASCADE, related_name="qualifications")
    need = models.CharField(_("Need"), max_length=3, choices=ANSWERS, blank=True)
    need_note = models.TextField(_("what they need"), blank=True)
    money = models.CharField(_("Money"), max_length=3, choices=ANSWERS, blank=True)
    money_note = models.TextField(_("how they can pay"), blank=True)
    authority = models.CharField(_("Authority"), max_length=3, choices=ANSWERS, blank=True)
    authority_note = models.TextField(_("who decides"), blank=True)
    legal = models.JSONField(_("Legal and company restrictions"), default=dict)
    legal_note = models.TextField(_("what was looked up, and where"), blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    reasons = models.TextField(_("reasons for the decision"), blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("begun at"), default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)

    objects = QualificationQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        verbose_name = _("qualification")
        verbose_name_plural = _("qualifications")
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(status="open"), name="accounts_qualification_open"
            ),
            models.CheckConstraint(
                condition=Q(status="open", decided_by=None, decided_at=None, reasons="")
                | (
                    Q(status__in=["accepted", "rejected"])
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(reasons="")
                ),
                name="accounts_qualification_decided_with_reasons",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.get_status_display()}"

    def screening(self) -> rules.Screening:
        """What the answers come to."""
        return rules.screen({name: getattr(self, name) for name in rules.QUESTIONS}, self.legal)
