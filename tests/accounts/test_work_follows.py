"""Open work goes with the account: nothing stays with somebody who does not see it any more."""

import pytest
from django.utils import timezone

from accounts import services
from accounts.models import Need, ServiceMember
from accounts.services import needs
from accounts.services.merge import merge_accounts, undo_merge
from accounts.services.upsert import upsert_accounts
from kam.home.today import day_of
from tests.factories import make_account, make_user
from tests.visits.factories import (
    days_ago,
    make_follow_up,
    make_held_visit,
    make_schedule,
    make_visit,
)
from visits.feed import calendar

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}
WORK = ["accounts.need", "visits.due", "visits.follow_up", "visits.report"]


def make_work(account, owner):
    """One thing of each kind that has an owner."""
    need = needs.collect(account, text="Lighter", source="call", actor=owner, owner=owner)
    due = make_visit(account, owner=owner, planned_on=days_ago(1))
    started = make_visit(account, owner=owner, status="started", started_at=timezone.now())
    held = make_held_visit(account, days_ago(3), owner=owner)
    follow_up = make_follow_up(held, owner=owner, due_on=timezone.localdate())
    schedule = make_schedule(account, owner=owner)
    return [need, due, started, follow_up, schedule]


def owners(rows):
    for row in rows:
        row.refresh_from_db()
    return {row.owner for row in rows}


def waits(user):
    entries = day_of(user, timezone.now()).waiting
    return sorted(entry.kind.key for entry in entries if entry.kind.key in WORK)


def by_page(client, director, account, to):
    client.force_login(director)
    address = f"/accounts/{account.account_number}/manager/"
    return client.post(address, {"manager": to.pk if to else "", "reason": "area"})


def by_file(client, director, account, to):
    rows = [{"account_number": account.account_number, "manager": to.username}]
    upsert_accounts(rows, actor=director)


@pytest.mark.parametrize("door", [by_page, by_file])
def test_a_new_manager_finds_the_work_of_the_former_one(client, anna, boris, diana, k1, door):
    work = make_work(k1, anna)
    assert waits(anna) == WORK

    door(client, diana, k1, boris)

    assert owners(work) == {boris}
    assert (waits(anna), waits(boris)) == ([], WORK)
    urls = {entry.item.url for entry in day_of(boris, timezone.now()).waiting}
    client.force_login(boris)
    assert {client.get(url).status_code for url in urls} == {200}
    assert b"visit-" in calendar(boris, timezone.localdate())


def test_who_still_sees_the_customer_keeps_their_work(client, anna, boris, diana, k1):
    ServiceMember.objects.create(account=k1, user=anna, role="sales", since=timezone.localdate())
    work = make_work(k1, anna)

    by_page(client, diana, k1, boris)

    assert owners(work) == {anna}
    assert waits(anna) == WORK


def test_the_work_of_a_member_who_stops_goes_to_the_manager(client, anna, boris, diana, k1):
    member = services.add_member(k1.pk, user=boris, role="technical", actor=diana)
    work = make_work(k1, boris)
    client.force_login(diana)

    client.post(f"/accounts/K1/team/{member.pk}/end/")

    assert owners(work) == {anna}
    assert (waits(anna), waits(boris)) == (WORK, [])


def test_the_work_of_a_merged_archive_goes_to_who_has_the_customer_now(anna, boris, diana, k1):
    double = make_account(manager=boris)
    work = make_work(double, boris)

    merge = merge_accounts(k1, double, actor=diana)

    assert owners(work) == {anna}
    assert (waits(anna), waits(boris)) == (WORK, [])
    undo_merge(merge.pk, actor=diana)
    assert owners(work) == {boris}


def test_without_a_manager_the_directors_find_what_is_in_nobodys_hands(
    client, anna, boris, diana, k1
):
    make_work(k1, anna)
    assert nobodys(diana) == []

    by_page(client, diana, k1, None)

    assert waits(anna) == []
    assert nobodys(diana) == ["accounts.need_nobody", *["visits.nobody"] * 4]
    assert nobodys(boris) == []
    client.force_login(diana)
    urls = {entry.item.url for entry in day_of(diana, timezone.now()).waiting}
    assert {client.get(url).status_code for url in urls} == {200}
    by_page(client, diana, k1, boris)
    assert (nobodys(diana), waits(boris)) == ([], WORK)


def nobodys(user):
    entries = day_of(user, timezone.now()).waiting
    return sorted(entry.kind.key for entry in entries if entry.kind.key.endswith("nobody"))


def test_a_need_of_a_customer_without_an_active_manager_waits_for_the_directors(
    anna, diana, admin_staff, k1
):
    anna.is_active = False
    anna.save()

    need = needs.collect(k1, text="Lighter", source="call", actor=diana)

    assert need.owner is None
    assert nobodys(diana) == nobodys(admin_staff) == ["accounts.need_nobody"]


def test_what_a_cover_took_on_comes_back_to_the_manager_after_the_leave(anna, boris, k1):
    make_follow_up(make_held_visit(k1, days_ago(3)), owner=boris, due_on=timezone.localdate())

    assert nobodys(anna) == ["visits.nobody"]
    assert nobodys(boris) == []


def test_a_need_is_given_only_to_who_sees_the_customer_and_works_on_needs(
    client, anna, boris, diana, fiona, k1
):
    kai = make_user("kai", "account_manager", full_name="Kai")
    services.add_member(k1.pk, user=kai, role="sales", actor=diana)
    need = needs.collect(k1, text="Lighter", source="call", actor=anna)
    client.force_login(anna)

    form = client.get(f"/needs/{need.pk}/give/").text

    offered = {person for person in (anna, boris, diana, fiona, kai) if f'"{person.pk}"' in form}
    assert offered == {anna, diana, kai}
    assert client.post(f"/needs/{need.pk}/give/", {"owner": boris.pk}).status_code == 422
    assert client.post(f"/needs/{need.pk}/give/", {"owner": kai.pk}).status_code == 302
    assert Need.objects.get().owner == kai
