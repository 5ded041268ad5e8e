"""Both sides of every boundary, and what must hold for every ledger."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiering import rules
from tiering.rules import Policy

POLICY = Policy()
money = st.decimals("-1e9", "1e9", places=4)


@pytest.mark.parametrize(
    ("net_sales", "company", "tier"),
    [
        ("500", "10000", "strategic"),
        ("499.9999", "10000", "key"),
        ("100", "10000", "key"),
        ("99.9999", "10000", "ordinary"),
        ("0", "10000", "ordinary"),
        ("-500", "10000", "ordinary"),
        ("3.3332", "333.33", "ordinary"),
        ("3.3333", "333.33", "key"),
        ("10000", "10000", "strategic"),
        ("5", "0", "ordinary"),
        ("-5", "-100", "ordinary"),
        ("5", "-100", "ordinary"),
        ("93702.5948", "9370259.484", "ordinary"),
        ("93702.5949", "9370259.484", "key"),
    ],
)
def test_tier_of_share_is_exact_at_the_thresholds(net_sales, company, tier):
    assert rules.tier_of_share(Decimal(net_sales), Decimal(company), POLICY) == tier


@given(money, money, money)
def test_more_sales_never_lower_a_tier(company, one, other):
    less, more = sorted([one, other])
    tiers = [rules.RANK[rules.tier_of_share(value, company, POLICY)] for value in (less, more)]
    assert tiers[0] <= tiers[1]


@pytest.mark.parametrize(
    ("share_tier", "designated", "tier"),
    [
        ("ordinary", None, "ordinary"),
        ("ordinary", "key", "key"),
        ("ordinary", "strategic", "strategic"),
        ("key", "strategic", "strategic"),
        ("key", "key", "key"),
        ("strategic", "key", "strategic"),
        ("strategic", None, "strategic"),
    ],
)
def test_a_designation_lifts_and_never_lowers(share_tier, designated, tier):
    assert rules.effective_tier(share_tier, designated) == tier


@pytest.mark.parametrize(
    ("as_of", "months", "since"),
    [
        ("2011-12-09", 12, "2010-12-10"),
        ("2024-02-29", 12, "2023-03-01"),
        ("2025-02-28", 12, "2024-02-29"),
        ("2024-02-28", 12, "2023-03-01"),
        ("2024-03-01", 12, "2023-03-02"),
        ("2026-05-31", 3, "2026-03-01"),
        ("2026-01-31", 1, "2026-01-01"),
        ("2026-12-31", 24, "2025-01-01"),
    ],
)
def test_the_window_is_the_months_ending_with_the_day(as_of, months, since):
    window = rules.window(date.fromisoformat(as_of), months)

    assert window.since == date.fromisoformat(since)
    assert window.until == date.fromisoformat(as_of)


@pytest.mark.parametrize(
    ("rank", "n", "score"),
    [
        *[(1, 1, 5), (1, 2, 1), (2, 2, 5), (1, 6, 1), (2, 6, 2), (5, 6, 5), (6, 6, 5)],
        *[(21, 101, 2), (20, 101, 1), (81, 101, 5), (80, 101, 4), (101, 101, 5)],
    ],
)
def test_quintile_score_of_a_rank(rank, n, score):
    assert rules.rank_score(rank, n) == score


def test_ties_share_the_lowest_rank():
    scores = rules.quintile_scores({"a": 1, "b": 1, "c": 1, "d": 2, "e": 3, "f": 4})

    assert scores == {"a": 1, "b": 1, "c": 1, "d": 4, "e": 5, "f": 5}


def test_the_most_recent_purchase_is_best():
    days = {"old": date(2026, 1, 1), "new": date(2026, 6, 1)}
    assert rules.quintile_scores(days) == {"old": 1, "new": 5}


@given(st.dictionaries(st.integers(), st.integers(), min_size=1))
def test_quintile_scores_are_monotone_and_the_best_is_5_when_alone(values):
    scores = rules.quintile_scores(values)

    assert set(scores.values()) <= {1, 2, 3, 4, 5}
    for key, value in values.items():
        for other, greater in values.items():
            if value < greater:
                assert scores[key] <= scores[other]
            if value == greater:
                assert scores[key] == scores[other]
    if len(values) == 1:
        assert set(scores.values()) == {5}


@pytest.mark.parametrize(
    ("days", "score"),
    [(0, 5), (45, 5), (46, 4), (91, 4), (92, 3), (182, 3), (183, 2), (273, 2), (274, 1), (365, 1)],
)
def test_fixed_recency_bins(days, score):
    assert rules.recency_score(days, rules.DEFAULT_RECENCY_CUTS) == score


@pytest.mark.parametrize(
    ("purchases", "score"),
    [(1, 1), (2, 2), (3, 2), (4, 3), (11, 3), (12, 4), (25, 4), (26, 5), (900, 5)],
)
def test_fixed_frequency_bins(purchases, score):
    assert rules.volume_score(purchases, rules.DEFAULT_FREQUENCY_CUTS) == score


@pytest.mark.parametrize(
    ("net_sales", "score"),
    [("-5", 1), ("999.9999", 1), ("1000", 2), ("9999.9999", 2), ("10000", 3), ("1000000", 5)],
)
def test_fixed_monetary_bins(net_sales, score):
    assert rules.volume_score(Decimal(net_sales), rules.DEFAULT_MONETARY_CUTS) == score


@pytest.mark.parametrize(
    ("scores", "segment"),
    [
        ((4, 4, 4), "important_value"),
        ((5, 3, 4), "important_develop"),
        ((3, 5, 4), "important_keep"),
        ((3, 3, 4), "important_retain"),
        ((4, 4, 3), "general_value"),
        ((4, 3, 3), "general_develop"),
        ((3, 4, 3), "general_keep"),
        ((3, 3, 3), "general_retain"),
    ],
)
def test_segment(scores, segment):
    assert rules.segment(*scores) == segment


@given(*[st.integers(1, 5)] * 3, st.integers(2, 5))
def test_every_score_combination_falls_in_exactly_one_segment(r, f, m, high):
    segment = rules.segment(r, f, m, high)

    assert sorted(rules.SEGMENTS.values()).count(segment) == 1
    assert segment.startswith("important") == (m >= high)


@pytest.mark.parametrize(
    ("sales", "classes"),
    [
        (["80", "15", "5"], "ABC"),  # exactly 80 %: the next one is B; exactly 95 %: C
        (["79", "16", "5"], "AAC"),  # the one that crosses is A
        (["81", "13", "6"], "ABB"),  # the one that crosses 95 % is B
        (["100"], "A"),
        (["0", "-1"], "CC"),
        (["50", "50"], "AA"),
    ],
)
def test_abc_classes_at_the_boundaries(sales, classes):
    net_sales = {n: Decimal(value) for n, value in enumerate(sales)}
    found = rules.abc_classes(net_sales, POLICY)
    assert "".join(found[n] for n in range(len(sales))) == classes


@given(st.dictionaries(st.integers(), money))
def test_abc_is_a_partition_in_the_order_of_sales(sales):
    classes = rules.abc_classes(sales, POLICY)

    assert classes.keys() == sales.keys()
    in_order = [classes[key] for key in sorted(sales, key=lambda key: (-sales[key], key))]
    assert in_order == sorted(in_order)
    assert all(classes[key] == "C" for key, value in sales.items() if value <= 0)


def test_facts_say_what_decides():
    def codes(net_sales, company, **decided):
        facts = rules.explain(Decimal(net_sales), Decimal(company), POLICY, **decided)
        return [fact.code for fact in facts]

    assert codes(100, 10000) == ["share_reached"]
    assert codes(99, 10000, recorded_tier="ordinary") == ["share_below"]
    assert codes(99, 0) == ["no_company_sales"]
    assert codes(99, 10000, designated_tier="key") == ["share_below", "designation_lifts"]
    assert codes(99, 10000, recorded_tier="key") == ["share_below", "ledger_changed"]
    assert codes(99, 10000, designated_tier="key", recorded_tier="key") == [
        "share_below",
        "designation_lifts",
    ]
