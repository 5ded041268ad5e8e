"""What holds of every kind of the Today page, whichever app it comes from."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, Need, ServiceMember
from accounts.services import cover
from credit.services import collections
from kam.core.errors import RuleViolation
from kam.core.today import registered, row_of
from kam.home.today import day_of, within_reach
from staff.roles import ROLES
from tests.factories import make_account, make_user
from tests.home.waiting import ONE_OF_EACH, make_holder, make_one_of_each
from visits.models import FollowUp

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}
NO_CUSTOMER = {
    *("accounts.transfer", "accounts.cover"),
    *("approvals.waiting", "approvals.returned"),
    *("credit.review", "credit.group"),
}


@pytest.fixture
def holder(db):
    return make_holder()


@pytest.fixture
def day(holder):
    """One entry of each kind, by kind."""
    make_one_of_each(holder)
    return by_kind(holder)


@pytest.fixture
def waits(holder):
    """`waits(kind)` makes one of this kind and gives its entry."""

    def waits(kind):
        ONE_OF_EACH[kind](make_account(manager=holder), holder)
        return by_kind(holder, kind)[kind]

    return waits


def by_kind(user, kind=""):
    """What waits, of one kind or of all, by kind."""
    waiting = day_of(user, timezone.now(), kind=kind).waiting
    return {entry.kind.key: entry for entry in reversed(waiting)}


def test_every_kind_has_an_example_and_its_page_opens(client, holder, day):
    assert ONE_OF_EACH.keys() == registered().keys()
    assert day.keys() == registered().keys()
    client.force_login(holder)
    for kind, entry in day.items():
        assert client.get(entry.item.url).status_code == 200, kind


def test_every_row_can_be_done_or_says_when_it_goes(client, holder, day):
    silent = [key for key, entry in day.items() if not (entry.may_tick or entry.kind.goes)]
    assert silent == []
    client.force_login(holder)

    page = client.get("/today/", headers=ENGLISH).text

    assert "Goes when the report is written." in page
    assert page.count('name="done"') == sum(entry.may_tick for entry in all_of(holder))


def all_of(user):
    return day_of(user, timezone.now()).waiting


def test_everything_can_be_put_off(client, holder, day):
    client.force_login(holder)
    until = f"{timezone.localdate() + timedelta(days=9)}"

    for entry in all_of(holder):
        sent = {"key": entry.item.key, "put_off": until}
        assert client.post("/today/mark/", sent).status_code == 302, entry.kind.key

    after = day_of(holder, timezone.now())
    assert after.waiting == []
    assert {entry.kind.key for entry in after.aside} == registered().keys()


def test_everything_of_a_customer_can_be_handed_over_to_who_may_do_it_and_sees_it(
    client, holder, day
):
    """For each role in the service team of every customer: whom the form offers can open the page,
    and it waits in their list; who is not offered is refused."""
    people = {role: make_user(role, role) for role in ROLES}
    today = timezone.localdate()
    for account in Account.objects.all():
        for person in people.values():
            ServiceMember.objects.create(account=account, user=person, role="sales", since=today)
    handed = {key: entry for key, entry in day.items() if entry.may_hand_over}
    assert handed.keys() >= registered().keys() - NO_CUSTOMER

    for kind, entry in handed.items():
        address = f"/today/hand-over/?key={entry.item.key}"
        client.force_login(holder)
        offered = set(re.findall(r'<option value="(\d+)"', client.get(address).text))
        assert offered, kind
        for role, person in people.items():
            is_offered = str(person.pk) in offered
            assert bool(within_reach(person, [entry])) is is_offered, (kind, role)
            if is_offered:
                client.force_login(person)
                assert client.get(entry.item.url).status_code == 200, (kind, role)


def test_a_birthday_is_handed_over_only_to_who_serves_the_customer(client, holder, waits, diana):
    """Others who see the customer read contacts only masked."""
    entry = waits("accounts.birthday")
    address = f"/today/hand-over/?key={entry.item.key}"
    client.force_login(holder)

    assert f'<option value="{diana.pk}"' not in client.get(address).text
    assert client.post(address, {"to": diana.pk}).status_code == 422
    account = Account.objects.get(account_number=entry.item.account_number)
    ServiceMember.objects.create(
        account=account, user=diana, role="sponsor", since=timezone.localdate()
    )
    assert client.post(address, {"to": diana.pk}).status_code == 302
    assert "accounts.birthday" in by_kind(diana, "accounts.birthday")


def test_what_is_handed_over_waits_with_the_colleague(client, holder, day):
    kai = make_user("kai", "account_manager", full_name="Kai")
    today = timezone.localdate()
    for account in Account.objects.all():
        ServiceMember.objects.create(account=account, user=kai, role="sales", since=today)
    reach = {key for key, entry in day.items() if within_reach(kai, [entry])}
    client.force_login(holder)

    for key in reach:
        address = f"/today/hand-over/?key={day[key].item.key}"
        assert client.post(address, {"to": kai.pk}).status_code == 302, key

    assert len(reach) > 15
    assert {entry.kind.key for entry in all_of(kai) if entry.given} == reach
    assert not {day[key].item.key for key in reach} & {one.item.key for one in all_of(holder)}


def test_as_many_queries_for_ten_of_everything_as_for_one(client, holder):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            client.get("/today/")
        return len(asked)

    make_one_of_each(holder)
    client.force_login(holder)
    client.get("/today/")
    few = queries()
    for _number in range(9):
        make_one_of_each(holder)

    many = queries()

    counts = dict.fromkeys(registered(), 0)
    for entry in all_of(holder):
        counts[entry.kind.key] += 1
    assert counts.pop("credit.review") == 1  # of all reviews of a period
    assert min(counts.values()) >= 10, counts
    assert many == few


# --- done from the row


def done(client, user, entry):
    client.force_login(user)
    headers = ENGLISH | {"HX-Request": "true"}
    return client.post("/today/mark/", {"key": entry.item.key, "done": "1"}, headers=headers)


def test_a_follow_up_is_finished_from_its_row(client, holder, waits):
    answer = done(client, holder, waits("visits.follow_up"))

    assert "Done and recorded: 寄送样品" in answer.text
    follow_up = FollowUp.objects.get()
    assert (follow_up.done_by, follow_up.result != "") == (holder, True)
    assert "visits.follow_up" not in by_kind(holder, "visits.follow_up")


def test_a_need_is_confirmed_from_its_row(client, holder, waits):
    done(client, holder, waits("accounts.need_confirm"))

    need = Need.objects.get(status="confirmed")
    assert (need.closed_by, need.outcome != "") == (holder, True)


def test_an_archive_is_reviewed_from_its_row_also_without_javascript(client, holder, waits):
    entry = waits("accounts.review")
    client.force_login(holder)

    sent = {"key": entry.item.key, "done": "1"}
    answer = client.post("/today/mark/", sent, headers=ENGLISH, follow=True)

    assert "Done and recorded: Review the archive" in answer.text
    account = Account.objects.get(account_number=entry.item.account_number)
    assert account.reviewed_on == timezone.localdate()
    assert "accounts.review" not in by_kind(holder, "accounts.review")


FINISHED = ["accounts.need_confirm", "accounts.review", "visits.follow_up"]


def receipt_in(page):
    return re.search(r'name="finished" value="([^"]+)"', page)[1]


def take_back(client, user, receipt, **headers):
    client.force_login(user)
    sent = {"finished": receipt}
    return client.post("/today/take-back/", sent, headers=ENGLISH | headers)


def test_whatever_is_recorded_from_a_row_can_be_taken_back():
    kinds = registered().values()

    assert sorted(kind.key for kind in kinds if kind.finish) == FINISHED
    assert sorted(kind.key for kind in kinds if kind.take_back) == FINISHED


@pytest.mark.parametrize("kind", FINISHED)
def test_what_was_recorded_by_mistake_is_taken_back_and_waits_as_before(
    client, holder, waits, kind
):
    before = waits(kind)
    receipt = receipt_in(done(client, holder, before).text)
    assert kind not in by_kind(holder, kind)

    answer = take_back(client, holder, receipt, **{"HX-Request": "true"})

    assert answer.status_code == 200
    assert before.item.title in answer.text
    assert by_kind(holder, kind)[kind].item.key == before.item.key
    again = take_back(client, holder, receipt)
    assert again.status_code == 422
    assert "This is taken back by who" in again.text


@pytest.mark.parametrize("kind", FINISHED)
def test_it_is_taken_back_without_javascript(client, holder, waits, kind):
    key = waits(kind).item.key
    client.force_login(holder)
    sent = {"key": key, "done": "1"}
    page = client.post("/today/mark/?show=visits.due", sent, headers=ENGLISH, follow=True)
    assert page.redirect_chain[0][0].startswith("/today/?show=visits.due&finished=")
    assert "Done and recorded" in page.text

    client.post("/today/take-back/", {"finished": receipt_in(page.text)})

    assert by_kind(holder, kind)[kind].item.key == key


@pytest.mark.parametrize("kind", FINISHED)
def test_nobody_takes_back_what_somebody_else_recorded(client, holder, waits, kind):
    receipt = receipt_in(done(client, holder, waits(kind)).text)
    twin = make_holder("twin")  # may do all that the holder may, but has another receipt

    assert take_back(client, twin, receipt).status_code == 422
    assert kind not in by_kind(holder, kind)


def test_after_a_while_or_out_of_sight_nothing_is_taken_back(client, holder, waits):
    receipt = receipt_in(done(client, holder, waits("visits.follow_up")).text)

    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        late = take_back(client, holder, receipt)
    assert late.status_code == 422
    assert "can no longer be taken back here" in late.text
    assert take_back(client, holder, "x").status_code == 422
    FollowUp.objects.get().visit.delete()
    assert take_back(client, holder, receipt).status_code == 404


@pytest.mark.parametrize("kind", FINISHED)
def test_the_work_of_a_colleague_stands_also_for_who_sees_it(holder, waits, kind, diana):
    finish, undo = registered()[kind].finish, registered()[kind].take_back
    key = waits(kind).item.key
    finish(row_of(key), diana)

    with pytest.raises(RuleViolation) as caught:
        undo(row_of(key), holder)

    assert caught.value.code == "not_yours"


# --- on leave


COVERED = ["accounts.need", "visits.due", "visits.report", "visits.follow_up", "visits.overdue"]
COVERED += ["complaints.deadline", "complaints.promise", "complaints.action", "sales.late"]


@pytest.mark.parametrize("kind", COVERED)
def test_what_waits_for_somebody_away_waits_for_the_cover_too_while_it_lasts(
    client, anna, boris, kind
):
    ONE_OF_EACH[kind](make_account(manager=anna), anna)
    assert kind in by_kind(anna, kind)
    assert kind not in by_kind(boris, kind)
    today = timezone.localdate()
    named = cover.propose_cover(
        person=anna, cover=boris, since=today, until=today + timedelta(days=7), actor=anna
    )
    assert kind not in by_kind(boris, kind), "they have not agreed yet"

    cover.accept_cover(named.pk, actor=boris)

    client.force_login(boris)
    assert client.get(by_kind(boris, kind)[kind].item.url).status_code == 200
    cover.end_cover(named.pk, actor=anna)
    assert kind not in by_kind(boris, kind)


def test_what_collections_put_off_does_not_wait_for_the_cover_either(anna, boris):
    account = make_account(manager=anna)
    ONE_OF_EACH["credit.overdue"](account, anna)
    today = timezone.localdate()
    named = cover.propose_cover(
        person=anna, cover=boris, since=today, until=today + timedelta(days=7), actor=anna
    )
    cover.accept_cover(named.pk, actor=boris)
    assert "credit.overdue" in by_kind(boris, "credit.overdue")

    case = collections.open_case(account.pk)
    collections.snooze(case.pk, until=today + timedelta(days=3), actor=anna)

    assert "credit.overdue" not in by_kind(boris, "credit.overdue")
