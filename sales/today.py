"""What waits for an account manager in the ledger: orders that are late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account
from kam.core.today import LIMIT, Item, Kind, register
from sales.models import Order

if TYPE_CHECKING:
    from staff.models import User


def late_deliveries(user: User, now: datetime) -> Iterator[Item]:
    """Open orders past the promised day (B2), the longest overdue first."""
    today = timezone.localdate(now)
    rows = Order.objects.late(today).filter(
        status=Order.Status.OPEN, account__in=Account.objects.in_care_of(user)
    )
    for order in rows.select_related("account").order_by("promised_on", "pk")[:LIMIT]:
        account = order.account
        if account is None:  # a walk-in sale is in nobody's care
            continue
        days = order.days_late(today)
        yield Item(
            key=f"sales.late:{order.pk}",
            title=_("Order %(number)s is late") % {"number": order.order_number},
            reason=ngettext(
                "Promised for %(day)s: %(days)d day late.",
                "Promised for %(day)s: %(days)d days late.",
                days,
            )
            % {"day": order.promised_on, "days": days},
            url=order.get_absolute_url(),
            urgency=min(100, 80 + days),
            due=order.promised_on,
            account_number=account.account_number,
            account_name=account.short_name or account.name,
        )


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    register(
        Kind(
            key="sales.late",
            label=gettext_lazy("Late deliveries"),
            icon="truck-delivery",
            provide=late_deliveries,
            permission="sales.view_order",
            goes=gettext_lazy("Goes when the order is delivered or gets another day."),
        )
    )
