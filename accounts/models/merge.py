from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account


class AccountMerge(models.Model):
    """Two archives found to be one customer: what moved where, so that it can be undone (A21)."""

    moves_on_merge = False

    survivor = models.ForeignKey(Account, models.PROTECT, related_name="merges_kept")
    absorbed = models.ForeignKey(Account, models.PROTECT, related_name="merges_absorbed")
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    merged_at = models.DateTimeField(_("merged at"), auto_now_add=True)
    reason = models.TextField(_("reason"), blank=True)
    moved = models.JSONField(default=dict)  # {"sales.Order.account": [pk, …], …}
    left = models.JSONField(default=dict)  # the same of what the survivor has already: it stays
    filled = models.JSONField(
        default=dict
    )  # {"phone": ["", "021-…"]}: survivor's fields that changed
    demoted = models.JSONField(default=list)  # contacts that were main ones: there is one
    dismissals = models.JSONField(default=list)  # pairs called different, for the survivor too
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(_("undone at"), null=True)

    class Meta:
        ordering = ["-merged_at", "-pk"]
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        constraints = [
            models.CheckConstraint(
                condition=~Q(survivor=F("absorbed")), name="accounts_merge_two_accounts"
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="accounts_merge_undone_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.absorbed} → {self.survivor}"

    def undo_first(self) -> AccountMerge | None:
        """The latest merge that stands and came later to the same survivor: it is undone first."""
        return (
            AccountMerge.objects.filter(
                Q(survivor=self.survivor_id) | Q(absorbed=self.survivor_id),
                pk__gt=self.pk,
                undone_at=None,
            )
            .select_related("survivor", "absorbed")
            .first()
        )


class DuplicateDismissal(models.Model):
    """Two accounts that look alike but are two customers: not to be suggested again."""

    moves_on_merge = False

    first = models.ForeignKey(Account, models.CASCADE, related_name="+")
    second = models.ForeignKey(Account, models.CASCADE, related_name="+")
    dismissed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    dismissed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="accounts_dismissal_ordered"
            ),
            models.UniqueConstraint(fields=["first", "second"], name="accounts_dismissal_once"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ≠ {self.second_id}"
