"""Routes, plans, progress and turns, without a database."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules import (
    Band,
    Desk,
    PlannedStage,
    Problem,
    Rule,
    Seat,
    Signed,
    Signer,
    Stage,
    Turn,
    all_of,
    any_of,
    choose_band,
    choose_turn,
    each_of,
    in_order,
    make_plan,
    n_of,
    one,
    plan_from_json,
    plan_to_json,
    problems,
    progress,
    stages_from_json,
    stages_to_json,
    turns,
    unsignable,
)

D = Decimal
STAGES = (one("gm"),)


def bands(*spans):
    return [
        Band(since=D(since), until=None if until is None else D(until), stages=STAGES)
        for since, until in spans
    ]


@pytest.mark.parametrize(
    ("spans", "found"),
    [
        ([(0, None)], []),
        ([(0, 100), (100, None)], []),
        ([(100, None), (0, 100)], []),  # in any order
        ([], [Problem.NO_BAND]),
        ([("0.0001", None)], [Problem.NOT_FROM_ZERO]),
        ([(0, 100)], [Problem.CLOSED_END]),
        ([(0, 100), ("100.0001", None)], [Problem.GAP]),
        ([(0, 100), ("99.9999", None)], [Problem.OVERLAP]),
        ([(0, None), (100, None)], [Problem.OVERLAP]),
        ([(0, 0), (0, None)], [Problem.BACKWARDS]),
    ],
)
def test_bands_cover_every_amount_once(spans, found):
    assert problems(bands(*spans)) == found


@pytest.mark.parametrize(
    ("stage", "found"),
    [
        (n_of(2, "finance", "legal"), []),
        (n_of(3, "finance", "legal"), [Problem.WRONG_NUMBER]),
        (n_of(0, "finance"), [Problem.WRONG_NUMBER]),
        (Stage(rule=Rule.N_OF_M, n=5, signers=each_of("credit_committee").signers), []),
        (Stage(rule=Rule.ALL, signers=()), [Problem.NO_SIGNER]),
        (Stage(rule=Rule.ALL, signers=(Signer(),)), [Problem.NO_SIGNER]),
        (Stage(rule=Rule.ALL, signers=(Signer(role="gm", person=1),)), [Problem.NO_SIGNER]),
    ],
)
def test_a_stage_names_signers_that_reach_its_number(stage, found):
    assert problems([Band(stages=(stage,))]) == found


def test_a_band_without_stages_is_no_route():
    assert problems([Band(stages=())]) == [Problem.NO_STAGE]


@pytest.mark.parametrize(
    ("amount", "since"),
    [("0", "0"), ("99.9999", "0"), ("100", "100"), ("1000", "1000"), (None, "1000")],
)
def test_a_band_begins_with_its_first_amount(amount, since):
    route = bands((0, 100), (100, 1000), (1000, None))

    assert choose_band(route, None if amount is None else D(amount)).since == D(since)


def test_a_negative_amount_has_no_band():
    with pytest.raises(ValueError, match="no band"):
        choose_band(bands((0, None)), D("-0.0001"))


@given(st.sets(st.integers(1, 1000), max_size=6), st.integers(0, 1200))
def test_every_amount_lies_in_exactly_one_band_of_a_route(cuts, amount):
    edges = [0, *sorted(cuts), None]
    route = bands(*pairwise(edges))

    assert problems(route) == []
    holding = [b for b in route if b.since <= amount and (b.until is None or amount < b.until)]
    assert holding == [choose_band(route, D(amount))]


def signed(*places, first=1):
    """Approvals of these (stage, seat) by people first, first + 1 …"""
    return [
        Signed(stage=stage, seat=seat, signer=who, voice=who)
        for who, (stage, seat) in enumerate(places, first)
    ]


def plan_of(*stages):
    return make_plan(stages, holders={}, requester=0)


@pytest.mark.parametrize(
    ("stage", "places", "open_seats", "missing"),
    [
        (all_of("a", "b"), [], (0, 1), 2),
        (all_of("a", "b"), [(0, 1)], (0,), 1),
        (all_of("a", "b"), [(0, 1), (0, 0)], (), 0),
        (any_of("a", "b"), [], (0, 1), 1),
        (any_of("a", "b"), [(0, 1)], (), 0),
        (in_order("a", "b", "c"), [], (0,), 3),
        (in_order("a", "b", "c"), [(0, 0)], (1,), 2),
        (in_order("a", "b", "c"), [(0, 0), (0, 1), (0, 2)], (), 0),
        (n_of(2, "a", "b", "c"), [], (0, 1, 2), 2),
        (n_of(2, "a", "b", "c"), [(0, 2)], (0, 1), 1),
        (n_of(2, "a", "b", "c"), [(0, 2), (0, 0)], (), 0),
    ],
)
def test_a_stage_waits_for_as_many_as_its_rule_says(stage, places, open_seats, missing):
    now = progress(plan_of(stage), signed(*places))

    assert (now.open_seats, now.missing, now.complete) == (open_seats, missing, missing == 0)


def test_stages_follow_one_another():
    plan = plan_of(any_of("a", "b"), one("c"))

    assert progress(plan, []).stage == 0
    assert progress(plan, signed((0, 0))).stage == 1
    assert progress(plan, signed((0, 0), (1, 0))).complete


def test_a_committee_is_everybody_in_it_but_the_requester():
    plan = make_plan([each_of("committee")], holders={"committee": {3, 1, 2}}, requester=2)

    assert plan == [
        PlannedStage(
            rule=Rule.ALL,
            seats=(Seat(role="committee", person=1), Seat(role="committee", person=3)),
        )
    ]


HOLDERS = {"finance": {1, 2}, "gm": {2, 3}}


def desk(*stages, signatures=(), requester=9, holders=HOLDERS):
    plan = make_plan(stages, holders=holders, requester=requester)
    return Desk(plan=plan, requester=requester, signatures=signatures, holders=holders)


@pytest.mark.parametrize(
    ("person", "principals", "expected"),
    [
        (1, [], [(0, 1)]),
        (3, [], []),  # the gm's stage comes later
        (3, [1], [(0, 1)]),  # as a deputy
        (1, [2], [(0, 1), (0, 2)]),  # for oneself first
        (9, [], []),
        (9, [1], []),  # not on one's own request, as whoever
        (4, [9], []),  # nor for its author
    ],
)
def test_who_may_sign_now(person, principals, expected):
    found = turns(desk(one("finance"), one("gm")), person, principals)

    assert [(turn.seat, turn.voice) for turn in found] == expected


def test_the_author_does_not_sign_as_a_holder_of_the_role():
    assert turns(desk(one("finance"), requester=1), 1) == []
    assert turns(desk(one("finance"), requester=1), 4, [1]) == []


def test_one_hand_signs_once_and_one_voice_counts_once():
    by_deputy = [Signed(stage=0, seat=0, signer=7, voice=2)]
    before = desk(one("finance"), one("gm"), signatures=by_deputy)

    assert turns(before, 2) == []  # 7 has spoken for 2
    assert turns(before, 7, [3]) == []  # 7 has signed
    assert turns(before, 8, [2]) == []
    assert turns(before, 8, [3]) == [Turn(stage=1, seat=0, voice=3)]


@pytest.mark.parametrize(
    ("stages", "holders", "role"),
    [
        ([one("gm")], {"gm": {1}}, None),
        ([one("gm")], {"gm": set()}, "gm"),
        ([one("gm")], {"gm": {9}}, "gm"),  # the author only
        ([one("finance"), one("gm")], {"finance": {1}, "gm": {1}}, "gm"),
        ([one("finance"), one("gm")], {"finance": {1, 2}, "gm": {1}}, None),
        ([any_of("finance", "gm")], {"finance": set(), "gm": {1}}, None),
        ([n_of(2, "a", "b", "c")], {"a": {1}, "b": set(), "c": {2}}, None),
        ([n_of(2, "a", "b", "c")], {"a": {1, 2}, "b": set(), "c": set()}, "c"),
    ],
)
def test_a_route_nobody_could_sign_to_the_end_is_named(stages, holders, role):
    found = unsignable(desk(*stages, holders=holders))

    assert (found.role if found else None) == role


def test_the_last_who_could_sign_a_later_stage_keeps_the_signature_for_it():
    before = desk(one("finance"), one("gm"), holders={"finance": {1, 2}, "gm": {1}})

    assert choose_turn(before, turns(before, 1), 1) is None
    assert choose_turn(before, turns(before, 2), 2) == Turn(stage=0, seat=0, voice=2)


roles = st.sampled_from(["a", "b", "c"])
some_roles = st.lists(roles, min_size=1, max_size=3)
stages = st.one_of(
    some_roles.map(lambda names: all_of(*names)),
    some_roles.map(lambda names: any_of(*names)),
    some_roles.map(lambda names: in_order(*names)),
    some_roles.flatmap(lambda n: st.integers(1, len(n)).map(lambda k: n_of(k, *n))),
    roles.map(each_of),
)
people = st.integers(1, 6)


@given(
    st.lists(stages, min_size=1, max_size=3),
    st.fixed_dictionaries({role: st.frozensets(people) for role in "abc"}),
    people,
    st.lists(people, max_size=30),
)
def test_whoever_signs_in_whatever_order_the_request_never_gets_stuck(
    route, holders, requester, order
):
    now = desk(*route, holders=holders, requester=requester)
    if unsignable(now) is not None:
        return
    for person in [*order, *range(1, 7), *range(1, 7), *range(1, 7)] * 3:
        possible = turns(now, person)
        turn = choose_turn(now, possible, person) if possible else None
        if turn is not None:
            now = now.with_signature(turn, person)

    hands = [signature.signer for signature in now.signatures]
    assert now.progress.complete
    assert len(hands) == len(set(hands))
    assert requester not in hands


@given(st.lists(stages, max_size=3))
def test_stages_and_plans_read_back_as_they_were_written(route):
    plan = make_plan(route, holders={"a": {1, 2}}, requester=1)

    assert stages_from_json(stages_to_json(route)) == tuple(route)
    assert plan_from_json(plan_to_json(plan)) == plan
