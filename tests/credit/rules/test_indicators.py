"""DSO and its relatives, the payment index, late interest and limitation."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.rules.claims import (
    LateInterestPolicy,
    LimitationPolicy,
    Restart,
    RestartKind,
    late_interest,
    limitation,
)
from credit.rules.indicators import (
    Experience,
    PaymentIndexPolicy,
    PaymentStep,
    SalesPeriod,
    average_days_delinquent,
    average_days_late,
    best_possible_dso,
    collection_effectiveness,
    countback_dso,
    days_sales_outstanding,
    paid_on_time_share,
    payment_index,
)
from kam.core.policy_data import from_json, to_json

DUE = date(2026, 3, 31)
positive = st.decimals(0, 10**6, places=2)


@pytest.mark.parametrize(
    ("receivables", "sales", "days", "expected"),
    [
        ("1500", "3000", 90, "45.00"),
        ("1000", "3000", 31, "10.33"),
        ("0", "3000", 90, "0.00"),
        ("-30", "3000", 90, "-0.90"),
        ("1500", "0", 90, None),
        ("1500", "-1", 90, None),
    ],
)
def test_dso_is_receivables_over_credit_sales_times_days(receivables, sales, days, expected):
    found = days_sales_outstanding(Decimal(receivables), Decimal(sales), days)

    assert found == (expected and Decimal(expected))


def test_a_period_without_days_is_an_error():
    with pytest.raises(ValueError, match="day"):
        days_sales_outstanding(Decimal(1), Decimal(1), 0)


@given(positive, positive, st.decimals(1, 10**6, places=2), st.integers(1, 366))
def test_average_days_delinquent_is_what_dso_exceeds_the_best_possible(
    not_due, overdue, sales, days
):
    dso = days_sales_outstanding(not_due + overdue, sales, days)
    best = best_possible_dso(not_due, sales, days)

    assert abs(average_days_delinquent(overdue, sales, days) - (dso - best)) <= Decimal("0.02")


@pytest.mark.parametrize(
    ("opening", "sales", "closing", "not_due", "expected"),
    [
        ("1000", "500", "600", "400", "81.82"),
        ("1000", "500", "400", "400", "100.00"),
        ("1000", "500", "1500", "0", "0.00"),
        ("0", "500", "500", "500", None),
        ("0", "0", "0", "0", None),
    ],
)
def test_cei_is_what_was_collected_of_what_could_be(opening, sales, closing, not_due, expected):
    found = collection_effectiveness(
        opening=Decimal(opening),
        credit_sales=Decimal(sales),
        closing=Decimal(closing),
        closing_not_due=Decimal(not_due),
    )

    assert found == (expected and Decimal(expected))


MONTHS = [
    SalesPeriod(days=31, credit_sales=Decimal(100)),
    SalesPeriod(days=28, credit_sales=Decimal(200)),
    SalesPeriod(days=31, credit_sales=Decimal(0)),
    SalesPeriod(days=30, credit_sales=Decimal(-40)),
    SalesPeriod(days=31, credit_sales=Decimal(300)),
]


@pytest.mark.parametrize(
    ("receivables", "expected"),
    [
        ("0", "0"),
        ("-10", "0"),
        ("50", "15.5"),
        ("100", "31"),
        ("200", "45"),
        ("300", "59"),
        ("450", "135.5"),
        ("600", "151"),
        ("600.01", None),
    ],
)
def test_countback_counts_the_newest_sales_first(receivables, expected):
    assert countback_dso(Decimal(receivables), MONTHS) == (expected and Decimal(expected))


INDEX = PaymentIndexPolicy()


@pytest.mark.parametrize(
    ("late", "points"),
    [
        *[(-31, 100), (-30, 100), (-29, 90), (-20, 90), (-19, 80), (0, 80), (1, 70), (15, 70)],
        *[(16, 60), (22, 60), (23, 50), (30, 50), (31, 40), (60, 40), (61, 30), (90, 30)],
        *[(91, 20), (120, 20), (121, 0)],
    ],
)
def test_points_of_a_payment_on_both_sides_of_every_step(late, points):
    assert INDEX.points(late) == points


def paid(*pairs):
    return [Experience(amount=Decimal(amount), days_late=late) for amount, late in pairs]


def test_payment_figures_are_weighted_by_amount():
    found = paid(("900", 0), ("100", 130), ("-50", 0), ("0", 99))

    assert payment_index(found, INDEX) == Decimal("72.00")
    assert paid_on_time_share(found) == Decimal("0.9")
    assert average_days_late(found) == Decimal("13.00")


def test_early_payments_do_not_make_up_for_late_ones_in_days():
    assert average_days_late(paid(("100", -50), ("100", 10))) == 5


@pytest.mark.parametrize("found", [[], paid(("-5", 3)), paid(("0", 3))])
def test_without_a_payment_there_is_no_figure(found):
    assert payment_index(found, INDEX) is None
    assert paid_on_time_share(found) is None
    assert average_days_late(found) is None


@given(st.lists(st.tuples(positive, st.integers(-60, 400)), min_size=1), st.integers(0, 100))
def test_paying_later_never_raises_the_index(pairs, more):
    before = payment_index(paid(*pairs), INDEX)
    after = payment_index(paid(*((amount, late + more) for amount, late in pairs)), INDEX)

    assert before is None or before >= after
    assert before is None or 0 <= before <= 100


@pytest.mark.parametrize(
    "steps", [[], [(0, 101)], [(0, -1)], [(0, 80), (0, 70)], [(0, 80), (5, 80)]]
)
def test_an_index_whose_points_do_not_fall_is_refused(steps):
    made = tuple(PaymentStep(days_late=days, points=Decimal(points)) for days, points in steps)

    with pytest.raises(ValueError, match="points"):
        PaymentIndexPolicy(steps=made)


def test_the_policies_come_back_from_json():
    for policy in (INDEX, LateInterestPolicy(), LimitationPolicy()):
        assert from_json(type(policy), to_json(policy)) == policy


INTEREST = LateInterestPolicy(base_rate=Decimal("0.04"), multiple=Decimal("1.5"), grace_days=3)


@pytest.mark.parametrize(
    ("amount", "days", "interest"),
    [
        ("36500", 0, "0"),
        ("36500", -10, "0"),
        ("36500", 3, "0"),
        ("36500", 4, "24"),
        ("36500", 365, "2190"),
        ("100", 5, "0.0822"),
        ("0", 100, "0"),
        ("-100", 100, "0"),
    ],
)
def test_interest_counts_from_the_first_day_once_the_grace_has_passed(amount, days, interest):
    until = DUE + timedelta(days=days)

    found = late_interest(Decimal(amount), due_on=DUE, until=until, policy=INTEREST)

    assert found == Decimal(interest)


@pytest.mark.parametrize(
    "fields",
    [
        {"base_rate": Decimal(-1)},
        {"multiple": Decimal(-1)},
        {"grace_days": -1},
        {"days_of_year": 0},
    ],
)
def test_interest_that_cannot_be_is_an_error(fields):
    with pytest.raises(ValueError, match="negative"):
        LateInterestPolicy(**fields)


CLAIM, PAYMENT, ACKNOWLEDGED, SUIT = (
    *(RestartKind.CLAIM, RestartKind.PAYMENT),
    *(RestartKind.ACKNOWLEDGEMENT, RestartKind.PROCEEDINGS),
)


@pytest.mark.parametrize(
    ("restarts", "until"),
    [
        ([], "2029-03-31"),
        ([(CLAIM, "2026-03-31")], "2029-03-31"),
        ([(CLAIM, "2026-04-01")], "2029-04-01"),
        ([(CLAIM, "2029-03-31")], "2032-03-31"),
        ([(CLAIM, "2029-04-01")], "2029-03-31"),
        ([(PAYMENT, "2029-04-01")], "2029-03-31"),
        ([(SUIT, "2029-04-01")], "2029-03-31"),
        ([(ACKNOWLEDGED, "2029-04-01")], "2032-04-01"),
        ([(PAYMENT, "2028-01-01"), (CLAIM, "2027-01-01")], "2031-01-01"),
        ([(CLAIM, "2027-01-01"), (SUIT, "2030-01-01")], "2033-01-01"),
        ([(CLAIM, "2027-01-01"), (SUIT, "2030-01-02")], "2030-01-01"),
        ([(ACKNOWLEDGED, "2046-03-31")], "2046-03-31"),
        ([(ACKNOWLEDGED, "2046-04-01")], "2029-03-31"),
    ],
)
def test_the_limitation_date_is_restarted_in_time_only(restarts, until):
    events = [Restart(kind=kind, on=date.fromisoformat(on)) for kind, on in restarts]

    assert limitation(DUE, events, LimitationPolicy()).until == date.fromisoformat(until)


def test_a_limitation_names_its_restart_and_the_days_left():
    claim = Restart(kind=CLAIM, on=date(2027, 1, 1))

    found = limitation(DUE, [claim], LimitationPolicy())

    assert found.restarted_by == claim
    assert [found.days_left(found.until + timedelta(days=days)) for days in (-1, 0, 1)] == [
        1,
        0,
        -1,
    ]


@pytest.mark.parametrize(("years", "longest"), [(0, 20), (3, 2)])
def test_a_limitation_that_cannot_be_is_an_error(years, longest):
    with pytest.raises(ValueError, match="limitation"):
        LimitationPolicy(years=years, longest_years=longest)
