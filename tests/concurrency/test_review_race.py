"""Two at the same moment: open a half-yearly review, submit one, give the last signature."""

from functools import partial

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet
from django.utils import timezone

from approvals import services as approvals
from approvals.models import Request, RequestQuerySet
from approvals.services import requests
from credit.models import CreditLine, LineProposal, Rating, Review, ReviewCampaign
from credit.services import campaigns, reviews
from kam.core.errors import RuleViolation
from tests.concurrency.meeting import Meeting
from tests.concurrency.test_credit_race import at_once, failed
from tests.credit.lines import make_line
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def sign(request, person):
    return approvals.sign(request.pk, actor=person, decision="approve", seen=request.digest)


def both_sign_last(monkeypatch):
    """What those are told who are refused, when two read before either writes."""
    first, second = (make_user(f"gm{place}", "gm") for place in range(2))
    roles = ("ka_director", "finance", "legal", "deputy_gm")
    before = [make_user(f"signs_as_{role}", role) for role in roles]
    make_line(make_account(account_number="K1"), approved_by=first)
    review = campaigns.open_campaign(on=timezone.localdate(), actor=None).reviews.get()
    reviews.submit(review.pk, actor=make_user("floyd", "finance"))
    request = Request.objects.get()
    for person in before:
        request.refresh_from_db()
        sign(request, person)
    request.refresh_from_db()
    meeting, moving_on = Meeting(), requests._move_on

    def meet_then_move_on(*args, **kwargs):
        meeting.wait()
        return moving_on(*args, **kwargs)

    monkeypatch.setattr(requests, "_move_on", meet_then_move_on)
    return failed(at_once(lambda: sign(request, first), lambda: sign(request, second)))


def test_one_of_two_last_signatures_puts_the_line_in_force(monkeypatch):
    (told,) = both_sign_last(monkeypatch)

    assert isinstance(told, RuleViolation)
    assert told.code == "closed"
    assert Review.objects.get().status == "approved"
    assert CreditLine.objects.exclude(proposal=None).count() == 1


def test_control_without_the_locks_both_take_it_for_the_last_and_the_database_stops_one(
    monkeypatch,
):
    monkeypatch.setattr(RequestQuerySet, "select_for_update", lambda self, **kw: self)
    monkeypatch.setattr(
        requests, "_locked_subject", lambda asked: LineProposal.objects.get(pk=asked.object_id)
    )

    (told,) = both_sign_last(monkeypatch)

    assert isinstance(told, IntegrityError)
    assert CreditLine.objects.exclude(proposal=None).count() == 1


# --- opened, and submitted, by two at once


def take_locks_out(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kw: self)


def meet(monkeypatch, module, name):
    """Have both wait for each other, for a while, before either calls this function."""
    meeting, call = Meeting(), getattr(module, name)

    def meet_then_call(*args, **kwargs):
        meeting.wait()
        return call(*args, **kwargs)

    monkeypatch.setattr(module, name, meet_then_call)


def both_open(monkeypatch):
    """What those are told who are refused, when two take a new customer into one campaign."""
    gm, today = make_user("gm", "gm"), timezone.localdate()
    make_line(make_account(account_number="K1"), approved_by=gm)
    campaigns.open_campaign(on=today, actor=None)
    make_line(make_account(account_number="K2"), approved_by=gm)
    finance = [make_user(f"finance{place}", "finance") for place in range(2)]
    meet(monkeypatch, campaigns, "_frozen")
    return failed(
        at_once(*(partial(campaigns.open_campaign, on=today, actor=who) for who in finance))
    )


def test_a_campaign_opened_by_two_takes_each_customer_in_once(monkeypatch):
    assert both_open(monkeypatch) == []

    assert Review.objects.count() == 2
    assert Rating.objects.filter(account__account_number="K2").count() == 1


def test_control_without_the_lock_the_database_stops_the_second_opening(monkeypatch):
    take_locks_out(monkeypatch)

    (told,) = both_open(monkeypatch)

    assert isinstance(told, IntegrityError)
    assert Review.objects.count() == 2


def both_open_first(monkeypatch):
    """What those are told who fail, when two schedulers open the campaign of a period.

    Both find none before either makes it.
    """
    make_line(make_account(account_number="K1"), approved_by=make_user("gm", "gm"))
    meet(monkeypatch, QuerySet, "create")
    opening = partial(campaigns.open_campaign, on=timezone.localdate(), actor=None)
    return failed(at_once(opening, opening))


def test_a_campaign_that_two_open_first_is_one(monkeypatch):
    assert both_open_first(monkeypatch) == []

    assert ReviewCampaign.objects.count() == 1
    assert Review.objects.count() == Rating.objects.count() == 1


def test_control_where_a_period_may_have_two_campaigns_both_are_opened(monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE credit_reviewcampaign DROP CONSTRAINT credit_reviewcampaign_period_key"
        )
        try:
            assert both_open_first(monkeypatch) == []
            assert ReviewCampaign.objects.count() == Review.objects.count() == 2
        finally:
            cursor.execute("TRUNCATE credit_reviewcampaign CASCADE")
            cursor.execute("ALTER TABLE credit_reviewcampaign ADD UNIQUE (period)")


def both_submit(monkeypatch):
    """What those are told who are refused, when two submit the same review."""
    for role in ("ka_director", "finance", "legal", "deputy_gm"):
        make_user(f"signs_as_{role}", role)
    make_line(make_account(account_number="K1"), approved_by=make_user("gm", "gm"))
    review = campaigns.open_campaign(on=timezone.localdate(), actor=None).reviews.get()
    finance = [make_user(f"finance{place}", "finance") for place in range(2)]
    meet(monkeypatch, reviews, "_propose")
    return failed(at_once(*(partial(reviews.submit, review.pk, actor=who) for who in finance)))


def test_a_review_submitted_by_two_asks_for_signatures_once(monkeypatch):
    (told,) = both_submit(monkeypatch)

    assert isinstance(told, RuleViolation)
    assert told.code == "not_in_preparation"
    assert Request.objects.count() == LineProposal.objects.count() == 1


def test_control_without_the_lock_the_database_stops_the_second_submission(monkeypatch):
    take_locks_out(monkeypatch)

    (told,) = both_submit(monkeypatch)

    assert not (isinstance(told, RuleViolation) and told.code == "not_in_preparation")
    assert Request.objects.count() == LineProposal.objects.count() == 1
