"""Collections 催收: cases, what was done about them, what was promised."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Contact
from credit.models.party import AMOUNT
from credit.models.receivables import Invoice
from credit.models.triggers import only_added

if TYPE_CHECKING:
    from staff.models import User


class CollectionQuerySet(models.QuerySet):
    account_path: ClassVar[str] = "account"

    def visible_to(self, user: User) -> Self:
        """Of the visible accounts, for who may see credit at all."""
        if not user.has_perm("credit.view_creditparty"):
            return self.none()
        return self.filter(**{f"{self.account_path}__in": Account.objects.visible_to(user)})


class CaseQuerySet(CollectionQuerySet):
    def open(self) -> Self:
        return self.filter(status=CollectionCase.Status.OPEN)


class OfCaseQuerySet(CollectionQuerySet):
    account_path = "case__account"


class CollectionCase(models.Model):
    """An overdue account that somebody collects from 催收个案; at most one is open per account.

    The steps to take follow from the days overdue (docs/policies/credit.md section 10.2);
    `snoozed_until` puts the next one off, that day excluded. `plan` is the
    collection plan 收帐方案.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    class Cause(models.TextChoices):
        OVERDUE = "overdue", _("Overdue")
        HAND = "hand", _("Opened by hand")

    class CloseReason(models.TextChoices):
        SETTLED = "settled", _("Nothing is overdue any more")
        WRITTEN_OFF = "written_off", _("Written off")
        OTHER = "other", _("Other")

    account = models.ForeignKey(Account, models.PROTECT, related_name="collection_cases")
    cause = models.CharField(_("cause"), max_length=10, choices=Cause)
    opened_on = models.DateField(_("opened on"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )  # None: the nightly job
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,  # the account has no manager
        blank=True,
        related_name="collection_cases",
        verbose_name=_("collector"),
    )
    plan = models.TextField(_("collection plan"), blank=True, default="")
    snoozed_until = models.DateField(_("put off until"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=6, choices=Status, default=Status.OPEN)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )  # None: closed by itself
    close_reason = models.CharField(
        _("why it was closed"), max_length=12, choices=CloseReason, blank=True, default=""
    )
    close_note = models.TextField(_("remark"), blank=True, default="")

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_on", "-pk"]
        verbose_name = _("collection case")
        verbose_name_plural = _("collection cases")
        permissions = [("collect", _("Can work on collection cases"))]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(status="open"), name="credit_case_one_open"
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_on=None, close_reason="")
                | (Q(status="closed", closed_on__gte=F("opened_on")) & ~Q(close_reason="")),
                name="credit_case_closed_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.opened_on}"

    def get_absolute_url(self) -> str:
        return reverse("credit:case", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN


class CollectionAction(models.Model):
    """What was done to get the money, and what came of it. Only ever added (trigger).

    `kind` is the action of a dunning step, or one done beside the steps. A letter keeps its text.
    """

    class Kind(models.TextChoices):
        REMINDER = "reminder", _("Reminder")  # 提醒
        CALL = "call", _("Call")  # 电话
        LETTER = "letter", _("Letter")  # 催款函
        VISIT = "visit", _("Visit")  # 上门
        FORMAL_DEMAND = "formal_demand", _("Formal demand")  # 律师函
        LEGAL = "legal", _("Legal action")  # 诉讼

    class Outcome(models.TextChoices):
        REACHED = "reached", _("Reached")
        NOT_REACHED = "not_reached", _("Not reached")
        PROMISED = "promised", _("Promised to pay")
        DISPUTED = "disputed", _("Disputes the debt")
        REFUSED = "refused", _("Refuses to pay")
        SENT = "sent", _("Sent")

    # A claim for payment that can be proved: the limitation begins anew (section 8.6).
    PROVABLE: ClassVar[tuple[str, ...]] = (Kind.LETTER, Kind.FORMAL_DEMAND)

    case = models.ForeignKey(CollectionCase, models.PROTECT, related_name="actions")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    done_on = models.DateField(_("done on"))
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, verbose_name=_("contact"), related_name="+"
    )
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True, default="")
    note = models.TextField(_("note"), blank=True, default="")
    letter = models.TextField(_("text of the letter"), blank=True, default="")
    invoices = models.ManyToManyField(
        Invoice, blank=True, related_name="collection_actions", verbose_name=_("invoices")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        ordering = ["-done_on", "-pk"]
        verbose_name = _("collection step")
        verbose_name_plural = _("collection steps")
        triggers = only_added("contact")
        indexes = [models.Index(fields=["case", "-done_on", "-id"], name="credit_action_case")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.done_on}"


class PromiseQuerySet(OfCaseQuerySet):
    def standing(self) -> Self:
        """All but those that were withdrawn."""
        return self.exclude(status=PaymentPromise.Status.WITHDRAWN)


class PaymentPromise(models.Model):
    """A promise to pay 付款承诺: what was promised stays; whether it was kept is worked out.

    Without invoices every payment of the account counts towards it; with invoices what settles
    them. `decided_on`: the day it was found kept or broken, or withdrawn as recorded in error.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        KEPT = "kept", _("Kept")
        BROKEN = "broken", _("Broken")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    case = models.ForeignKey(CollectionCase, models.PROTECT, related_name="promises")
    amount = models.DecimalField(_("amount"), **AMOUNT)
    made_on = models.DateField(_("made on"))
    pay_by = models.DateField(_("pay by"))
    contact = models.ForeignKey(
        Contact,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("made by"),
        related_name="+",
    )
    invoices = models.ManyToManyField(
        Invoice, blank=True, related_name="promises", verbose_name=_("invoices")
    )
    note = models.TextField(_("note"), blank=True, default="")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.OPEN)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering = ["-pay_by", "-pk"]
        verbose_name = _("promise to pay")
        verbose_name_plural = _("promises to pay")
        triggers = [
            pgtrigger.ReadOnly(
                name="stays_as_given",
                fields=["amount", "made_on", "pay_by", "note", "recorded_by"],
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="credit_promise_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(pay_by__gte=F("made_on")), name="credit_promise_after_made"
            ),
            models.CheckConstraint(
                condition=Q(status="open", decided_on=None)
                | Q(status__in=["kept", "broken", "withdrawn"], decided_on__isnull=False),
                name="credit_promise_decided",
            ),
        ]
        indexes = [
            models.Index(fields=["pay_by"], condition=Q(status="open"), name="credit_promise_open")
        ]

    def __str__(self) -> str:
        return f"{self.amount:.2f} {self.pay_by}"
