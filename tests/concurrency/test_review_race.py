"""Two general managers give the last signature of a half-yearly review at the same moment."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import IntegrityError
from django.utils import timezone

from approvals import services as approvals
from approvals.models import Request, RequestQuerySet
from approvals.services import requests
from credit.models import CreditLine, LineProposal, Review
from credit.services import campaigns, reviews
from kam.core.errors import RuleViolation
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
    meeting, moving_on = Barrier(2, timeout=1), requests._move_on

    def meet_then_move_on(*args, **kwargs):
        with suppress(BrokenBarrierError):
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
