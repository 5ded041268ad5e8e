"""Supervision: budget, ceiling, lapse of lines, alerts, what an overdue account starts."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.rules.grades import GRADES
from credit.rules.supervision import (
    AlertPolicy,
    Behaviour,
    Measure,
    OverduePolicy,
    ReviewPolicy,
    ReviewState,
    against_budget,
    alerts,
    ceiling_headroom,
    overdue_measures,
    review_standing,
)
from kam.core.policy_data import from_json, to_json

DUE = date(2026, 6, 30)
POLICY = AlertPolicy()


@pytest.mark.parametrize(
    ("budget", "actual", "difference", "used"),
    [
        ("1000", "250", "-750", "0.25"),
        ("1000", "1000", "0", "1"),
        ("1000", "1000.01", "0.01", "1.00001"),
        ("0", "5", "5", None),
        ("300", "-100", "-400", "-0.333333"),
    ],
)
def test_credit_sales_against_their_budget(budget, actual, difference, used):
    line = against_budget(Decimal(budget), Decimal(actual))

    assert (line.difference, line.used) == (Decimal(difference), used and Decimal(used))


@pytest.mark.parametrize(
    ("ceiling", "committed", "headroom"),
    [(None, "5", None), ("10", "4", "6"), ("10", "10", "0"), ("10", "12", "-2"), ("0", "0", "0")],
)
def test_the_ceiling_leaves_what_is_not_committed(ceiling, committed, headroom):
    found = ceiling_headroom(ceiling and Decimal(ceiling), Decimal(committed))

    assert found == (headroom and Decimal(headroom))


def test_a_negative_budget_or_ceiling_is_an_error():
    with pytest.raises(ValueError, match="budget"):
        against_budget(Decimal(-1), Decimal(0))
    with pytest.raises(ValueError, match="ceiling"):
        ceiling_headroom(Decimal(-1), Decimal(0))


@pytest.mark.parametrize(
    ("days", "state"),
    [
        *[(-31, "in_time"), (-30, "due_soon"), (0, "due_soon"), (1, "overdue"), (30, "overdue")],
        (31, "lapsed"),
    ],
)
def test_a_line_lapses_when_it_is_not_reviewed_in_time(days, state):
    found = review_standing(date(2025, 12, 31), DUE + timedelta(days=days), ReviewPolicy())

    assert found.state == ReviewState(state)
    assert (found.due_on, found.counts_until) == (DUE, date(2026, 7, 30))


@pytest.mark.parametrize("fields", [{"every_months": 0}, {"remind_days": -1}, {"lapse_days": -1}])
def test_reviews_that_cannot_be_are_refused(fields):
    with pytest.raises(ValueError, match="month"):
        ReviewPolicy(**fields)


def behaviour(index=None, share=None, exposure="0", grade=None):
    return Behaviour(
        payment_index=None if index is None else Decimal(index),
        overdue_share=None if share is None else Decimal(share),
        exposure=Decimal(exposure),
        grade=grade,
    )


@pytest.mark.parametrize(
    ("before", "now", "codes"),
    [
        ({"index": "80"}, {"index": "70.01"}, []),
        ({"index": "80"}, {"index": "70"}, ["payment_index_fell"]),
        ({"index": "70"}, {"index": "80"}, []),
        ({"index": None}, {"index": "0"}, []),
        ({"index": "80"}, {"index": None}, []),
        ({"share": "0.1"}, {"share": "0.1999"}, []),
        ({"share": "0.1"}, {"share": "0.2"}, ["overdue_share_rose"]),
        ({"exposure": "20000"}, {"exposure": "29999.99"}, []),
        ({"exposure": "20000"}, {"exposure": "30000"}, ["exposure_grew"]),
        ({"exposure": "100"}, {"exposure": "10099"}, []),
        ({"exposure": "100000"}, {"exposure": "149999"}, []),
        ({"exposure": "0"}, {"exposure": "9999.99"}, []),
        ({"exposure": "0"}, {"exposure": "10000"}, ["exposure_grew"]),
        ({"exposure": "-5000"}, {"exposure": "5000"}, ["exposure_grew"]),
        ({"grade": "A"}, {"grade": "A"}, []),
        ({"grade": "A"}, {"grade": "BBB"}, ["grade_dropped"]),
        ({"grade": "BBB"}, {"grade": "A"}, []),
        ({"grade": None}, {"grade": "D"}, []),
    ],
)
def test_each_alert_on_both_sides_of_its_bound(before, now, codes):
    found = alerts(behaviour(**before), behaviour(**now), POLICY)

    assert [alert.code for alert in found] == codes


def test_all_alerts_are_raised_with_their_figures_and_none_that_is_off():
    before, now = behaviour("80", "0", "0", "AAA"), behaviour("20", "1", "99999", "D")
    off = AlertPolicy(
        payment_index_fall=None, overdue_share_rise=None, exposure_growth=None, grades_down=None
    )

    found = alerts(before, now, POLICY)

    assert len(found) == 4
    assert found[0].figures == {"before": 80, "now": 20, "change": 60, "bound": 10}
    assert found[3].figures == {"before": "AAA", "now": "D", "change": 7, "bound": 1}
    assert alerts(before, now, off) == ()


@given(
    st.decimals(0, 100, places=2),
    st.decimals(0, 1, places=4),
    st.decimals(0, 10**6, places=2),
    st.sampled_from(GRADES),
)
def test_nothing_is_alerted_when_nothing_changes(index, share, exposure, grade):
    same = behaviour(index, share, exposure, grade)

    assert alerts(same, same, POLICY) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"payment_index_fall": Decimal(0)},
        {"overdue_share_rise": Decimal(-1)},
        {"exposure_growth_from": Decimal(0)},
        {"grades_down": 0},
    ],
)
def test_an_alert_without_a_change_is_refused(fields):
    with pytest.raises(ValueError, match="above 0"):
        AlertPolicy(**fields)


@pytest.mark.parametrize(
    ("days", "amount", "starts"),
    [(0, "100", False), (1, "100", True), (1, "0.01", True), (1, "0.0099", False)],
)
def test_an_overdue_account_starts_all_three_measures(days, amount, starts):
    found = overdue_measures(days, Decimal(amount), OverduePolicy())

    assert found == (tuple(Measure) if starts else ())


@pytest.mark.parametrize("fields", [{"days": 0}, {"amount": Decimal(0)}])
def test_measures_without_an_overdue_debt_are_refused(fields):
    with pytest.raises(ValueError, match="overdue"):
        OverduePolicy(**fields)


def test_the_policies_come_back_from_json():
    for policy in (POLICY, ReviewPolicy(lapse_days=7), OverduePolicy()):
        assert from_json(type(policy), to_json(policy)) == policy
