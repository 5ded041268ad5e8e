"""The charts of the tiers page: labels in the reader's language, every point with its records."""

from collections.abc import Sequence
from decimal import Decimal

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from kam.core.charts import Chart, money, percent
from tiering.models import TierPolicy
from tiering.queries import CurvePoint, TierTotal


def pyramid(totals: Sequence[TierTotal]) -> Chart:
    """The pyramid of accounts 客户金字塔 beside the inverted one of their net sales."""
    accounts = sum(tier.accounts for tier in totals)
    sales = sum((tier.net_sales for tier in totals), Decimal(0))
    layers, rows = [], []
    for tier in totals:
        of_accounts = tier.accounts / accounts if accounts else 0.0
        of_sales = float(max(tier.net_sales, Decimal(0)) / sales) if sales > 0 else 0.0
        url = f"{reverse('accounts:list')}?tier={tier.code}"
        count = number_format(tier.accounts, force_grouping=True)
        lines = [
            f"{_('Accounts')} {count} ({percent(of_accounts, 1)})",
            f"{_('Net sales')} {money(tier.net_sales)} ({percent(tier.share, 1)})",
        ]
        point = {"name": tier.label, "lines": lines, "url": url}
        layers.append(
            {
                "tier": tier.code,
                "name": tier.label,
                "count": point | {"value": of_accounts, "short": count},
                "sales": point | {"value": of_sales, "short": percent(tier.share, 1)},
            }
        )
        rows.append((url, [tier.label, count, money(tier.net_sales), percent(tier.share)]))
    return Chart(
        kind="pyramid",
        source="pyramid",
        label=_("Number of accounts and net sales by tier"),
        data={"count": _("Accounts"), "sales": _("Net sales"), "layers": layers},
        head=[_("Tier"), _("Accounts"), _("Net sales"), _("Share of the company")],
        rows=rows,
    )


def curve(points: Sequence[CurvePoint], policy: TierPolicy) -> Chart:
    """The 80/20 curve: which share of the accounts brings which share of net sales (C7)."""
    return Chart(
        kind="curve",
        source="curve",
        label=_("Cumulative share of net sales by share of accounts"),
        data={
            "points": [
                {
                    "name": number_format(point.accounts, force_grouping=True),
                    "title": _("The first %(accounts)s accounts")
                    % {"accounts": number_format(point.accounts, force_grouping=True)},
                    "value": [point.account_share, point.sales_share],
                    "lines": [
                        f"{_('Share of accounts')} {percent(point.account_share)}",
                        f"{_('Share of net sales')} {percent(point.sales_share)}",
                    ],
                }
                for point in points
            ],
            "x": _("Share of accounts"),
            "y": _("Share of net sales"),
            "marks": [
                {"at": float(policy.abc_a_share), "name": f"A {percent(policy.abc_a_share, 0)}"},
                {"at": float(policy.abc_b_share), "name": f"B {percent(policy.abc_b_share, 0)}"},
            ],
        },
        head=[_("Accounts"), _("Share of accounts"), _("Share of net sales")],
        rows=[
            (
                "",
                [
                    number_format(point.accounts, force_grouping=True),
                    percent(point.account_share),
                    percent(point.sales_share),
                ],
            )
            for point in points[:: max(len(points) // 20, 1)]
        ],
    )
