"""The credit decision: both sides of every bound, all reasons, releases, and what must hold."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.rules.decisions import (
    CheckPolicy,
    CreditPosition,
    LineState,
    Outcome,
    Release,
    decide,
    still_held,
)
from credit.rules.grades import GRADES, is_worse, notches_down, worse_of
from kam.core.policy_data import PolicyDataError, from_json, to_json

POLICY = CheckPolicy()
GOOD = CreditPosition(line=LineState.VALID, limit=Decimal(1000), rating="A")
DAY = date(2026, 3, 10)


def codes(amount="1", policy=POLICY, **fields):
    decision = decide(replace(GOOD, **fields), Decimal(amount), policy)
    return [reason.code for reason in decision.reasons]


@pytest.mark.parametrize(
    ("limit", "exposure", "amount", "held"),
    [
        ("1000", "0", "1000", False),
        ("1000", "0", "1000.0001", True),
        ("1000", "999.9999", "0.0001", False),
        ("1000", "1000", "0.0001", True),
        ("1000", "1200", "1", True),
        ("1000", "1200", "0", False),
        ("1000", "1200", "-5", False),
        ("0", "0", "0.0001", True),
        ("0", "0", "0", False),
        ("0", "-10", "10", False),
        ("0", "-10", "10.01", True),
    ],
)
def test_exactly_at_the_limit_is_approved(limit, exposure, amount, held):
    found = codes(amount, limit=Decimal(limit), exposure=Decimal(exposure))

    assert found == (["exposure_over_limit"] if held else [])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (LineState.VALID, []),
        (LineState.NONE, ["no_credit_line"]),
        (LineState.EXPIRED, ["line_expired"]),
        (LineState.LAPSED, ["line_expired"]),
    ],
)
def test_without_a_valid_line_there_is_no_credit(line, expected):
    assert codes("1", line=line) == expected
    assert codes("0", line=line) == []


@pytest.mark.parametrize("line", [LineState.NONE, LineState.EXPIRED, LineState.LAPSED])
def test_with_the_check_of_the_line_off_the_limit_still_counts_as_0(line):
    policy = CheckPolicy(no_credit_line=False, line_expired=False)

    assert codes("1", policy, line=line) == ["exposure_over_limit"]


CHECKS = [
    (CheckPolicy(overdue_days=30), {"max_overdue_days": 30}, {"max_overdue_days": 31}),
    (CheckPolicy(overdue_days=0), {"max_overdue_days": 0}, {"max_overdue_days": 1}),
    (
        CheckPolicy(overdue_amount=Decimal(50)),
        {"overdue_amount": Decimal(50)},
        {"overdue_amount": Decimal("50.0001")},
    ),
    (
        CheckPolicy(overdue_share=Decimal("0.1")),
        {"overdue_amount": Decimal(100)},
        {"overdue_amount": Decimal("100.0001")},
    ),
    (CheckPolicy(rating_too_low="BB"), {"rating": "BB"}, {"rating": "B"}),
    (CheckPolicy(), {"on_manual_hold": False}, {"on_manual_hold": True}),
    (CheckPolicy(), {"company_headroom": Decimal(10)}, {"company_headroom": Decimal("9.9999")}),
    (CheckPolicy(), {"group_headroom": Decimal(10)}, {"group_headroom": Decimal("9.9999")}),
]
CODES = [
    *("overdue_days", "overdue_days", "overdue_amount", "overdue_share", "rating_too_low"),
    *("manual_hold", "company_ceiling", "group_limit"),
]


@pytest.mark.parametrize(
    ("policy", "allowed", "held", "code"),
    [(*check, code) for check, code in zip(CHECKS, CODES, strict=True)],
)
def test_each_check_allows_its_bound_and_holds_beyond_it(policy, allowed, held, code):
    assert codes("10", policy, **allowed) == []
    assert codes("10", policy, **held) == [code]


@pytest.mark.parametrize(("amount", "expected"), [("50", []), ("50.01", ["single_order_maximum"])])
def test_a_single_order_has_its_own_maximum(amount, expected):
    assert codes(amount, CheckPolicy(single_order_maximum=Decimal(50))) == expected


WORST = {
    "exposure": Decimal(5000),
    "max_overdue_days": 400,
    "overdue_amount": Decimal(4000),
    "rating": "D",
    "on_manual_hold": True,
    "group_headroom": Decimal(-1),
    "company_headroom": Decimal(0),
}
EVERY_CHECK = CheckPolicy(overdue_amount=Decimal(0), single_order_maximum=Decimal(5))
OFF = CheckPolicy(
    no_credit_line=False,
    line_expired=False,
    exposure_over_limit=False,
    group_limit=False,
    company_ceiling=False,
    manual_hold=False,
    overdue_days=None,
    overdue_share=None,
    rating_too_low=None,
)


def test_all_reasons_are_given_not_only_the_first():
    assert codes("10", EVERY_CHECK, **WORST) == [
        "manual_hold",
        "exposure_over_limit",
        "group_limit",
        "company_ceiling",
        "single_order_maximum",
        "overdue_days",
        "overdue_amount",
        "overdue_share",
        "rating_too_low",
    ]


def test_a_check_that_is_off_is_not_made():
    assert codes("10", OFF, **WORST) == []


def test_a_party_that_was_never_rated_is_not_held_for_it():
    assert codes(rating=None) == []


def test_an_amount_that_is_not_positive_is_held_by_hand_only():
    assert codes("-10", EVERY_CHECK, **WORST, line=LineState.NONE) == ["manual_hold"]


def test_a_reason_says_its_figures_and_what_would_clear_it():
    position = replace(GOOD, exposure=Decimal(900))

    (reason,) = decide(position, Decimal(150), POLICY).reasons

    assert reason.figures == {"limit": 1000, "exposure": 900, "amount": 150, "over": 50}
    assert [(each.code, each.figures) for each in reason.remedies] == [
        ("pay", {"amount": 50}),
        ("reduce_order", {"amount": 100}),
        ("raise_limit", {"limit": 1050}),
    ]


def test_each_check_tells_its_figures_and_the_way_out():
    fields = {**WORST, "exposure": Decimal(0), "group_headroom": Decimal(4)}
    position = replace(GOOD, **fields, hold_reason="bankrupt?")

    told = {
        reason.code: (
            dict(reason.figures),
            {each.code: dict(each.figures) for each in reason.remedies},
        )
        for reason in decide(position, Decimal(10), EVERY_CHECK).reasons
    }

    assert told == {
        "manual_hold": ({"reason": "bankrupt?"}, {"lift_hold": {}}),
        "group_limit": (
            {"headroom": 4, "amount": 10, "over": 6},
            {"reduce_order": {"amount": 4}, "free_group_limit": {"amount": 6}},
        ),
        "company_ceiling": (
            {"headroom": 0, "amount": 10, "over": 10},
            {"free_company_ceiling": {"amount": 10}},
        ),
        "single_order_maximum": (
            {"maximum": 5, "amount": 10},
            {"reduce_order": {"amount": 5}},
        ),
        "overdue_days": ({"days": 400, "allowed": 30}, {"pay_older_than": {"days": 30}}),
        "overdue_amount": ({"overdue": 4000, "allowed": 0}, {"pay_overdue": {"amount": 4000}}),
        "overdue_share": (
            {"overdue": 4000, "share": Decimal("0.2"), "allowed": 200},
            {"pay_overdue": {"amount": 3800}},
        ),
        "rating_too_low": ({"rating": "D", "lowest": "C"}, {"improve_rating": {"rating": "C"}}),
    }


@pytest.mark.parametrize(
    ("line", "code", "remedy"),
    [
        (LineState.NONE, "no_credit_line", "grant_line"),
        (LineState.EXPIRED, "line_expired", "renew_line"),
        (LineState.LAPSED, "line_expired", "renew_line"),
    ],
)
def test_without_a_line_the_limit_that_it_takes_is_told(line, code, remedy):
    position = replace(GOOD, line=line, exposure=Decimal(30), valid_until=DAY)

    (reason,) = decide(position, Decimal(10), POLICY).reasons

    assert (reason.code, reason.remedies[0].code) == (code, remedy)
    assert reason.remedies[0].figures == {"limit": 40}
    if code == "line_expired":
        assert reason.figures == {"line": line.value, "valid_until": DAY}


def test_a_remedy_that_cannot_help_is_not_offered():
    (reason,) = decide(replace(GOOD, exposure=Decimal(0)), Decimal(1500), POLICY).reasons
    assert [each.code for each in reason.remedies] == ["reduce_order", "raise_limit"]

    (reason,) = decide(replace(GOOD, exposure=Decimal(1000)), Decimal(5), POLICY).reasons
    assert [each.code for each in reason.remedies] == ["pay", "raise_limit"]


@pytest.mark.parametrize(
    "fields",
    [
        {"limit": Decimal(-1)},
        {"max_overdue_days": -1},
        {"overdue_amount": Decimal(-1)},
        {"rating": "Z"},
    ],
)
def test_a_position_that_cannot_be_is_an_error(fields):
    with pytest.raises(ValueError, match=r"negative|rating"):
        replace(GOOD, **fields)


def test_the_policy_of_checks_comes_back_from_json():
    assert from_json(CheckPolicy, to_json(EVERY_CHECK)) == EVERY_CHECK
    assert from_json(CheckPolicy, {}) == CheckPolicy()
    with pytest.raises(PolicyDataError):
        from_json(CheckPolicy, {"overdue_days": "30"})
    for data in ({"overdue_days": -1}, {"overdue_share": "-0.1"}, {"rating_too_low": "E"}):
        with pytest.raises(ValueError, match=r"negative|grade"):
            from_json(CheckPolicy, data)


money = st.decimals(-5000, 5000, places=4)
positive = st.decimals(0, 5000, places=4)
positions = st.builds(
    CreditPosition,
    line=st.sampled_from(LineState),
    limit=positive,
    exposure=money,
    max_overdue_days=st.integers(0, 60),
    overdue_amount=positive,
    on_manual_hold=st.booleans(),
    rating=st.sampled_from([None, *GRADES]),
    group_headroom=st.none() | money,
    company_headroom=st.none() | money,
)
policies = st.builds(
    CheckPolicy,
    no_credit_line=st.booleans(),
    line_expired=st.booleans(),
    exposure_over_limit=st.booleans(),
    group_limit=st.booleans(),
    company_ceiling=st.booleans(),
    manual_hold=st.booleans(),
    overdue_days=st.none() | st.integers(0, 60),
    overdue_amount=st.none() | positive,
    overdue_share=st.none() | st.decimals(0, 1, places=2),
    single_order_maximum=st.none() | positive,
    rating_too_low=st.sampled_from([None, *GRADES]),
)


def held(position, amount, policy):
    return decide(position, amount, policy).outcome is Outcome.HELD


@given(positions, money, policies, positive)
def test_what_helps_never_turns_approved_into_held(position, amount, policy, more):
    if held(position, amount, policy):
        return

    assert not held(replace(position, limit=position.limit + more), amount, policy)
    assert not held(replace(position, exposure=position.exposure - more), amount, policy)
    assert not held(replace(position, max_overdue_days=0), amount, policy)
    assert not held(replace(position, overdue_amount=Decimal(0)), amount, policy)
    assert not held(replace(position, on_manual_hold=False), amount, policy)
    assert not held(replace(position, rating="AAA"), amount, policy)
    assert not held(replace(position, line=LineState.VALID), amount, policy)
    assert not held(position, amount - more, policy)


@given(positions, positive, positive)
def test_what_is_approved_never_passes_the_limit(position, amount, more):
    if amount > 0 and not held(position, amount, POLICY):
        assert position.line is LineState.VALID
        assert position.exposure + amount <= position.limit


@given(positions, positive)
def test_to_pay_or_to_reduce_as_told_clears_the_exposure(position, amount):
    for reason in decide(position, amount, POLICY).reasons:
        if reason.code != "exposure_over_limit":
            continue
        for remedy in reason.remedies:
            after, order = position, amount
            if remedy.code == "reduce_order":
                order = remedy.figures["amount"]
            elif remedy.code == "raise_limit":
                after = replace(position, limit=remedy.figures["limit"])
            elif remedy.figures["amount"] == reason.figures["over"]:
                after = replace(position, exposure=position.exposure - remedy.figures["amount"])
            else:
                continue  # more than the party owes: payment alone does not clear it
            found = decide(after, order, POLICY).reasons
            assert "exposure_over_limit" not in {each.code for each in found}


RELEASE = Release(
    amount=Decimal(1000), released_on=DAY, codes=frozenset({"exposure_over_limit"}), days=5
)


@pytest.mark.parametrize(
    ("share", "amount", "new_amount", "covered"),
    [
        (None, None, "1000", True),
        (None, None, "1000.0001", False),
        (None, None, "10", True),
        ("0.05", None, "1050", True),
        ("0.05", None, "1050.0001", False),
        (None, "20", "1020", True),
        (None, "20", "1020.0001", False),
        ("0.05", "20", "1020", True),
        ("0.05", "20", "1020.0001", False),
        ("0.05", "80", "1050", True),
        ("0.05", "80", "1050.0001", False),
        ("0", "80", "1000.0001", False),
    ],
)
def test_a_release_covers_up_to_its_tolerance(share, amount, new_amount, covered):
    release = replace(
        RELEASE,
        tolerance_share=share and Decimal(share),
        tolerance_amount=amount and Decimal(amount),
    )

    assert release.covers(Decimal(new_amount), DAY) is covered


@pytest.mark.parametrize(("days", "covered"), [(-1, False), (0, True), (5, True), (6, False)])
def test_a_release_counts_through_its_last_day(days, covered):
    assert RELEASE.covers(Decimal(1000), DAY + timedelta(days=days)) is covered


def test_a_release_without_further_days_counts_on_its_day_only():
    release = replace(RELEASE, days=0, tolerance_share=Decimal(0), tolerance_amount=Decimal(0))

    assert release.covers(Decimal(1000), DAY)
    assert not release.covers(Decimal(1000), DAY + timedelta(days=1))


@pytest.mark.parametrize("field", ["days", "tolerance_share", "tolerance_amount"])
def test_a_release_with_a_negative_reach_is_an_error(field):
    with pytest.raises(ValueError, match="negative"):
        replace(RELEASE, **{field: -1})


def test_a_release_waives_the_reasons_that_were_seen_and_no_new_ones():
    over = decide(replace(GOOD, exposure=Decimal(900)), Decimal(1000), POLICY)
    by_hand = decide(
        replace(GOOD, exposure=Decimal(900), on_manual_hold=True), Decimal(1000), POLICY
    )

    def left(decision, release=RELEASE, amount="1000", on=DAY):
        found = still_held(decision, release, amount=Decimal(amount), on=on)
        return [reason.code for reason in found]

    assert left(over) == []
    assert left(by_hand) == ["manual_hold"]
    assert left(over, amount="1000.01") == ["exposure_over_limit"]
    assert left(over, on=DAY + timedelta(days=6)) == ["exposure_over_limit"]
    assert left(over, release=None) == ["exposure_over_limit"]


def test_grades_are_ordered_best_first():
    assert notches_down("AAA", "A") == 2
    assert notches_down("D", "C") == -1
    assert not is_worse("BB", than="BB")
    assert worse_of("A", "BBB") == worse_of("BBB", "A") == "BBB"
