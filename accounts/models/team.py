from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class ServiceMember(models.Model):
    """Somebody who serves a key account 一对一服务 beside its one responsible manager (A9)."""

    class Role(models.TextChoices):
        SALES = "sales", _("Sales")
        TECHNICAL = "technical", _("Technical support")
        SERVICE = "service", _("Customer service")
        LOGISTICS = "logistics", _("Logistics")
        FINANCE = "finance", _("Finance")
        SPONSOR = "sponsor", _("Executive sponsor")

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="service_team")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="service_memberships",
        verbose_name=_("member"),
    )
    role = models.CharField(_("role"), max_length=12, choices=Role)
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        ordering = ["role", "pk"]
        verbose_name = _("service team member")
        verbose_name_plural = _("service team")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "user", "role"],
                condition=Q(until=None),
                name="accounts_servicemember_once",
                violation_error_message=_("This person already has this role here."),
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")),
                name="accounts_servicemember_span",
            ),
        ]
        indexes = [
            models.Index(fields=["user"], name="accounts_member_now", condition=Q(until=None))
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"
