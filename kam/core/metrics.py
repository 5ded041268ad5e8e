"""Figures of accounts, registered by the apps that know them and read by name.

So a lower app, a list, a scorecard or the API shows a figure without importing who computes it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SHARE, DAYS = _("share"), _("days")  # units in which pages say figures in words of their own


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One figure per account. `values` takes a day and account ids, runs one grouped query and
    gives a Series by account id; accounts without the figure are left out."""

    name: str
    label: str | Promise
    unit: str | Promise
    better: Literal["high", "low"]
    values: Callable[[date, Sequence[int]], pd.Series]

    @property
    def is_share(self) -> bool:
        return self.unit is SHARE

    @property
    def is_in_days(self) -> bool:
        return self.unit is DAYS


_registered: dict[str, Metric] = {}


def register(metric: Metric) -> None:
    """Make a metric known; a name is taken once."""
    if _registered.setdefault(metric.name, metric) is not metric:
        raise ValueError(f"there is a metric {metric.name} already")


def registered() -> dict[str, Metric]:
    """All metrics by name."""
    return dict(_registered)


def values(name: str, as_of: date, account_ids: Sequence[int]) -> pd.Series:
    """The figure `name` of these accounts on a day; empty when no app knows it."""
    metric = _registered.get(name)
    if metric is None or not account_ids:
        return pd.Series(dtype=object)
    return metric.values(as_of, account_ids)
