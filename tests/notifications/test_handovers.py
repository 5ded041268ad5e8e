"""Handovers and leave covers tell who is to sign, and what came of it; each once."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import services
from accounts.services import cover, handover
from notifications.models import Notification
from notifications.services import dispatch_events
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
EN = {"Accept-Language": "en"}


@pytest.fixture
def case(anna, diana, k1):
    day = timezone.localdate() + 30 * DAY
    return handover.open_case(giver=anna, kind="leaving", last_day=day, actor=diana)


def told(user):
    rows = Notification.objects.filter(user=user, read_at=None, kind__startswith="accounts.")
    rows = rows.exclude(kind="accounts.manager_changed").order_by("pk")
    return [(row.kind.removeprefix("accounts."), row.data.get("what", "")) for row in rows]


def test_who_takes_over_is_asked_to_sign_and_both_sides_hear_that_it_moved(
    client, case, anna, boris, diana
):
    transfer = handover.propose(case.pk, taker=boris, actor=anna)
    assert (told(boris), told(anna)) == ([("transfer_waits", "proposed")], [])
    client.force_login(boris)
    page = client.get("/notifications/", headers=EN).text
    assert "Anna hands 1 items over to Boris: your signature is awaited." in page

    handover.sign(transfer.pk, actor=boris)

    assert told(boris) == []
    assert told(anna) == told(diana) == [("transfer_ended", "moved")]


def test_both_sides_are_asked_once_when_a_director_proposes(case, anna, boris, diana):
    transfer = handover.propose(case.pk, taker=boris, actor=diana)
    assert told(anna) == told(boris) == [("transfer_waits", "proposed")]

    handover.sign(transfer.pk, actor=boris)
    assert told(boris) == []
    assert len(told(anna)) == 1

    handover.sign(transfer.pk, actor=anna)
    assert told(anna) == []
    assert told(boris) == told(diana) == [("transfer_ended", "moved")]


def test_who_takes_over_many_accounts_is_told_once(case, anna, boris, diana, k1):
    liu = make_user("liu", "developer")
    for account in (k1, make_account(manager=anna), make_account(manager=anna)):
        services.add_member(account.pk, user=liu, role="technical", actor=diana)
    dispatch_events()
    Notification.objects.all().delete()
    transfer = handover.propose(case.pk, taker=boris, actor=diana)
    handover.sign(transfer.pk, actor=boris)

    handover.sign(transfer.pk, actor=anna)
    dispatch_events()

    kinds = Notification.objects.filter(read_at=None).values_list("user__username", "kind")
    assert Counter(kinds) == {
        ("boris", "accounts.transfer_ended"): 1,
        ("diana", "accounts.transfer_ended"): 1,
        ("liu", "accounts.manager_changed"): 3,
    }


def test_for_a_giver_who_has_left_the_director_is_asked(anna, boris, diana, gm, k1):
    day = timezone.localdate() - DAY
    case = handover.open_case(giver=anna, kind="leaving", last_day=day, actor=diana)

    handover.propose(case.pk, taker=boris, actor=gm)

    assert told(diana) == []  # the general manager has signed for the giver
    assert told(boris) == [("transfer_waits", "proposed")]


def test_what_is_withdrawn_is_told_to_the_others_and_waits_no_more(case, anna, boris, diana):
    transfer = handover.propose(case.pk, taker=boris, actor=anna)

    handover.withdraw(transfer.pk, actor=boris, reason="Too many")

    assert told(boris) == []
    assert told(anna) == told(diana) == [("transfer_ended", "withdrawn")]


def test_who_is_to_cover_is_asked_and_the_absent_hears_the_answer(anna, boris):
    today = timezone.localdate()
    named = cover.propose_cover(
        person=anna, cover=boris, since=today, until=today + 7 * DAY, actor=anna
    )
    assert told(boris) == [("cover_waits", "proposed")]

    cover.accept_cover(named.pk, actor=boris)
    assert (told(boris), told(anna)) == ([], [("cover_answered", "accepted")])

    cover.end_cover(named.pk, actor=anna)
    assert told(boris) == [("cover_answered", "ended")]
