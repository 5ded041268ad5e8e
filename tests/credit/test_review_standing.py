"""A line that was not reviewed in time lapses: due after six months, dead thirty days later."""

from datetime import date

import pytest
import time_machine

from credit.queries.reviews import lapsing, review_standing_of
from tests.credit.lines import make_line
from tests.factories import make_account

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2026, 6, 16), "in_time"),
        (date(2026, 6, 17), "due_soon"),
        (date(2026, 7, 17), "due_soon"),  # the day it is due
        (date(2026, 7, 18), "overdue"),
        (date(2026, 8, 16), "overdue"),  # the last day it counts
        (date(2026, 8, 17), "lapsed"),
    ],
)
def test_a_line_lapses_after_its_grace(gm, on, state):
    with time_machine.travel("2026-01-17T08:00+08:00", tick=False):
        line = make_line(make_account(), approved_by=gm, valid_from=date(2026, 1, 10))

    standing = review_standing_of([line.account_id], on)[line.account_id]

    assert standing.state == state
    assert (standing.due_on, standing.counts_until) == (date(2026, 7, 17), date(2026, 8, 16))


def test_an_account_without_a_line_has_nothing_to_review(gm):
    assert review_standing_of([make_account().pk], date(2026, 7, 1)) == {}


def test_lines_that_run_out_or_grant_nothing_are_not_warned_of(gm):
    with time_machine.travel("2026-01-01T08:00+08:00", tick=False):
        late = make_line(make_account(), approved_by=gm)
        make_line(make_account(), approved_by=gm, limit=0)
        make_line(make_account(), approved_by=gm, valid_until=date(2026, 6, 30))

    assert list(lapsing(date(2026, 7, 20))) == [late.account_id]
    assert lapsing(date(2026, 5, 1)) == {}
