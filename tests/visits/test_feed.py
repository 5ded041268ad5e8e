"""The calendar subscription: a secret address, revocable, kept as a hash."""

from datetime import time, timedelta

import pytest
import time_machine
from django.utils import timezone
from icalendar import Calendar

from accounts.services import cover
from tests.visits.factories import make_follow_up, make_visit
from visits.models import CalendarLink


def subscribe(client, user):
    client.force_login(user)
    page = client.post("/visits/subscription/").text
    url = page.split('id="feed-url" value="')[1].split('"')[0]
    client.logout()
    return "/" + url.split("/", 3)[3]


def read(client, url):
    response = client.get(url)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar"
    return Calendar.from_ical(response.content).walk("VEVENT")


def test_the_address_gives_visits_and_follow_ups_without_a_login(client, anna, k1):
    visit = make_visit(k1, planned_at=time(9, 30), purpose="谈框架协议")
    follow_up = make_follow_up(visit)
    whole_day = make_visit(k1)

    events = {str(event["uid"]): event for event in read(client, subscribe(client, anna))}

    timed = events[f"visit-{visit.pk}@kam"]
    assert timezone.localtime(timed.decoded("dtstart")).hour == 9
    assert "华锐" in str(timed["summary"])
    assert str(timed["description"]) == "谈框架协议"
    assert events[f"visit-{whole_day.pk}@kam"].decoded("dtstart") == whole_day.planned_on
    assert events[f"follow-up-{follow_up.pk}@kam"].decoded("dtstart") == follow_up.due_on


def test_proposed_cancelled_and_foreign_visits_are_left_out(client, anna, boris, k1):
    make_visit(k1, status="cancelled", cancel_reason="x")
    make_visit(k1, owner=boris)  # not anna's

    assert read(client, subscribe(client, anna)) == []


def test_who_lost_the_customer_no_longer_reads_of_it(client, anna, boris, k1):
    make_visit(k1)
    url = subscribe(client, anna)
    k1.manager = boris
    k1.save()

    assert read(client, url) == []


def test_visits_and_follow_ups_of_whom_one_covers_for_stand_there_while_it_lasts(
    client, anna, boris, k1
):
    today = timezone.localdate()
    back_on = today + timedelta(days=7)
    first, last, later = (make_visit(k1, planned_on=day) for day in _days(today, 0, 6, 7))
    follow_up = make_follow_up(first, due_on=today - timedelta(days=1))
    make_follow_up(first, due_on=back_on)
    url = subscribe(client, boris)
    named = cover.propose_cover(person=anna, cover=boris, since=today, until=back_on, actor=anna)
    assert read(client, url) == []  # he has not agreed yet

    cover.accept_cover(named.pk, actor=boris)

    said = {str(event["uid"]): str(event["summary"]) for event in read(client, url)}
    ids = {f"visit-{first.pk}@kam", f"visit-{last.pk}@kam", f"follow-up-{follow_up.pk}@kam"}
    assert said.keys() == ids
    assert all("Anna" in words for words in said.values())
    own = {
        str(event["uid"]): str(event["summary"]) for event in read(client, subscribe(client, anna))
    }
    assert f"visit-{later.pk}@kam" in own
    assert not any("Anna" in words for words in own.values())
    with time_machine.travel(back_on):
        assert read(client, url) == []  # it ends by itself


def _days(start, *after):
    return [start + timedelta(days=days) for days in after]


def test_the_secret_is_stored_as_a_hash_and_shown_once(client, anna):
    url = subscribe(client, anna)
    secret = url.split("/")[-1].removesuffix(".ics")

    assert secret not in str(CalendarLink.objects.values())
    client.force_login(anna)
    assert secret not in client.get("/visits/subscription/").text


def test_a_new_address_ends_the_one_before(client, anna):
    first, second = subscribe(client, anna), subscribe(client, anna)

    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)


def test_a_revoked_address_is_gone(client, anna):
    url = subscribe(client, anna)
    client.force_login(anna)
    client.post("/visits/subscription/revoke/")
    client.logout()

    assert client.get(url).status_code == 404


def test_who_left_is_read_no_more(client, anna):
    url = subscribe(client, anna)
    anna.is_active = False
    anna.save()

    assert client.get(url).status_code == 404


@pytest.mark.django_db
def test_a_guessed_address_is_not_there(client):
    assert client.get("/visits/feed/guess.ics").status_code == 404


def test_reading_notes_when(client, anna):
    url = subscribe(client, anna)
    assert CalendarLink.objects.get().last_used_at is None

    client.get(url)

    assert CalendarLink.objects.get().last_used_at is not None


def test_the_log_does_not_hold_the_secret(client, anna, caplog):
    url = subscribe(client, anna)
    caplog.clear()
    with caplog.at_level("INFO"):
        client.get(url)

    assert "/visits/feed/" in caplog.text
    assert url not in caplog.text
