"""The figures of accounts that the ledger knows; registered when the app is ready."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
from django.utils.translation import gettext_lazy as _

from kam.core.metrics import DAYS, Metric, register
from sales import queries
from sales.rules import year_before


def _series(figures: Mapping[int, Any]) -> pd.Series:
    return pd.Series(figures, dtype=object)


def _window(as_of: date) -> tuple[date, date]:
    """The twelve months ending with `as_of`, first and last day."""
    return year_before(as_of) + timedelta(days=1), as_of


def _net_sales(as_of: date, account_ids: Sequence[int]) -> pd.Series:
    return _series(queries.net_sales(account_ids, *_window(as_of)))


def _purchases(as_of: date, account_ids: Sequence[int]) -> pd.Series:
    return _series(queries.purchases(account_ids, *_window(as_of)))


def _days_since_purchase(as_of: date, account_ids: Sequence[int]) -> pd.Series:
    last = queries.last_purchases(account_ids, as_of)
    return _series({pk: (as_of - day).days for pk, day in last.items()})


def _late_orders(as_of: date, account_ids: Sequence[int]) -> pd.Series:
    return _series(queries.late_orders(account_ids, *_window(as_of)))


METRICS = [
    Metric(
        name="net_sales",
        label=_("12-month net sales"),
        unit=_("reporting currency"),
        better="high",
        values=_net_sales,
    ),
    Metric(
        name="purchases",
        label=_("Purchases in 12 months"),
        unit=_("orders"),
        better="high",
        values=_purchases,
    ),
    Metric(
        name="days_since_purchase",
        label=_("Days since the last purchase"),
        unit=DAYS,
        better="low",
        values=_days_since_purchase,
    ),
    Metric(
        name="late_orders",
        label=_("Late orders in 12 months"),
        unit=_("orders"),
        better="low",
        values=_late_orders,
    ),
]


def register_all() -> None:
    for metric in METRICS:
        register(metric)
