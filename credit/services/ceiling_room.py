"""Room under the ceiling on receivables 应收账款总量 that one customer frees for another."""

from __future__ import annotations

from django.utils import timezone

from credit.models import Decision, OrderCredit
from credit.queries.ceiling import company_headroom
from credit.queries.held_orders import reasons_now
from credit.services import orders
from sales.models import Order


def use() -> list[str]:
    """Let go the orders on hold that fit since another customer owes less, the oldest hold first.

    Looked at without a lock; only accounts with an order that fits are locked, one after the
    other, so nobody who pays waits for it. Returns the numbers of the orders that changed.
    Source: docs/policies/credit.md section 6.3.
    """
    room = company_headroom(timezone.localdate(), to_decide=False)
    if room is None or room <= 0:
        return []
    held = OrderCredit.objects.filter(status=Order.CreditStatus.HELD, uninvoiced__lte=room)
    rows = list(held.order_by("held_since", "pk"))
    reasons = reasons_now(rows)
    changed: list[str] = []
    for account_id in dict.fromkeys(row.account_id for row in rows if not reasons[row.order_id]):
        changed += orders.look_again({account_id}, cause=Decision.Cause.CEILING)
    return changed
