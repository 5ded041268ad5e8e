"""Days overdue, aging, allocation and instalments: boundaries and sums to the last 0.0001."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.rules.months import add_months
from credit.rules.receivables import (
    AgingPolicy,
    AllocationError,
    OpenInvoice,
    aging,
    allocate,
    allocate_as_told,
    days_overdue,
    instalments,
)
from kam.core.policy_data import from_json, to_json

DAY = date(2026, 3, 31)
POLICY = AgingPolicy()


def invoice(number, amount, due=DAY, issued=date(2026, 1, 1)):
    return OpenInvoice(number=number, issued_on=issued, due_on=due, open_amount=Decimal(amount))


@pytest.mark.parametrize(("days", "overdue"), [(-1, 0), (0, 0), (1, 1), (400, 400)])
def test_the_due_date_itself_is_not_overdue(days, overdue):
    assert days_overdue(DAY, DAY + timedelta(days=days)) == overdue


def test_the_buckets_that_are_shipped():
    assert POLICY.names == (
        *("not_due", "1-30", "31-60", "61-90"),
        *("91-180", "181-365", "over_365"),
    )
    assert from_json(AgingPolicy, to_json(POLICY)) == POLICY


@pytest.mark.parametrize(
    ("overdue", "bucket"),
    [
        *[(-5, "not_due"), (0, "not_due"), (1, "1-30"), (30, "1-30"), (31, "31-60")],
        *[(60, "31-60"), (61, "61-90"), (90, "61-90"), (91, "91-180"), (180, "91-180")],
        *[(181, "181-365"), (365, "181-365"), (366, "over_365"), (9999, "over_365")],
    ],
)
def test_both_sides_of_every_bucket(overdue, bucket):
    assert POLICY.bucket(overdue) == bucket


@pytest.mark.parametrize("upper", [(), (0, 30), (30, 30), (60, 30), (-1,)])
def test_buckets_that_do_not_ascend_are_refused(upper):
    with pytest.raises(ValueError, match="ascend"):
        AgingPolicy(upper_days=upper)


amounts = st.decimals("-99999", "99999", places=4)
invoices = st.lists(
    st.builds(
        OpenInvoice,
        number=st.text("ABC0123", min_size=1, max_size=4),
        issued_on=st.dates(date(2025, 1, 1), date(2026, 1, 1)),
        due_on=st.dates(date(2025, 1, 1), date(2027, 1, 1)),
        open_amount=amounts,
    ),
    max_size=12,
)
bounds = st.sets(st.integers(1, 800), min_size=1, max_size=6).map(sorted).map(tuple)


@given(invoices, bounds)
def test_the_buckets_sum_to_what_is_open(found, upper):
    buckets = aging(found, DAY, AgingPolicy(upper_days=upper))

    assert sum(each.amount for each in buckets.values()) == sum(i.open_amount for i in found)
    assert sum(each.count for each in buckets.values()) == len(found)
    assert tuple(buckets) == AgingPolicy(upper_days=upper).names


def test_the_oldest_due_is_settled_first_then_by_issue_then_by_number():
    later = invoice("A", 10, due=DAY + timedelta(days=1))
    issued_later = invoice("B", 10, issued=date(2026, 2, 1))
    second, first = invoice("D", 10), invoice("C", 10)

    allocation = allocate(Decimal("35.0001"), [later, issued_later, second, first])

    assert allocation.parts == (("C", 10), ("D", 10), ("B", 10), ("A", Decimal("5.0001")))
    assert allocation.unallocated == 0


@pytest.mark.parametrize(
    ("amount", "parts", "left"),
    [
        ("9.9999", (("A", "9.9999"),), "0"),
        ("10", (("A", "10"),), "0"),
        ("10.0001", (("A", "10"), ("B", "0.0001")), "0"),
        ("30", (("A", "10"), ("B", "20")), "0"),
        ("30.0001", (("A", "10"), ("B", "20")), "0.0001"),
    ],
)
def test_what_is_left_over_stays_as_credit(amount, parts, left):
    found = [invoice("A", 10), invoice("B", 20), invoice("N", -5), invoice("Z", 0)]

    allocation = allocate(Decimal(amount), found)

    assert allocation.parts == tuple((number, Decimal(part)) for number, part in parts)
    assert allocation.unallocated == Decimal(left)


@given(st.decimals("0.0001", "99999", places=4), invoices)
def test_an_allocation_sums_to_the_payment_and_overpays_no_invoice(amount, found):
    unique = {each.number: each for each in found}

    allocation = allocate(amount, list(unique.values()))

    assert sum(part for _, part in allocation.parts) + allocation.unallocated == amount
    assert all(0 < part <= unique[number].open_amount for number, part in allocation.parts)
    assert allocation == allocate(amount, list(reversed(unique.values())))
    settled = sum(max(each.open_amount, Decimal(0)) for each in unique.values())
    assert allocation.unallocated == max(amount - settled, Decimal(0))


def test_an_allocation_as_told_leaves_the_rest_unallocated():
    told = [("B", Decimal(5)), ("A", Decimal(10))]

    allocation = allocate_as_told(Decimal(20), told, [invoice("A", 10), invoice("B", 20)])

    assert (allocation.parts, allocation.unallocated) == (tuple(told), 5)


def test_an_allocation_as_told_may_use_the_whole_payment():
    told = [("A", Decimal(10)), ("B", Decimal(20))]

    allocation = allocate_as_told(Decimal(30), told, [invoice("A", 10), invoice("B", 20)])

    assert (allocation.parts, allocation.unallocated) == (tuple(told), 0)


@pytest.mark.parametrize(
    ("amount", "told", "code", "number"),
    [
        ("20", [("X", "1")], "unknown_invoice", "X"),
        ("20", [("A", "10.0001")], "over_invoice", "A"),
        ("20", [("A", "0")], "not_positive", "A"),
        ("20", [("A", "-1")], "not_positive", "A"),
        ("20", [("A", "1"), ("A", "1")], "twice", "A"),
        ("20", [("A", "10"), ("B", "10.0001")], "over_payment", ""),
        ("0", [], "not_positive", ""),
    ],
)
def test_an_allocation_that_does_not_fit_is_refused(amount, told, code, number):
    parts = [(name, Decimal(part)) for name, part in told]

    with pytest.raises(AllocationError) as caught:
        allocate_as_told(Decimal(amount), parts, [invoice("A", 10), invoice("B", 20)])

    assert (caught.value.code, caught.value.number) == (code, number)


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_nothing_is_allocated_of_no_payment(amount):
    with pytest.raises(AllocationError, match="not_positive"):
        allocate(Decimal(amount), [])


def test_instalments_have_the_remainder_on_the_last():
    schedule = instalments(Decimal(100), count=3, first_due_on=date(2026, 1, 31))

    assert [each.amount for each in schedule] == [
        *(Decimal("33.33"), Decimal("33.33")),
        Decimal("33.34"),
    ]
    assert [each.due_on for each in schedule] == [
        *(date(2026, 1, 31), date(2026, 2, 28)),
        date(2026, 3, 31),
    ]
    assert [each.position for each in schedule] == [1, 2, 3]


@given(st.decimals(1, 10**9, places=4), st.integers(1, 60), st.dates(date(2020, 1, 1)), st.just(1))
def test_instalments_sum_to_the_amount(amount, count, first, every):
    first = min(first, date(2100, 1, 1))
    schedule = instalments(amount, count=count, first_due_on=first, every_months=every)

    assert sum(each.amount for each in schedule) == amount
    assert len(schedule) == count
    assert all(each.amount > 0 for each in schedule)
    assert sorted(each.due_on for each in schedule) == [each.due_on for each in schedule]
    assert schedule[0].due_on == first


@pytest.mark.parametrize(
    ("amount", "count", "every"), [("1", 0, 1), ("1", 1, 0), ("0.02", 3, 1), ("0", 1, 1)]
)
def test_instalments_that_cannot_be_are_errors(amount, count, every):
    with pytest.raises(ValueError, match="instalment"):
        instalments(Decimal(amount), count=count, first_due_on=DAY, every_months=every)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 36, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
    ],
)
def test_a_day_that_a_month_does_not_have_becomes_its_last(day, months, expected):
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)
