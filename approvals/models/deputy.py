from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kam.core import once

if TYPE_CHECKING:
    from staff.models import User


class DeputyQuerySet(models.QuerySet["Deputy"]):
    def in_force(self, on: date) -> Self:
        """Deputies whose span holds this day."""
        return self.filter(since__lte=on, until__gt=on)


class Deputy(models.Model):
    """Who signs for somebody who is away 代理人, on the days [since, until)."""

    principal = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("principal")
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("deputy")
    )
    since = models.DateField(_("from"))
    until = models.DateField(_("until"))

    objects = DeputyQuerySet.as_manager()

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = _("deputy")
        verbose_name_plural = _("deputies")
        constraints = [
            models.CheckConstraint(
                condition=~Q(principal=F("deputy")), name="approvals_deputy_is_another"
            ),
            models.CheckConstraint(
                condition=Q(until__gte=F("since")), name="approvals_deputy_span"
            ),
        ]
        indexes = [models.Index(fields=["deputy", "until"], name="approvals_deputy_span_idx")]

    def __str__(self) -> str:
        return f"{self.deputy} → {self.principal}"


def voices_of(user: User) -> dict[int, frozenset[str]]:
    """Whom this user signs for today, themselves first, each with their roles. Two queries."""
    return once.read(("voices", user.pk), lambda: _voices_of(user))


def _voices_of(user: User) -> dict[int, frozenset[str]]:
    deputised = Deputy.objects.in_force(timezone.localdate()).filter(
        deputy=user, principal__is_active=True
    )
    roles: dict[int, set[str]] = {user.pk: set(user.groups.values_list("name", flat=True))}
    for principal, role in deputised.values_list("principal", "principal__groups__name"):
        roles.setdefault(principal, set())
        if role:
            roles[principal].add(role)
    return {voice: frozenset(names) for voice, names in roles.items()}
