"""A line that was not reviewed in time lapses: due after six months, dead thirty days later."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from approvals import services as approvals
from credit.queries.held_orders import look
from credit.queries.reviews import lapsing, review_standing_of
from credit.rules.supervision import ReviewPolicy, ReviewState, lapsed_through, review_standing
from credit.services import campaigns, lines, proposals, reviews
from kam.core import metrics
from kam.core.errors import RuleViolation
from tests.credit.documents import make_invoice
from tests.credit.lines import make_line
from tests.credit.terms import propose, request_of, sign_all
from tests.factories import make_account, make_user

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


@pytest.mark.parametrize(
    ("on", "use"),
    [
        ("2026-08-16", [Decimal("0.400000")]),  # the last day it counts
        ("2026-08-17", []),  # lapsed
    ],
)
def test_a_line_that_gives_no_credit_has_no_use(gm, on, use):
    with time_machine.travel("2026-01-17T08:00+08:00", tick=False):
        line = make_line(make_account(), approved_by=gm, valid_until=date(2026, 12, 31))
    make_invoice(line.account, line.limit * Decimal("0.4"))

    with time_machine.travel(f"{on}T08:00+08:00", tick=False):
        found = metrics.values("credit_utilisation", timezone.localdate(), [line.account_id])

    assert list(found) == use


def test_an_account_without_a_line_has_nothing_to_review(gm):
    assert review_standing_of([make_account().pk], date(2026, 7, 1)) == {}


def test_lines_that_run_out_or_grant_nothing_are_not_warned_of(gm):
    with time_machine.travel("2026-01-01T08:00+08:00", tick=False):
        late = make_line(make_account(), approved_by=gm)
        make_line(make_account(), approved_by=gm, limit=0)
        make_line(make_account(), approved_by=gm, valid_until=date(2026, 6, 30))

    assert list(lapsing(date(2026, 7, 20))) == [late.account_id]
    assert lapsing(date(2026, 5, 1)) == {}


# --- what counts as a review


def kept(account, *, by, signed_by):
    """The line once more on the same terms, with one signature."""
    line = lines.in_force(account.pk, timezone.localdate())
    proposal = propose(account, by, str(line.limit), valid_until=date(2027, 12, 31))
    assert request_of(proposal).kind == proposals.KEEP
    return sign_all(proposal, signed_by)


def test_the_same_terms_once_more_are_no_review(k1, anna, gm, fiona):
    with time_machine.travel("2026-01-17T08:00+08:00", tick=False):
        make_line(k1, approved_by=gm)
    with time_machine.travel("2026-07-01T08:00+08:00", tick=False):
        again = kept(k1, by=anna, signed_by=fiona)
    with time_machine.travel("2026-08-01T08:00+08:00", tick=False):
        and_again = kept(k1, by=anna, signed_by=fiona)

    assert again.reviewed_on == and_again.reviewed_on == date(2026, 1, 17)
    standing = review_standing_of([k1.pk], date(2026, 8, 17))[k1.pk]
    assert standing.state == "lapsed"


def test_a_raise_is_decided_with_all_figures_and_starts_the_half_year_anew(k1, anna, gm):
    carla = make_user("carla", "credit_committee")
    with time_machine.travel("2026-01-17T08:00+08:00", tick=False):
        make_line(k1, approved_by=gm)
    with time_machine.travel("2026-07-01T08:00+08:00", tick=False):
        line = sign_all(propose(k1, anna, "1001"), carla, gm)

    assert line.reviewed_on == date(2026, 7, 1)


def test_a_lapsed_line_is_not_revived_by_one_signature(k1, anna, gm, fiona):
    carla = make_user("carla", "credit_committee")
    with time_machine.travel("2026-01-17T08:00+08:00", tick=False):
        make_line(k1, approved_by=gm)
    with time_machine.travel("2026-08-16T08:00+08:00", tick=False):
        in_time = propose(k1, anna, "1000")
        assert request_of(in_time).kind == proposals.KEEP
    with time_machine.travel("2026-08-17T08:00+08:00", tick=False):
        with pytest.raises(RuleViolation) as refused:
            sign_all(in_time, fiona)
        assert refused.value.code == "stale"
        approvals.recall(request_of(in_time).pk, actor=anna)

        lapsed = propose(k1, anna, "1000")

        assert request_of(lapsed).kind == proposals.RAISE
        assert lapsed.figures["gives_more"] == ["first_line"]
        assert sign_all(lapsed, carla, gm).reviewed_on == date(2026, 8, 17)


def test_the_review_of_a_lapsed_line_gives_its_credit_back_with_its_own_signatures(k1, gm):
    with time_machine.travel("2026-01-17T08:00+08:00", tick=False):
        make_line(k1, approved_by=gm)
    with time_machine.travel("2026-08-20T08:00+08:00", tick=False):
        roles = ("ka_director", "finance", "legal", "deputy_gm")
        signers = [make_user(role, role) for role in roles]
        review = campaigns.open_campaign(on=timezone.localdate(), actor=None).reviews.get()
        proposal = reviews.submit(review.pk, actor=make_user("floyd", "finance")).proposal

        assert request_of(proposal).kind == reviews.KEEP
        line = sign_all(proposal, *signers, gm)

        assert line.reviewed_on == date(2026, 8, 20)


def test_a_lapsed_line_gives_no_credit(k1, gm):
    with time_machine.travel("2026-01-17T08:00+08:00", tick=False):
        make_line(k1, approved_by=gm)

    def reasons(day):
        with time_machine.travel(f"{day}T08:00+08:00", tick=False):
            return [each.code for each in look({k1.pk}).decide(k1.pk, Decimal(1)).reasons]

    assert reasons("2026-08-16") == []
    assert reasons("2026-08-17") == ["line_expired"]


@given(
    day=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    ago=st.integers(0, 500),
    months=st.integers(1, 12),
    grace=st.integers(0, 60),
)
def test_the_last_day_that_has_lapsed_divides_all_days(day, ago, months, grace):
    policy = ReviewPolicy(every_months=months, lapse_days=grace)
    reviewed = day - timedelta(days=ago)

    has_lapsed = review_standing(reviewed, day, policy).state is ReviewState.LAPSED

    assert has_lapsed == (reviewed <= lapsed_through(day, policy))
