"""Addresses that want no mailings 退订."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import OptOut
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def opt_out(email: str, *, via: str, actor: User | None) -> OptOut:
    """Send no mailings to this address from now on; actor: None when its owner said so."""
    row, created = OptOut.objects.get_or_create(
        email_key=email.strip().lower(),
        ended_at=None,
        defaults={"via": via, "entered_by": actor},
    )
    if created:
        audit.record(row, "accounts.optout_entered", actor=actor)
    return row


@transaction.atomic
def opt_in(email: str, *, actor: User | None) -> None:
    """The owner of the address wants mailings again; actor: None when they said so by the link.

    Refused: owner_only (who opted out by the link comes back by the link).
    """
    rows = OptOut.objects.select_for_update(of=("self",))
    for row in rows.filter(email_key=email.strip().lower(), ended_at=None):
        if actor and row.via == OptOut.Via.LINK:
            message = _("They opted out themselves: only they can come back, by their link.")
            raise RuleViolation("owner_only", message)
        row.ended_at = timezone.now()
        row.save(update_fields=["ended_at"])
        audit.record(row, "accounts.optout_ended", actor=actor)


def is_out(email: str) -> bool:
    return OptOut.objects.filter(email_key=email.strip().lower(), ended_at=None).exists()


def carry_over(before: str, after: str) -> None:
    """A person's address changed: who wanted no mailings there wants none here."""
    if before and after and before.lower() != after.lower() and is_out(before):
        opt_out(after, via=OptOut.Via.TOLD, actor=None)
