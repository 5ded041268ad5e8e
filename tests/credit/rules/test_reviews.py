from datetime import date
from decimal import Decimal

import pytest

from credit.rules.reviews import ReviewFigures, propose_review, review_period
from credit.rules.supervision import ReviewPolicy


@pytest.mark.parametrize(
    ("months", "on", "label", "opens_on", "due_on"),
    [
        (6, date(2026, 1, 1), "2026H1", date(2026, 5, 31), date(2026, 6, 30)),
        (6, date(2026, 6, 30), "2026H1", date(2026, 5, 31), date(2026, 6, 30)),
        (6, date(2026, 7, 1), "2026H2", date(2026, 12, 1), date(2026, 12, 31)),
        (6, date(2026, 12, 31), "2026H2", date(2026, 12, 1), date(2026, 12, 31)),
        (3, date(2026, 4, 1), "2026Q2", date(2026, 5, 31), date(2026, 6, 30)),
        (12, date(2026, 4, 1), "2026", date(2026, 12, 1), date(2026, 12, 31)),
        (24, date(2026, 4, 1), "2026", date(2026, 12, 1), date(2026, 12, 31)),
        (5, date(2026, 10, 31), "2026P2", date(2026, 10, 1), date(2026, 10, 31)),
        (5, date(2026, 11, 1), "2026P3", date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_the_year_is_cut_into_periods(months, on, label, opens_on, due_on):
    period = review_period(on, ReviewPolicy(every_months=months))

    assert (period.label, period.opens_on, period.due_on) == (label, opens_on, due_on)


@pytest.mark.parametrize(
    ("figures", "limit", "code"),
    [
        ({}, "1000", "kept"),
        ({"suggested_limit": Decimal(1000)}, "1000", "kept"),
        ({"suggested_limit": Decimal("999.99")}, "999.99", "cut_to_suggestion"),
        ({"suggested_limit": Decimal(5000)}, "1000", "kept"),
        ({"grade": "C"}, "1000", "kept"),
        ({"grade": "D"}, "0", "cut_to_nothing"),
        ({"max_overdue_days": 89}, "1000", "kept"),
        ({"max_overdue_days": 90}, "0", "cut_to_nothing"),
    ],
)
def test_the_rules_keep_a_limit_or_cut_it_and_never_raise_it(figures, limit, code):
    known = {
        "limit": Decimal(1000),
        "terms_days": 30,
        "grade": None,
        "suggested_limit": None,
        "max_overdue_days": 0,
    }

    proposal = propose_review(ReviewFigures(**known | figures), ReviewPolicy())

    assert (proposal.limit, proposal.terms_days, proposal.code) == (Decimal(limit), 30, code)
