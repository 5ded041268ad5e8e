"""Statements of account 对账单 that were sent, and what the customer said to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Attachment
from credit.models.party import AMOUNT
from credit.models.receivables import DocumentQuerySet


class Statement(models.Model):
    """One statement that was sent; a confirmed one acknowledges the debt up to its last day.

    From that day the limitation begins anew (docs/policies/credit.md section 8.6).
    """

    class Outcome(models.TextChoices):
        SENT = "sent", _("Awaiting an answer")
        CONFIRMED = "confirmed", _("Confirmed")
        DISPUTED = "disputed", _("Disputed")

    account = models.ForeignKey(
        Account, models.PROTECT, related_name="statements", verbose_name=_("account")
    )
    since = models.DateField(_("from"))
    until = models.DateField(_("to"))
    balance = models.DecimalField(_("balance"), **AMOUNT)  # on its last day, as it was sent
    sent_on = models.DateField(_("sent on"))
    sent_to = models.CharField(_("sent to"), max_length=200)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("sent by")
    )
    outcome = models.CharField(_("answer"), max_length=10, choices=Outcome, default=Outcome.SENT)
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=100, blank=True, default="")
    note = models.TextField(_("remark"), blank=True, default="")
    attachment = models.ForeignKey(
        Attachment,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("file"),
    )  # the signed copy, in the account's archive
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-sent_on", "-pk"]
        verbose_name = _("statement of account")
        verbose_name_plural = _("statements of account")
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gte=F("since")), name="credit_statement_period_ascends"
            ),
            models.CheckConstraint(
                condition=Q(outcome="sent", answered_on=None)
                | Q(outcome__in=["confirmed", "disputed"], answered_on__gte=F("sent_on")),
                name="credit_statement_answered_after_sent",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-sent_on", "-id"], name="credit_statement_account")
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.until}"
