"""Collections: the order of the worklist, the step that is due, promises and disputes."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.rules.collections import (
    Case,
    Dispute,
    DisputePolicy,
    DunningPolicy,
    DunningStep,
    PointStep,
    Promise,
    PromisePolicy,
    PromiseState,
    WorklistPolicy,
    promise_state,
    undisputed,
    worklist,
)
from credit.rules.grades import GRADES
from kam.core.policy_data import from_json, to_json

POLICY = WorklistPolicy()
DAY = date(2026, 3, 31)


def case(number="K1", amount="500", days=5, broken=0, grade="A"):
    return Case(
        account_number=number,
        overdue_amount=Decimal(amount),
        max_overdue_days=days,
        broken_promises=broken,
        grade=grade,
    )


@pytest.mark.parametrize(
    ("fields", "part", "points"),
    [
        *[({"amount": a}, "amount", p) for a, p in [("0.99", 0), ("1", 5), ("9999.99", 5)]],
        *[({"amount": a}, "amount", p) for a, p in [("10000", 10), ("1000000", 40)]],
        *[({"days": d}, "days", p) for d, p in [(1, 5), (30, 5), (31, 15), (90, 25), (91, 35)]],
        *[({"broken": b}, "broken_promises", p) for b, p in [(0, 0), (1, 5), (4, 20), (9, 20)]],
        *[({"grade": g}, "grade", p) for g, p in [("AAA", 0), ("D", 20), (None, 10)]],
    ],
)
def test_points_on_both_sides_of_every_step(fields, part, points):
    (ranked,) = worklist([case(**fields)], POLICY)

    assert ranked.parts[part] == points
    assert ranked.points == sum(ranked.parts.values())


def numbers(cases):
    return [each.case.account_number for each in worklist(cases, POLICY)]


def test_the_most_urgent_comes_first_and_ties_go_by_amount_days_and_number():
    cases = [
        case("E", amount="500", days=5),
        case("D", amount="500", days=6),
        case("C", amount="600"),
        case("B", amount="500", days=5),
        case("A", amount="500", days=91),
    ]

    assert numbers(cases) == ["A", "C", "D", "B", "E"]


def test_what_is_disputed_as_a_whole_is_not_on_the_list():
    assert numbers([case("A", amount="0"), case("B"), case("C", amount="-5")]) == ["B"]


cases = st.lists(
    st.builds(
        case,
        number=st.uuids().map(str),
        amount=st.decimals(0, 10**7, places=2).map(str),
        days=st.integers(0, 500),
        broken=st.integers(0, 9),
        grade=st.sampled_from([None, *GRADES]),
    ),
    max_size=10,
)


@given(cases, st.randoms())
def test_the_order_does_not_depend_on_the_order_it_was_given(found, random):
    shuffled = random.sample(found, len(found))

    assert worklist(found, POLICY) == worklist(shuffled, POLICY)


@given(cases, st.data())
def test_a_case_that_leaves_does_not_change_the_order_of_the_others(found, data):
    before = numbers(found)
    if not before:
        return
    gone = data.draw(st.sampled_from(before))

    left = [each for each in found if each.account_number != gone]

    assert numbers(left) == [number for number in before if number != gone]


@given(cases.filter(bool), st.integers(0, 300), st.decimals(0, 10**6, places=2))
def test_a_worse_case_never_moves_down(found, days, amount):
    first = found[0]
    worse = replace(
        first,
        max_overdue_days=first.max_overdue_days + days,
        overdue_amount=first.overdue_amount + amount,
    )
    before, now = numbers(found), numbers([worse, *found[1:]])

    if first.account_number in before:
        assert now.index(first.account_number) <= before.index(first.account_number)


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": (PointStep(since=Decimal(5), points=1), PointStep(since=Decimal(5), points=2))},
        {"days": (PointStep(since=Decimal(1), points=2), PointStep(since=Decimal(5), points=1))},
        {"grade": {"AAA": 1}},
    ],
)
def test_a_worklist_policy_that_cannot_be_is_refused(fields):
    with pytest.raises(ValueError, match=r"worklist|grade"):
        WorklistPolicy(**fields)


STEPS = DunningPolicy()


@pytest.mark.parametrize(
    ("days", "action"),
    [
        *[(0, None), (1, "reminder"), (6, "reminder"), (7, "call"), (14, "call"), (15, "letter")],
        *[(29, "letter"), (30, "visit"), (59, "visit"), (60, "formal_demand")],
        *[(89, "formal_demand"), (90, "legal"), (900, "legal")],
    ],
)
def test_the_step_by_days_overdue(days, action):
    step = STEPS.due(days, done=[])

    assert (step.action if step else None) == action


@pytest.mark.parametrize(
    ("days", "done", "action"),
    [
        (20, ["reminder"], "letter"),
        (20, ["reminder", "letter"], None),
        (20, ["visit"], None),
        (30, ["letter"], "visit"),
        (40, [], "visit"),
        (0, ["reminder"], None),
    ],
)
def test_a_step_is_taken_once_and_never_back(days, done, action):
    step = STEPS.due(days, done)

    assert (step.action if step else None) == action


@pytest.mark.parametrize(
    "steps",
    [[], [(0, "a")], [(5, "a"), (5, "b")], [(5, "a"), (1, "b")], [(1, "a"), (5, "a")]],
)
def test_steps_that_do_not_ascend_are_refused(steps):
    with pytest.raises(ValueError, match=r"ascend|twice"):
        DunningPolicy(steps=tuple(DunningStep(day=day, action=action) for day, action in steps))


PROMISE = Promise(made_on=DAY, pay_by=DAY + timedelta(days=10), amount=Decimal(1000))
EXACT = PromisePolicy(grace_days=2, tolerance_share=Decimal("0.01"))


@pytest.mark.parametrize(
    ("payments", "as_of", "state"),
    [
        ([], 0, "open"),
        ([], 12, "open"),
        ([], 13, "broken"),
        ([(12, "1000")], 12, "kept"),
        ([(12, "1000")], 11, "open"),
        ([(13, "1000")], 13, "broken"),
        ([(5, "990")], 5, "kept"),
        ([(5, "989.99")], 5, "open"),
        ([(5, "989.99")], 13, "broken"),
        ([(1, "500"), (12, "490")], 20, "kept"),
        ([(0, "1000")], 0, "kept"),
        ([(-1, "1000")], 13, "broken"),
    ],
)
def test_a_promise_is_kept_open_or_broken(payments, as_of, state):
    paid = [(DAY + timedelta(days=day), Decimal(amount)) for day, amount in payments]

    assert promise_state(PROMISE, paid, DAY + timedelta(days=as_of), EXACT) == PromiseState(state)


@given(
    st.lists(st.tuples(st.integers(-5, 20), st.decimals(0, 1500, places=2)), max_size=5),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_a_promise_once_kept_or_broken_stays_so(payments, day, later):
    paid = [(DAY + timedelta(days=on), amount) for on, amount in payments]

    before = promise_state(PROMISE, paid, DAY + timedelta(days=day), EXACT)
    after = promise_state(PROMISE, paid, DAY + timedelta(days=day + later), EXACT)

    assert before in (PromiseState.OPEN, after)


@pytest.mark.parametrize(("amount", "days"), [("0", 1), ("-1", 1), ("5", -1)])
def test_a_promise_that_cannot_be_is_an_error(amount, days):
    with pytest.raises(ValueError, match="promise"):
        Promise(made_on=DAY, pay_by=DAY + timedelta(days=days), amount=Decimal(amount))


@pytest.mark.parametrize(("grace", "share"), [(-1, "0"), (0, "-0.1"), (0, "1")])
def test_a_promise_policy_that_cannot_be_is_refused(grace, share):
    with pytest.raises(ValueError, match="grace"):
        PromisePolicy(grace_days=grace, tolerance_share=Decimal(share))


@pytest.mark.parametrize(
    ("opened", "settled", "left"),
    [
        (0, None, "70"),
        (1, None, "100"),
        (-59, None, "70"),
        (-60, None, "100"),
        (-5, 1, "70"),
        (-5, 0, "100"),
    ],
)
def test_a_dispute_suspends_its_amount_for_its_days(opened, settled, left):
    dispute = Dispute(
        amount=Decimal(30),
        opened_on=DAY + timedelta(days=opened),
        settled_on=None if settled is None else DAY + timedelta(days=settled),
    )

    assert undisputed(Decimal(100), [dispute], DAY, DisputePolicy()) == Decimal(left)


def test_disputes_never_take_more_than_is_open():
    disputes = [Dispute(amount=Decimal(80), opened_on=DAY)] * 2

    assert undisputed(Decimal(100), disputes, DAY, DisputePolicy()) == 0
    with pytest.raises(ValueError, match="negative"):
        DisputePolicy(days=-1)


def test_the_policies_come_back_from_json():
    for policy in (POLICY, STEPS, EXACT, DisputePolicy()):
        assert from_json(type(policy), to_json(policy)) == policy
