from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from staff.models import User


class SegmentQuerySet(models.QuerySet["Segment"]):
    def visible_to(self, user: User) -> Self:
        """One's own views and those that others share."""
        return self.filter(Q(owner=user) | Q(is_shared=True))


class Segment(models.Model):
    """A saved view of the account list 客户细分: a name for a combination of filters (A18)."""

    name = models.CharField(_("name"), max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="segments", verbose_name=_("owner")
    )
    is_shared = models.BooleanField(_("shared with everybody"), default=False)
    query = models.CharField(max_length=1000)  # the list's query string, normalised
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="accounts_segment_name",
                violation_error_message=_("You already have a view of this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name
