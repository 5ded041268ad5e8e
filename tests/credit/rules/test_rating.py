"""The rating card that is shipped, and the limit a grade suggests."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.rules.grades import GRADES
from credit.rules.rating import (
    DEFAULT_CARD,
    FirstTerms,
    LimitPolicy,
    credit_need,
    rating_card,
    suggest_limit,
)
from kam.core.policy_data import from_json, to_json
from kam.core.scorecards import NotRateable, Score, ScorecardError, card_to_json, score

BEST = {
    "payment_index": 85,
    "overdue_share": 0,
    "net_assets": 200_000_000,
    "contingent_share": 0,
    "years_of_dealing": 8,
    "terms_over_market": 0,
    "receivables_share": Decimal("0.01"),
}
POLICY = LimitPolicy()


def test_the_card_that_is_shipped_rates_the_best_and_the_worst():
    worst = {
        "payment_index": 10,
        "overdue_share": 1,
        "net_assets": -5,
        "contingent_share": 2,
        "years_of_dealing": 0,
        "terms_over_market": 90,
        "receivables_share": Decimal("0.5"),
    }

    assert (score(DEFAULT_CARD, BEST).points, score(DEFAULT_CARD, BEST).grade) == (100, "AAA")
    assert (score(DEFAULT_CARD, worst).points, score(DEFAULT_CARD, worst).grade) == (2, "D")


@pytest.mark.parametrize(
    ("figures", "grade"),
    [
        ({"days_overdue": 60}, "AAA"),
        ({"days_overdue": 61}, "BB"),
        ({"days_overdue": 180}, "BB"),
        ({"days_overdue": 181}, "D"),
        ({"net_assets": 0}, "AA"),
        ({"net_assets": Decimal("-0.01")}, "B"),
    ],
)
def test_long_overdue_debts_and_lost_capital_cap_the_grade(figures, grade):
    assert score(DEFAULT_CARD, BEST | figures).grade == grade


def test_payment_history_alone_rates_nobody():
    alone = {"payment_index": 100, "overdue_share": 0, "days_overdue": 0}

    assert score(DEFAULT_CARD, alone) == NotRateable(
        code="one_sided",
        metrics=(
            *("net_assets", "contingent_share", "years_of_dealing"),
            *("terms_over_market", "receivables_share"),
        ),
    )
    assert isinstance(score(DEFAULT_CARD, alone | {"years_of_dealing": 2}), Score)


def test_a_new_customer_without_payments_is_rated_on_the_rest():
    figures = BEST | {"payment_index": None, "overdue_share": None, "years_of_dealing": 0}

    result = score(DEFAULT_CARD, figures)

    assert [line.weight for line in result.lines[:2]] == [0, 0]
    assert result.points == Decimal("86.6666")


def test_the_card_comes_back_from_json():
    assert rating_card(card_to_json(DEFAULT_CARD)) == DEFAULT_CARD


def test_a_card_of_payment_history_alone_is_refused_even_when_stored():
    data = card_to_json(DEFAULT_CARD)
    data["criteria"] = data["criteria"][:1]
    data["criteria"][0]["weight"] = "100"

    with pytest.raises(ScorecardError, match="must not decide alone"):
        rating_card(data)


def test_a_rating_card_has_the_eight_grades():
    data = card_to_json(DEFAULT_CARD)
    data["grades"][0]["name"] = "S"

    with pytest.raises(ValueError, match="AAA, AA"):
        rating_card(data)


@pytest.mark.parametrize(
    ("sales", "terms", "buffer", "need"),
    [
        ("365000", 30, "0", "30000"),
        ("365000", 30, "0.20", "36000"),
        ("1000000", 45, "0.20", "147945.21"),
        ("365000", 0, "0.20", "0"),
        ("0", 30, "0.20", "0"),
        ("-100", 30, "0.20", "0"),
        ("0.01", 1, "0", "0.01"),
    ],
)
def test_the_need_is_what_is_owed_at_a_time(sales, terms, buffer, need):
    assert credit_need(Decimal(sales), terms, Decimal(buffer)) == Decimal(need)


def suggestion(grade="A", sales="3650000", terms=60, months=36, policy=POLICY):
    return suggest_limit(
        grade=grade,
        annual_credit_sales=Decimal(sales),
        terms_days=terms,
        months_of_dealing=months,
        policy=policy,
    )


@pytest.mark.parametrize(
    ("grade", "sales", "limit"),
    [
        ("A", "3650000", "720000"),
        ("BBB", "3650000", "720000"),
        ("BB", "3650000", "500000"),
        ("C", "3650000", "50000"),
        ("D", "3650000", "0"),
        ("AAA", "0", "0"),
    ],
)
def test_the_limit_is_the_lower_of_need_and_cap(grade, sales, limit):
    assert suggestion(grade, sales).limit == Decimal(limit)


def test_every_step_of_a_suggestion_is_told():
    found = suggestion("AAA", months=11)

    assert [step.code for step in found.steps] == [
        *("grade_held_back", "terms_cut", "need", "cap_by_grade", "first_limit", "limit")
    ]
    assert found.steps[0].figures == {"months": 11, "needed": 12, "scored": "AAA", "grade": "BBB"}
    assert found.steps[1].figures == {"months": 11, "needed": 12, "asked": 60, "terms_days": 30}
    assert found.steps[2].figures["need"] == found.need == 360_000
    assert found.steps[3].figures == {"grade": "BBB", "cap": 1_000_000}
    assert (found.limit, found.terms_days, found.grade) == (50_000, 30, "BBB")


@pytest.mark.parametrize(("months", "limit"), [(0, 50_000), (11, 50_000), (12, 720_000)])
def test_first_terms_end_with_the_months_of_dealing(months, limit):
    assert suggestion(months=months).limit == limit


def test_a_new_customer_with_a_low_grade_keeps_it():
    found = suggestion("C", terms=20, months=1)

    assert [step.code for step in found.steps] == ["need", "cap_by_grade", "first_limit", "limit"]
    assert (found.grade, found.terms_days, found.limit) == ("C", 20, 50_000)


@pytest.mark.parametrize(
    "fields",
    [
        {"buffer": Decimal("-0.1")},
        {"caps": {**POLICY.caps, "AAA": Decimal(1)}},
        {"caps": {**POLICY.caps, "D": Decimal(-1)}},
        {"caps": {"AAA": Decimal(1)}},
        {"caps": {**POLICY.caps, "E": Decimal(0)}},
    ],
)
def test_a_limit_policy_that_cannot_be_is_refused(fields):
    with pytest.raises(ValueError, match=r"negative|cap"):
        replace(POLICY, **fields)


@pytest.mark.parametrize(
    "fields",
    [{"months": -1}, {"max_limit": Decimal(-1)}, {"max_days": -1}, {"best_grade": "S"}],
)
def test_first_terms_that_cannot_be_are_refused(fields):
    with pytest.raises(ValueError, match=r"negative|grade"):
        FirstTerms(**fields)


def test_a_suggestion_for_no_grade_or_negative_terms_is_an_error():
    with pytest.raises(ValueError, match="grade"):
        suggestion("E")
    with pytest.raises(ValueError, match="terms"):
        suggestion(terms=-1)


def test_the_limit_policy_comes_back_from_json():
    assert from_json(LimitPolicy, to_json(POLICY)) == POLICY


@given(
    st.integers(0, 7),
    st.integers(0, 7),
    st.decimals(0, 10**8, places=2),
    st.integers(0, 120),
    st.integers(0, 24),
)
def test_a_better_grade_or_longer_dealing_never_lowers_the_limit(one, other, sales, terms, months):
    better, worse = sorted([one, other])

    def limit(grade, months=months):
        return suggestion(GRADES[grade], str(sales), terms, months).limit

    assert limit(better) >= limit(worse)
    assert limit(better, months + 12) >= limit(better)
    assert limit(better) <= POLICY.caps[GRADES[better]]
