"""The night of credit: every step once for a day, taken up where it broke."""

from datetime import date, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from credit.models import NightlyStep, OverdueEpisode, ReviewCampaign
from credit.services import nightly
from sales.models import Order
from tests.credit.documents import make_invoice
from tests.credit.erp import grant, order, send
from tests.credit.lines import make_line
from tests.credit.terms import put_in_force

pytestmark = pytest.mark.django_db

DAY = date(2026, 6, 1)  # a Monday, thirty days before the first half is over


def night(day=DAY):
    out = StringIO()
    call_command("credit_nightly", as_of=day, stdout=out)
    return out.getvalue()


def test_one_night_opens_reviews_and_measures_and_the_next_call_does_nothing(k1, gm):
    make_line(k1, approved_by=gm)
    make_invoice(k1, 100)

    first, second = night(), night()

    assert "open_reviews: 1" in first
    assert "overdue_measures: 1" in first
    assert second == "2026-06-01: everything was done already\n"
    assert ReviewCampaign.objects.get().period == "2026H1"
    assert NightlyStep.objects.filter(as_of=DAY).count() == len(nightly.STEPS)


def test_a_night_that_broke_is_taken_up_where_it_broke(k1, gm, monkeypatch):
    make_line(k1, approved_by=gm)
    make_invoice(k1, 100)
    broken = [
        nightly.Step(step.job, lambda day: 1 // 0) if step.job == "alerts" else step
        for step in nightly.STEPS
    ]
    with monkeypatch.context() as patch:
        patch.setattr(nightly, "STEPS", tuple(broken))
        with pytest.raises(ZeroDivisionError):
            night()

    again = night()

    assert "alerts: 0" in again
    assert "overdue_measures" not in again
    assert OverdueEpisode.objects.count() == 1
    assert not NightlyStep.objects.filter(finished_at=None).exists()


def test_a_lower_line_that_began_in_a_night_that_failed_takes_approvals_back_in_the_next(k1):
    today = timezone.localdate()
    grant(k1, 100)
    send(order("O1", "80"))
    night(today)
    put_in_force(k1, 50, valid_from=today + timedelta(days=1))
    NightlyStep.objects.create(job="orders", as_of=today + timedelta(days=1))  # never finished
    assert Order.objects.get().credit_status == "approved"

    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        night(today + timedelta(days=3))

    assert Order.objects.get().credit_status == "held"
