from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.account import Account

# What of a contact is a trade secret (A11): read by the service team, by others once opened.
SECRET_FIELDS = (
    "phone",
    "mobile",
    "email",
    "wechat",
    "birthday",
    "interests",
    "education",
    "experience",
    "notes",
)
OPEN_FOR = timedelta(hours=1)  # an opening holds for its reader; docs/policies/trade-secrets.md

if TYPE_CHECKING:
    from staff.models import User


class BuyingRole(models.TextChoices):
    """What part a contact plays in the customer's decision to buy (A5)."""

    USER = "user", _("User")
    INFLUENCER = "influencer", _("Influencer")
    DECISION_MAKER = "decision_maker", _("Decision maker")
    APPROVER = "approver", _("Approver")
    BUYER = "buyer", _("Buyer")
    GATEKEEPER = "gatekeeper", _("Gatekeeper")


class Attitude(models.TextChoices):
    """Where a contact stands towards us."""

    CHAMPION = "champion", _("Champion")
    SUPPORTER = "supporter", _("Supporter")
    NEUTRAL = "neutral", _("Neutral")
    SCEPTIC = "sceptic", _("Sceptic")
    OPPONENT = "opponent", _("Opponent")


class Influence(models.TextChoices):
    """How much a contact weighs in the customer's decision."""

    HIGH = "high", pgettext_lazy("of influence", "High")
    MEDIUM = "medium", pgettext_lazy("of influence", "Medium")
    LOW = "low", pgettext_lazy("of influence", "Low")


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, user: User) -> Self:
        """Contacts of the visible accounts; none without `accounts.view_contact` (researchers)."""
        if not (user.is_service or user.has_perm("accounts.view_contact")):
            return self.none()
        return self.filter(account__in=Account.objects.visible_to(user))

    def read_by(self, user: User, *, opened: bool = False) -> Self:
        """The visible contacts with `is_masked`: whether this reader may not see SECRET_FIELDS.

        In the clear for who serves the account, and for who opened the contact within the hour;
        a service user reads them only with a scope of its own (`opened`).
        Source: docs/policies/trade-secrets.md section 1.
        """
        written_off = OptOut.objects.filter(email_key=Lower(OuterRef("email")), ended_at=None)
        return self.visible_to(user).annotate(
            is_masked=Value(value=False) if opened else self._masked_for(user),
            no_mailings=Exists(written_off),
        )

    @staticmethod
    def _masked_for(user: User) -> ExpressionWrapper[Any]:
        since = timezone.now() - OPEN_FOR
        opening = ContactOpening.objects.filter(contact=OuterRef("pk"), user=user, at__gte=since)
        served = Q(account__in=Account.objects.served_by(user))
        return ExpressionWrapper(~(served | Exists(opening)), output_field=BooleanField())


class ContactOpeningQuerySet(models.QuerySet["ContactOpening"]):
    def visible_to(self, user: User) -> Self:
        """Openings at the visible accounts."""
        return self.filter(account__in=Account.objects.visible_to(user))


@pghistory.track(
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["updated_at"],
    model_name="ContactHistory",
    obj_field=pghistory.ObjForeignKey(related_name="history"),
)
class Contact(models.Model):
    """A person at the customer, with personal details and buying role (A5)."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="contacts")
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=60)
    position = models.CharField(_("position"), max_length=60, blank=True)
    department = models.CharField(_("department"), max_length=60, blank=True)
    buying_role = models.CharField(_("buying role"), max_length=15, choices=BuyingRole, blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    mobile = models.CharField(_("mobile"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    wechat = models.CharField(_("WeChat"), max_length=60, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    interests = models.CharField(_("interests"), max_length=200, blank=True)
    education = models.CharField(_("education"), max_length=200, blank=True)
    experience = models.TextField(_("experience"), blank=True)
    notes = models.TextField(_("notes"), blank=True)
    # --- the buying centre: where they stand, what they weigh, who of ours knows them
    attitude = models.CharField(_("attitude"), max_length=10, choices=Attitude, blank=True)
    influence = models.CharField(_("influence"), max_length=6, choices=Influence, blank=True)
    counterpart = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="counterparts",
        verbose_name=_("our contact person"),
    )
    last_touch_on = models.DateField(_("last touch"), null=True, blank=True)
    is_primary = models.BooleanField(_("main contact"), default=False)
    has_left = models.BooleanField(_("has left the company"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # --- of `read_by`
    is_masked: bool
    no_mailings: bool

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["has_left", "-is_primary", "name", "pk"]
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")

    def __str__(self) -> str:
        return self.name


class ContactOpening(models.Model):
    """Somebody outside the service team opened a contact's details, and why. Append-only."""

    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="openings")
    contact_name = models.CharField(pgettext_lazy("of a person", "name"), max_length=60)
    account = models.ForeignKey(Account, models.CASCADE, related_name="contact_openings")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("opened by")
    )
    at = models.DateTimeField(_("opened at"), default=timezone.now)
    reason = models.CharField(_("reason"), max_length=500)

    objects = ContactOpeningQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("opening of contact details")
        verbose_name_plural = _("openings of contact details")
        indexes = [
            models.Index(fields=["-at", "-id"], name="accounts_opening_at"),
            models.Index(fields=["contact", "user", "-at"], name="accounts_opening_holds"),
        ]
        triggers = [
            pgtrigger.Protect(name="openings_stay", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="openings_are_never_changed", fields=["user", "at", "reason", "contact_name"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.user}"


class OptOut(models.Model):
    """An address that wants no mailings 退订. Whoever writes to many contacts leaves it out."""

    class Via(models.TextChoices):
        LINK = "link", _("By the link in a mailing")
        TOLD = "told", _("Told us")

    email_key = models.CharField(max_length=254)  # the address in lower case
    via = models.CharField(_("told how"), max_length=4, choices=Via)
    at = models.DateTimeField(_("since"), default=timezone.now)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        constraints = [
            models.UniqueConstraint(
                fields=["email_key"], condition=Q(ended_at=None), name="accounts_optout_once"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"  # the audit trail is read by who may not see addresses
