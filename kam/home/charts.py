"""The dashboard's charts: labels in the reader's language, every point with its records."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from kam.core.charts import Chart, money, percent
from kam.home.queries import SalesTrend
from tiering.queries import AccountRow


def pareto(rows: Sequence[AccountRow], total: Decimal) -> Chart:
    """Net sales of the top accounts and their cumulative share of `total`."""
    sums = list(accumulate(row.net_sales for row in rows))
    shares = [cumulative / total if total > 0 else Decimal(0) for cumulative in sums]
    points = [
        {
            "name": row.account.short_name or row.account.name,
            "title": row.account.name,
            "value": float(row.net_sales),
            "cumulative": float(share),
            "tier": row.tier,
            "url": row.account.get_absolute_url(),
            "lines": [
                f"{_('Net sales')} {money(row.net_sales)}",
                f"{_('Cumulative share')} {percent(share)}",
            ],
        }
        for row, share in zip(rows, shares, strict=True)
    ]
    return Chart(
        kind="pareto",
        source="pareto",
        label=_("Net sales of the top accounts and their cumulative share"),
        data={
            "points": points,
            "bars": _("Net sales"),
            "line": _("Cumulative share"),
            "marks": [{"at": 0.8, "name": "80 %"}],
        },
        head=[_("Account"), _("Net sales"), _("Cumulative share")],
        rows=[
            (row.account.get_absolute_url(), [row.account.name, money(row.net_sales), percent(s)])
            for row, s in zip(rows, shares, strict=True)
        ],
    )


def trend(sales: SalesTrend) -> Chart:
    """Twelve months of net sales, each beside the same month of the year before."""
    before, now = sales.months[:12], sales.months[12:]
    return Chart(
        kind="monthly",
        source="sales-trend",
        label=_("Net sales by month, beside the year before"),
        data={
            "series": [
                {"name": _("The year before"), "points": _month_points(before)},
                {"name": _("Last 12 months"), "points": _month_points(now)},
            ]
        },
        head=[_("Month"), _("Net sales"), _("The year before")],
        rows=[
            (_orders_of(month), [f"{month:%Y-%m}", money(value), money(earlier)])
            for (month, value), (_month, earlier) in zip(now, before, strict=True)
        ],
    )


def _month_points(months: Sequence[tuple[date, Decimal]]) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{month:%m}",
            "title": f"{month:%Y-%m}",
            "value": float(value),
            "lines": [f"{_('Net sales')} {money(value)}"],
            "url": _orders_of(month),
        }
        for month, value in months
    ]


def _orders_of(month: date) -> str:
    """The list of the orders of one month."""
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    until = date.fromordinal(following.toordinal() - 1)
    return f"{reverse('sales:orders')}?{urlencode({'since': month, 'until': until})}"
