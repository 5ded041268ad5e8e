"""Figures of accounts that apps above provide, read by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from kam.core import metrics


def net_sales(as_of: date, account_ids: Sequence[int]) -> dict[int, Decimal]:
    """Net sales of the twelve months up to a day, by account id; those without are left out."""
    figures = metrics.values("net_sales", as_of, account_ids)
    return dict(zip(figures.index.tolist(), figures.tolist(), strict=True))
