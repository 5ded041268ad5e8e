"""Tiers, RFM scores, value segments and ABC classes: docs/policies/tiering.md.

Pure functions on plain values. The nightly recompute says the same in one SQL statement
(`tiering.statements`); a test holds the two together on random ledgers.
"""

from __future__ import annotations

import calendar
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

STRATEGIC, KEY, ORDINARY = "strategic", "key", "ordinary"
RANK = {ORDINARY: 0, KEY: 1, STRATEGIC: 2}  # a higher tier has a higher rank

QUINTILE, FIXED = "quintile", "fixed"

# Section 4.2: half-year bins of the parcel-carrier case, refined to five scores.
DEFAULT_RECENCY_CUTS = (45, 91, 182, 273)  # half a quarter, a quarter, half a year, three quarters
DEFAULT_FREQUENCY_CUTS = (2, 4, 12, 26)  # half-yearly, quarterly, monthly, fortnightly
DEFAULT_MONETARY_CUTS = (Decimal(1_000), Decimal(10_000), Decimal(100_000), Decimal(1_000_000))

# Section 5: (R high, F high, M high) -> value segment 价值细分.
SEGMENTS = {
    (True, True, True): "important_value",  # 重要价值
    (True, False, True): "important_develop",  # 重要发展
    (False, True, True): "important_keep",  # 重要保持
    (False, False, True): "important_retain",  # 重要挽留
    (True, True, False): "general_value",  # 一般价值
    (True, False, False): "general_develop",  # 一般发展
    (False, True, False): "general_keep",  # 一般保持
    (False, False, False): "general_retain",  # 一般挽留
}


@dataclass(frozen=True)
class Policy:
    """The terms of one policy version; the defaults are those that are shipped."""

    strategic_share: Decimal = Decimal("0.05")
    key_share: Decimal = Decimal("0.01")
    window_months: int = 12
    rfm_method: str = QUINTILE
    recency_cuts: Sequence[int] = DEFAULT_RECENCY_CUTS
    frequency_cuts: Sequence[int] = DEFAULT_FREQUENCY_CUTS
    monetary_cuts: Sequence[Decimal] = DEFAULT_MONETARY_CUTS
    high_score: int = 4
    abc_a_share: Decimal = Decimal("0.80")
    abc_b_share: Decimal = Decimal("0.95")


@dataclass(frozen=True)
class Window:
    """The days whose sales count, both ends included."""

    since: date
    until: date

    @property
    def after(self) -> date:
        """The last day that counts no more."""
        return self.since - timedelta(days=1)


def window(as_of: date, months: int = 12) -> Window:
    """The `months` months ending with `as_of`: (as_of minus the months, as_of].

    A day that the earlier month does not have becomes its last one, so that the year that
    ends on 29 February 2024 begins after 28 February 2023. Source: section 2.
    """
    month = as_of.year * 12 + as_of.month - 1 - months
    year, month = month // 12, month % 12 + 1
    day = min(as_of.day, calendar.monthrange(year, month)[1])
    return Window(since=date(year, month, day) + timedelta(days=1), until=as_of)


def share(net_sales: Decimal, company_net_sales: Decimal) -> Decimal:
    """The account's share of the company's net sales; 0 when the company sold nothing.

    For display: whether a threshold is reached is decided by `tier_of_share`, undivided.
    """
    return net_sales / company_net_sales if company_net_sales > 0 else Decimal(0)


def tier_of_share(net_sales: Decimal, company_net_sales: Decimal, policy: Policy) -> str:
    """The tier that the sales alone give, exact at the thresholds. Source: section 1.

    Compares sales with threshold x company sales instead of dividing, so nothing is rounded.
    """
    if company_net_sales <= 0:
        return ORDINARY
    if net_sales >= policy.strategic_share * company_net_sales:
        return STRATEGIC
    if net_sales >= policy.key_share * company_net_sales:
        return KEY
    return ORDINARY


def effective_tier(share_tier: str, designated_tier: str | None) -> str:
    """The tier after a designation 战略意义指定: it lifts and never lowers. Source: section 3."""
    return max(share_tier, designated_tier or ORDINARY, key=RANK.__getitem__)


def rank_score(rank: int, n: int) -> int:
    """min(5, floor(5 (rank - 1) / (n - 1)) + 1) of rank 1 (worst) to n; alone scores 5."""
    return 5 if n == 1 else min(5, 5 * (rank - 1) // (n - 1) + 1)


def quintile_scores[K: Hashable](values: Mapping[K, Any]) -> dict[K, int]:
    """Scores 1 to 5 by percent rank; the greatest value is best, ties share the lowest rank.

    For recency hand over the date of the last purchase: the most recent is best.
    Source: section 4.1.
    """
    ordered = sorted(values.values())
    n = len(ordered)
    return {key: rank_score(bisect_left(ordered, value) + 1, n) for key, value in values.items()}


def recency_score(days: int, cuts: Sequence[int]) -> int:
    """5 at or below the first of four ascending cuts, 1 above the last. Source: section 4.2."""
    return 5 - bisect_left(cuts, days)


def volume_score[V: (int, Decimal)](value: V, cuts: Sequence[V]) -> int:
    """Frequency or monetary: 5 at or above the last of four ascending cuts, 1 below the first."""
    return 1 + bisect_right(cuts, value)


def segment(r: int, f: int, m: int, high_score: int = 4) -> str:
    """The one of eight value segments that a score combination falls into. Source: section 5."""
    return SEGMENTS[r >= high_score, f >= high_score, m >= high_score]


def abc_classes(net_sales: Mapping[int, Decimal], policy: Policy) -> dict[int, str]:
    """ABC classes by net sales, descending; of equal sales the smaller key comes first.

    A up to and including the account that crosses the A share of all positive sales, B to the
    B share, C the rest and whoever has no positive sales. Source: section 6.
    """
    total = sum((v for v in net_sales.values() if v > 0), Decimal(0))
    classes: dict[int, str] = {}
    before = Decimal(0)
    for key, value in sorted(net_sales.items(), key=lambda item: (-item[1], item[0])):
        if value <= 0 or before >= policy.abc_b_share * total:
            classes[key] = "C"
        else:
            classes[key] = "A" if before < policy.abc_a_share * total else "B"
        before += max(value, Decimal(0))
    return classes


@dataclass(frozen=True)
class Fact:
    """One reason for a tier; `tiering.explanations` says it in the reader's language."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


def explain(
    net_sales: Decimal,
    company_net_sales: Decimal,
    policy: Policy,
    *,
    designated_tier: str | None = None,
    recorded_tier: str | None = None,
) -> list[Fact]:
    """Why an account has its tier: the share first, then what lifts it, then what has changed.

    designated_tier: of the designation that decides, None when the share does.
    recorded_tier: what a run recorded, None when nothing is recorded and this is a replay.
    """
    by_share = tier_of_share(net_sales, company_net_sales, policy)
    facts = [_share_fact(by_share, net_sales, company_net_sales, policy)]
    if designated_tier is not None:
        facts.append(Fact("designation_lifts", {"tier": designated_tier}))
    tier = effective_tier(by_share, designated_tier)
    if recorded_tier is not None and recorded_tier != tier:
        facts.append(Fact("ledger_changed", {"recorded": recorded_tier, "tier": tier}))
    return facts


def _share_fact(tier: str, net_sales: Decimal, company_net_sales: Decimal, policy: Policy) -> Fact:
    figures: dict[str, Any] = {
        "net_sales": net_sales,
        "company_net_sales": company_net_sales,
        "share": share(net_sales, company_net_sales),
        "months": policy.window_months,
        "tier": tier,
    }
    if company_net_sales <= 0:
        return Fact("no_company_sales", figures)
    if tier == ORDINARY:
        return Fact("share_below", figures | {"threshold": policy.key_share})
    reached = policy.strategic_share if tier == STRATEGIC else policy.key_share
    return Fact("share_reached", figures | {"threshold": reached})
