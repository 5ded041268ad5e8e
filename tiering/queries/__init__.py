"""Reads of tiering: what one account was on a day, and the company's picture of a run."""

from tiering.queries.account_state import (
    AccountState,
    default_as_of,
    standing_for,
    state_on,
    tier_history,
)
from tiering.queries.figures import Figures, company_net_sales, ledger_figures, monthly_net_sales
from tiering.queries.overview import (
    AccountRow,
    CurvePoint,
    Mover,
    TierTotal,
    abc_totals,
    accounts_in_cell,
    accounts_in_segment,
    month_before,
    movers,
    moves,
    newest_run,
    rfm_heat_map,
    sales_curve,
    segment_counts,
    tier_totals,
    top_accounts,
)
from tiering.queries.preview import PolicyEffect, preview_policy

__all__ = [
    "AccountRow",
    "AccountState",
    "CurvePoint",
    "Figures",
    "Mover",
    "PolicyEffect",
    "TierTotal",
    "abc_totals",
    "accounts_in_cell",
    "accounts_in_segment",
    "company_net_sales",
    "default_as_of",
    "ledger_figures",
    "month_before",
    "monthly_net_sales",
    "movers",
    "moves",
    "newest_run",
    "preview_policy",
    "rfm_heat_map",
    "sales_curve",
    "segment_counts",
    "standing_for",
    "state_on",
    "tier_history",
    "tier_totals",
    "top_accounts",
]
