"""When a visit is due, and how a month of them is spread."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kam.core.calendar import workdays
from visits.rules import NEXT, Booking, Candidate, Status, Why, due_on, propose

FIRST, LAST = date(2026, 12, 1), date(2026, 12, 31)
DAYS = workdays(FIRST, LAST)  # 23 working days


def candidate(number="A", due=date(2026, 12, 15), rank=1, every=60, territory="华东"):
    return Candidate(
        account_id=1,
        account_number=number,
        rank=rank,
        territory=territory,
        every_days=every,
        due_on=due,
    )


def plan(*candidates, days=DAYS, capacity=2, booked=()):
    return propose(candidates, days=days, until=LAST, capacity=capacity, booked=booked)


@pytest.mark.parametrize(
    ("last_on", "known_since", "expected"),
    [
        (date(2026, 11, 1), date(2020, 1, 1), date(2026, 12, 1)),
        (None, date(2026, 11, 1), date(2026, 12, 1)),
    ],
)
def test_a_visit_is_due_its_interval_after_the_last_one_or_the_opening(
    last_on, known_since, expected
):
    assert due_on(last_on, known_since, 30) == expected


def test_nothing_follows_done_or_cancelled():
    assert NEXT[Status.DONE] == NEXT[Status.CANCELLED] == set()


@pytest.mark.parametrize(("due", "planned"), [(LAST, 1), (LAST + timedelta(days=1), 0)])
def test_what_is_due_after_the_month_waits_for_the_next(due, planned):
    assert len(plan(candidate(due=due)).placed) == planned


def test_a_visit_is_in_time_and_at_most_a_quarter_of_its_interval_early():
    (placed,) = plan(candidate(due=date(2026, 12, 18), every=60)).placed

    assert placed.why is Why.IN_TIME
    assert date(2026, 12, 3) <= placed.day <= date(2026, 12, 18)


def test_an_overdue_customer_comes_first_thing():
    (placed,) = plan(candidate(due=date(2026, 10, 1))).placed

    assert (placed.day, placed.why) == (DAYS[0], Why.OVERDUE)


def test_a_full_window_moves_the_visit_earlier_and_then_later():
    due = date(2026, 12, 4)
    until_due = [day for day in DAYS if day <= due]

    early = plan(candidate(due=date(2026, 12, 18), every=8), days=DAYS, booked=full(11, 18))
    late = plan(candidate(due=due), capacity=1, booked=[Booking(day, "") for day in until_due])

    assert [each.why for each in early.placed[:1]] == [Why.EARLY]
    assert [(each.day, each.why) for each in late.placed] == [(date(2026, 12, 7), Why.LATE)]


def full(since, until):
    days = [day for day in DAYS if since <= day.day <= until]
    return [Booking(day, "") for day in days for _ in range(2)]


def test_without_room_the_lower_tier_is_left_out():
    strategic, ordinary = candidate("S", rank=0), candidate("O", rank=2)

    proposal = plan(ordinary, strategic, days=DAYS[:1], capacity=1)

    assert [each.candidate.account_number for each in proposal.placed] == ["S"]
    assert [each.account_number for each in proposal.unplaced] == ["O"]


def test_a_month_without_working_days_has_no_room():
    assert plan(candidate(), days=[]).unplaced == (candidate(),)


def test_a_day_goes_to_one_territory_while_there_are_others():
    proposal = plan(
        *(candidate(f"E{n}", territory="华东") for n in range(4)),
        *(candidate(f"N{n}", territory="华北") for n in range(4)),
    )

    regions: dict[date, set[str]] = {}
    for each in proposal.placed:
        regions.setdefault(each.day, set()).add(each.candidate.territory)
    assert all(len(names) == 1 for names in regions.values())


def test_visits_are_spread_rather_than_heaped():
    proposal = plan(*(candidate(f"E{n}") for n in range(8)))

    assert max(Counter(each.day for each in proposal.placed).values()) == 1


def test_a_customer_that_falls_due_twice_is_planned_twice():
    days = [each.day for each in plan(candidate(due=FIRST, every=14)).placed]

    assert len(days) == 3
    assert all(later - earlier <= timedelta(days=14) for earlier, later in pairwise(days))


candidates = st.lists(
    st.builds(
        candidate,
        number=st.uuids().map(str),
        due=st.dates(date(2026, 9, 1), date(2027, 1, 31)),
        rank=st.integers(0, 2),
        every=st.integers(1, 200),
        territory=st.sampled_from(["华东", "华北", ""]),
    ),
    max_size=25,
)


@given(candidates, st.integers(1, 3), st.lists(st.sampled_from(DAYS), max_size=20))
def test_no_day_takes_more_than_it_holds_and_nobody_is_forgotten(wanted, capacity, booked):
    bookings = [Booking(day, "华东") for day in booked]

    proposal = plan(*wanted, capacity=capacity, booked=bookings)

    before = Counter(booked)
    load = Counter(each.day for each in proposal.placed)
    assert load.keys() <= set(DAYS)
    assert all(load[day] + before[day] <= capacity for day in load)
    due = {each.account_number for each in wanted if each.due_on <= LAST}
    told = {each.candidate.account_number for each in proposal.placed}
    told |= {each.account_number for each in proposal.unplaced}
    assert told == due


@given(candidates, st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order_of_the_customers(wanted, random):
    shuffled = list(wanted)
    random.shuffle(shuffled)

    assert plan(*wanted) == plan(*shuffled)
