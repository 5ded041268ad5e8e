from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.account import Account

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


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, user: User) -> Self:
        """Contacts of the visible accounts; none without `accounts.view_contact` (researchers)."""
        if not (user.is_service or user.has_perm("accounts.view_contact")):
            return self.none()
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
    is_primary = models.BooleanField(_("main contact"), default=False)
    has_left = models.BooleanField(_("has left the company"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["has_left", "-is_primary", "name", "pk"]
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")

    def __str__(self) -> str:
        return self.name
