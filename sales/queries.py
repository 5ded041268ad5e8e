"""Figures read from the ledger. Windows include both their days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncMonth

from sales.models import Order
from sales.rules import months_up_to

PURCHASE = {"net_amount__gt": 0}  # what counts as a purchase: a return does not


def net_sales(account_ids: Sequence[int], since: date, until: date) -> dict[int, Decimal]:
    """Net sales of accounts, returns included; accounts without orders are left out.

    Reads the covering index only.
    """
    return dict(
        Order.objects.counted()
        .filter(account__in=account_ids, ordered_on__range=(since, until))
        .order_by()
        .values_list("account")
        .annotate(net_sales=Sum("net_amount"))
    )


def company_net_sales(since: date, until: date) -> Decimal:
    """Net sales of the company, walk-in sales included."""
    orders = Order.objects.counted().filter(ordered_on__range=(since, until))
    return orders.aggregate(net_sales=Sum("net_amount"))["net_sales"] or Decimal(0)


def monthly_net_sales(
    account_id: int, until: date, months: int = 24
) -> list[tuple[date, Decimal, int]]:
    """(first of the month, net sales, orders) of the months up to that of `until`, oldest first."""
    firsts = months_up_to(until, months)
    rows = (
        Order.objects.counted()
        .filter(account=account_id, ordered_on__range=(firsts[0], until))
        .order_by()
        .annotate(month=TruncMonth("ordered_on"))
        .values_list("month")
        .annotate(net_sales=Sum("net_amount"), orders=Count("pk"))
    )
    known = {month: (amount, orders) for month, amount, orders in rows}
    return [(first, *known.get(first, (Decimal(0), 0))) for first in firsts]


def last_purchases(account_ids: Sequence[int], until: date) -> dict[int, date]:
    """The day of the last purchase of accounts up to a day."""
    return dict(
        Order.objects.counted()
        .filter(account__in=account_ids, ordered_on__lte=until, **PURCHASE)
        .order_by()
        .values_list("account")
        .annotate(last=Max("ordered_on"))
    )


def purchases(account_ids: Sequence[int], since: date, until: date) -> dict[int, int]:
    """How many purchases accounts made."""
    return dict(
        Order.objects.counted()
        .filter(account__in=account_ids, ordered_on__range=(since, until), **PURCHASE)
        .order_by()
        .values_list("account")
        .annotate(purchases=Count("pk"))
    )


def late_orders(account_ids: Sequence[int], since: date, until: date) -> dict[int, int]:
    """How many orders of accounts came late, or are late on the last day (B2)."""
    return dict(
        Order.objects.late(until)
        .filter(account__in=account_ids, ordered_on__range=(since, until))
        .order_by()
        .values_list("account")
        .annotate(late=Count("pk"))
    )
