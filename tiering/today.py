"""What waits for an account manager in tiering: designations that end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account
from kam.core.today import LIMIT, Item, Kind, register
from tiering.models import Designation

if TYPE_CHECKING:
    from staff.models import User

TOLD_DAYS = 30  # before the last day


def ending_designations(user: User, now: datetime) -> Iterator[Item]:
    """Designations that end within 30 days and that nothing follows, the next to end first."""
    today = timezone.localdate(now)
    later = Designation.objects.filter(
        account=OuterRef("account"),
        status__in=[Designation.Status.PROPOSED, Designation.Status.APPROVED],
        revoked_on=None,
        expires_on__gt=OuterRef("expires_on"),
    )
    rows = Designation.objects.in_force(today).filter(
        ~Exists(later),
        account__in=Account.objects.in_care_of(user),
        expires_on__lte=today + timedelta(days=TOLD_DAYS),
    )
    for row in rows.select_related("account").order_by("expires_on", "pk")[:LIMIT]:
        days = (row.expires_on - today).days
        yield Item(
            key=f"tiering.designation:{row.pk}",
            title=_("Designation as %(tier)s ends") % {"tier": row.get_tier_display()},
            reason=ngettext(
                "Ends in %(days)d day, and nothing follows it.",
                "Ends in %(days)d days, and nothing follows it.",
                days,
            )
            % {"days": days}
            if days
            else _("Today is its last day, and nothing follows it."),
            url=row.account.get_absolute_url(),
            urgency=75 - days,
            due=row.expires_on,
            account_number=row.account.account_number,
            account_name=row.account.short_name or row.account.name,
            may_tick=True,
        )


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    register(
        Kind(
            key="tiering.designation",
            label=gettext_lazy("Designations that end"),
            icon="award",
            provide=ending_designations,
            permission="tiering.propose_designation",
        )
    )
