"""The Today page: what waits for whom, in which order, and what becomes of it."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ServiceMember
from accounts.services import change_manager, end_member
from approvals import services as approvals
from credit.models import LineProposal
from credit.services import collections, releases
from kam.core.models import AuditEntry
from kam.home import rules
from kam.home.models import TodayMark
from kam.home.tasks import purge_marks
from kam.home.today import day_of
from notifications.models import Notification
from sales.models import Order
from staff.models import Team
from tests.credit.documents import make_invoice
from tests.credit.erp import grant, order, send
from tests.factories import PASSWORD, make_account, make_contact, make_order, make_user
from tests.tiering.factories import make_designation, sign
from tiering.services import propose_designation

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}
PART = ENGLISH | {"HX-Request": "true"}


def keys(user, kind=""):
    return [entry.item.key for entry in day_of(user, timezone.now(), kind=kind).waiting]


def kinds(user):
    return [key.partition(":")[0] for key in keys(user)]


def post(client, user, address, **data):
    client.force_login(user)
    return client.post(f"/today/{address}", data, headers=PART)


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def late(k1, today):
    """An order of K1 that is late for two days."""
    return make_order(k1, order_number="SO-1", status="open", promised_on=today - timedelta(days=2))


@pytest.fixture
def late_key(late):
    return f"sales.late:{late.pk}"


@pytest.fixture
def birthday(k1, today):
    """A contact of K1 who has birthday today; the key of the item."""
    contact = make_contact(k1, name="王芳", birthday=today.replace(year=2000))
    return f"accounts.birthday:{contact.pk}:{today.year}"


@pytest.fixture
def colleague(k1, today):
    """Kai, of another team, who serves K1 too."""
    kai = make_user("kai", "account_manager", full_name="Kai")
    ServiceMember.objects.create(account=k1, user=kai, role="sales", since=today)
    return kai


def everything(account, day):
    """One thing of each kind that waits for the manager of an account."""
    account.review_due_on = day - timedelta(days=30)
    account.save()
    make_contact(account, birthday=day.replace(year=2000))
    make_order(account, status="open", promised_on=day - timedelta(days=2))
    make_designation(
        account, effective_from=day - timedelta(days=300), expires_on=day + timedelta(days=5)
    )
    grant(account, 1000, valid_until=day + timedelta(days=9))
    make_invoice(
        account, "500", issued_on=day - timedelta(days=40), due_on=day - timedelta(days=10)
    )
    send(order(f"H-{account.account_number}", "99999", account=account.account_number))


def test_all_that_concerns_ones_customers_waits_most_urgent_first_with_the_reason(
    client, anna, k1, today
):
    everything(k1, today)
    client.force_login(anna)

    page = client.get("/today/", headers=ENGLISH).text

    assert kinds(anna) == [
        "credit.held",
        "sales.late",
        "tiering.designation",
        "credit.overdue",
        "credit.line",
        "accounts.birthday",
        "accounts.review",
    ]
    for words in (
        "Order H-K1 is on credit hold",
        "99,999.00: Over the credit limit",
        "2 days late",
        "Ends in 5 days, and nothing follows it.",
        "500.00 overdue",
        "The oldest part has been due for 10 days.",
        "Its last day is in 9 days, and nobody has applied for a new one.",
        "Birthday today.",
        "The archive should have been reviewed 30 days ago.",
    ):
        assert words in page, words


def test_nobody_is_told_of_the_customers_of_others(boris, diana, k1, today):
    everything(k1, today)

    assert keys(boris) == []
    assert keys(diana) == []  # she sees them all, and answers for none of them


def test_as_many_queries_for_ten_customers_as_for_one(client, anna, boris, gm, fiona, k1, today):
    everything(k1, today)
    client.force_login(anna)
    client.get("/today/")

    with CaptureQueriesContext(connection) as few:
        client.get("/today/")
    for number in range(9):
        account = make_account(account_number=f"M{number}", manager=anna)
        everything(account, today)
    with CaptureQueriesContext(connection) as many:
        page = client.get("/today/").text

    assert page.count("data-row") == 70
    assert len(many) == len(few)


def test_the_page_asks_once_for_roles_and_covers_whatever_needs_them(client, diana, k1):
    client.force_login(diana)

    with CaptureQueriesContext(connection) as asked:
        client.get("/today/")

    statements = [query["sql"] for query in asked]
    for start in ('SELECT "accounts_cover"."person_id"', 'SELECT "auth_group"."name"'):
        assert len([each for each in statements if each.startswith(start)]) == 1, start


def test_who_releases_is_told_of_the_wish_and_the_asker_is_not(anna, fiona, gm, k1):
    grant(k1, 100)
    send(order("O1", "150"))
    held = Order.objects.get()
    releases.ask_release(held.pk, reason="The customer pays on Friday", actor=anna)

    (entry,) = day_of(fiona, timezone.now()).waiting
    assert entry.item.key.startswith("credit.release:")
    assert "The customer pays on Friday" in entry.item.reason
    assert kinds(gm) == ["credit.release"]
    assert kinds(anna) == ["credit.held"]


def test_a_request_waits_for_its_signer_and_returned_for_who_asked(anna, boris, gm, fiona, k1):
    designation = propose_designation(
        k1.pk,
        tier="key",
        reason="Opens the west",
        effective_from=timezone.localdate(),
        expires_on=timezone.localdate() + timedelta(days=365),
        actor=anna,
    )
    assert kinds(gm) == ["approvals.waiting"]
    assert kinds(anna) == []

    sign(designation, gm, "return", "Say more")

    assert kinds(gm) == []
    assert kinds(anna) == ["approvals.returned"]


def test_a_deputy_finds_what_they_may_sign(anna, diana, gm, k1):
    propose_designation(
        k1.pk,
        tier="key",
        reason="Opens the west",
        effective_from=timezone.localdate(),
        expires_on=timezone.localdate() + timedelta(days=365),
        actor=anna,
    )
    deputy = make_user("dora", "developer")
    today = timezone.localdate()
    approvals.name_deputy(deputy=deputy, since=today, until=today + timedelta(days=1), actor=gm)

    assert kinds(deputy) == ["approvals.waiting"]


@pytest.mark.parametrize(
    ("today", "birthday", "waits"),
    [
        ("2026-03-10", "1980-03-10", True),
        ("2026-03-10", "1980-03-17", True),
        ("2026-03-10", "1980-03-18", False),
        ("2026-03-10", "1980-03-09", False),
        ("2026-12-28", "1980-01-02", True),  # over the new year
        ("2026-02-24", "1980-02-29", True),  # on the 28th in other years
        ("2026-03-01", "1980-02-29", False),
        ("2028-02-29", "1980-02-29", True),
    ],
)
def test_birthdays_are_told_a_week_ahead(anna, k1, today, birthday, waits):
    make_contact(k1, birthday=date.fromisoformat(birthday))
    make_contact(k1, birthday=date.fromisoformat(birthday), has_left=True)

    with time_machine.travel(f"{today}T09:00:00+08:00", tick=False):
        assert len(keys(anna, "accounts.birthday")) == waits


def test_what_collections_put_off_does_not_wait(anna, k1, today):
    make_invoice(k1, issued_on=today - timedelta(days=40), due_on=today - timedelta(days=10))
    case = collections.open_case(k1.pk)
    assert kinds(anna) == ["credit.overdue"]

    collections.snooze(case.pk, until=today + timedelta(days=3), actor=anna)

    assert keys(anna) == []


def test_a_line_that_has_expired_waits_until_somebody_applies(anna, k1, today):
    grant(k1, 1000, valid_until=today - timedelta(days=1))
    (entry,) = day_of(anna, timezone.now()).waiting
    assert (entry.item.urgency, entry.band) == (80, "urgent")

    LineProposal.objects.create(
        account=k1,
        limit=1,
        currency="CNY",
        terms_days=30,
        valid_from=today,
        valid_until=today,
        origin=LineProposal.Origin.APPLICATION,
        reason="It grows",
    )

    assert keys(anna) == []


# --- what becomes of an item


def test_what_is_done_leaves_the_list_and_comes_back_when_undone(client, anna, birthday):
    part = post(client, anna, "mark/", key=birthday, done="1").text

    assert "Nothing waits for you" in part
    assert "<html" not in part
    assert "王芳" in client.get("/today/?show=aside", headers=ENGLISH).text
    mark = TodayMark.objects.get()

    part = post(client, anna, f"undo/{mark.pk}/").text

    assert "Congratulate" in part
    assert keys(anna) == [birthday]


def test_what_goes_away_with_its_cause_cannot_be_ticked(client, anna, late, late_key):
    answer = post(client, anna, "mark/", key=late_key, done="1")

    assert answer.status_code == 422
    assert keys(anna) == [late_key]
    Order.objects.update(status="delivered", delivered_on=timezone.localdate())
    assert keys(anna) == []


def test_what_is_put_off_waits_again_on_its_day(client, anna, birthday, today):
    until = today + timedelta(days=3)

    part = post(client, anna, "mark/", key=birthday, put_off=until.isoformat()).text

    assert f"Put off until {until}" in part
    assert keys(anna) == []
    TodayMark.objects.update(put_off_until=today)  # as if the days had passed
    assert keys(anna) == [birthday]


def test_a_day_of_ones_own_is_chosen(client, anna, birthday, today):
    until = today + timedelta(days=60)

    post(client, anna, "mark/", key=birthday, put_off="day", until=until.isoformat())

    assert TodayMark.objects.get().put_off_until == until


@pytest.mark.parametrize(
    "sent",
    [
        {"put_off": "day"},
        {"put_off": "day", "until": "soon"},
        {"put_off": "yesterday"},
        {"put_off": "2020-01-01"},
        {"put_off": "9999-12-31"},
        {},
        {"done": "1", "give_back": "1"},
        {"give_back": "1"},
    ],
)
def test_a_refusal_says_why_and_changes_nothing(client, anna, birthday, sent):
    answer = post(client, anna, "mark/", key=birthday, **sent)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert keys(anna) == [birthday]


@pytest.mark.parametrize("address", ["mark/", "hand-over/"])
def test_items_of_others_are_not_there(client, boris, late_key, address):
    client.force_login(boris)

    answer = client.post(f"/today/{address}?key={late_key}", {"key": late_key, "done": "1"})

    assert answer.status_code == 404
    assert not TodayMark.objects.exists()


def test_only_who_marked_it_may_take_it_back(client, anna, boris, birthday):
    post(client, anna, "mark/", key=birthday, done="1")

    assert post(client, boris, f"undo/{TodayMark.objects.get().pk}/").status_code == 404
    assert TodayMark.objects.exists()


def test_without_javascript_the_list_offers_to_take_it_back(client, anna, birthday, late):
    client.force_login(anna)

    page = client.post("/today/mark/?show=sales.late", {"key": birthday, "done": "1"}, follow=True)

    mark = TodayMark.objects.get()
    assert page.redirect_chain == [(f"/today/?show=sales.late&marked={mark.pk}", 302)]
    assert f"/today/undo/{mark.pk}/" in page.text
    assert client.post(f"/today/undo/{mark.pk}/").url == "/today/"
    assert birthday in keys(anna)


def test_the_list_shows_one_kind(client, anna, late, birthday):
    client.force_login(anna)

    page = client.get("/today/?show=sales.late", headers=ENGLISH).text

    assert "SO-1" in page
    assert "Congratulate" not in page


# --- handed over


def hand_over(client, user, key, to, **data):
    client.force_login(user)
    return client.post(f"/today/hand-over/?key={key}", {"to": to.pk, **data}, headers=ENGLISH)


def test_what_is_handed_over_waits_for_the_colleague_alone(client, anna, colleague, late_key):
    hand_over(client, anna, late_key, colleague, note="Please call them")

    assert keys(anna) == []
    assert keys(colleague) == [late_key]
    client.force_login(colleague)
    page = client.get("/today/", headers=ENGLISH).text
    assert "from Anna" in page
    assert "Please call them" in page
    assert AuditEntry.objects.filter(action="home.item_handed_over", actor=anna).exists()


def test_the_colleague_is_told_once_for_each_time_it_is_handed_to_them(
    client, anna, colleague, late_key
):
    def told():
        rows = Notification.objects.filter(kind="home.item_given", user=colleague)
        return [(row.read_at is None, row.data["note"]) for row in rows.order_by("pk")]

    hand_over(client, anna, late_key, colleague, note="Please call them")
    hand_over(client, anna, late_key, colleague, note="Please call them")  # sent twice
    assert told() == [(True, "Please call them")]
    client.force_login(colleague)
    page = client.get("/notifications/", headers=ENGLISH).text
    assert "Anna hands over to you:" in page

    post(client, anna, f"undo/{TodayMark.objects.get().pk}/")
    assert told() == [(False, "Please call them")]
    hand_over(client, anna, late_key, colleague, note="Again")
    assert told() == [(False, "Please call them"), (True, "Again")]


def test_what_the_colleague_has_done_is_done_and_says_by_whom(client, anna, colleague, birthday):
    hand_over(client, anna, birthday, colleague)

    post(client, colleague, "mark/", key=birthday, done="1")

    assert keys(anna) == keys(colleague) == []
    client.force_login(anna)
    assert "Done by Kai" in client.get("/today/?show=aside", headers=ENGLISH).text

    post(client, colleague, f"undo/{TodayMark.objects.get().pk}/")
    assert keys(colleague) == [birthday]


def test_what_is_given_back_waits_where_it_came_from(client, anna, colleague, late_key):
    hand_over(client, anna, late_key, colleague)

    post(client, colleague, "mark/", key=late_key, give_back="1")

    assert keys(anna) == [late_key]
    assert keys(colleague) == []


def test_the_giver_takes_it_back(client, anna, colleague, late_key):
    hand_over(client, anna, late_key, colleague)

    post(client, anna, f"undo/{TodayMark.objects.get().pk}/")

    assert keys(anna) == [late_key]
    assert keys(colleague) == []


def test_only_who_sees_the_customer_and_may_do_it_is_given_something(client, anna, boris, k1, late):
    late_key = f"sales.late:{late.pk}"
    leader = make_user("leo", "account_manager", full_name="Leo")
    Team.objects.create(name="South", leader=leader).members.add(anna)
    client.force_login(anna)

    form = client.get(f"/today/hand-over/?key={late_key}").text
    answer = hand_over(client, anna, late_key, boris)

    assert f'value="{leader.pk}"' in form
    assert f'value="{boris.pk}"' not in form
    assert f'value="{anna.pk}"' not in form
    assert answer.status_code == 422
    assert keys(anna) == [late_key]


def test_what_a_role_may_not_see_is_not_handed_to_it(client, anna, k1, today):
    make_invoice(k1, issued_on=today - timedelta(days=40), due_on=today - timedelta(days=10))
    ada = make_user("ada", "admin_staff")  # sees every account and no credit

    answer = hand_over(client, anna, f"credit.overdue:{k1.pk}", ada)

    assert answer.status_code == 422
    assert keys(ada) == []


def test_what_was_handed_to_somebody_who_left_comes_back(client, anna, colleague, k1, late_key):
    hand_over(client, anna, late_key, colleague)
    end_member(ServiceMember.objects.get().pk, actor=anna)

    assert keys(colleague) == []
    assert keys(anna) == [late_key]


def test_what_was_handed_to_somebody_inactive_comes_back(client, anna, colleague, late_key):
    hand_over(client, anna, late_key, colleague)
    colleague.is_active = False
    colleague.save()

    assert keys(anna) == [late_key]


def test_the_new_manager_finds_what_the_former_one_set_aside(client, anna, boris, k1, late_key):
    post(client, anna, "mark/", key=late_key, put_off=f"{timezone.localdate() + timedelta(days=9)}")

    change_manager(k1.pk, manager=boris, actor=anna)

    assert keys(boris) == [late_key]
    assert keys(anna) == []


def test_a_signature_is_not_handed_over(client, anna, gm, k1):
    propose_designation(
        k1.pk,
        tier="key",
        reason="Opens the west",
        effective_from=timezone.localdate(),
        expires_on=timezone.localdate() + timedelta(days=365),
        actor=anna,
    )
    client.force_login(gm)

    assert client.get(f"/today/hand-over/?key={keys(gm)[0]}").status_code == 404


def test_as_many_queries_for_ten_handed_over_as_for_one(client, anna, colleague, k1, today):
    def hand(number):
        late = make_order(
            k1, order_number=number, status="open", promised_on=today - timedelta(days=2)
        )
        hand_over(client, anna, f"sales.late:{late.pk}", colleague)

    def queries(user):
        client.force_login(user)
        client.get("/today/")
        with CaptureQueriesContext(connection) as asked:
            client.get("/today/")
        return len(asked)

    hand("L0")
    few = queries(anna), queries(colleague)
    for number in range(1, 10):
        hand(f"L{number}")

    assert (queries(anna), queries(colleague)) == few
    assert len(keys(colleague)) == 10


# --- marks do not count for ever


def test_old_marks_are_deleted_and_what_they_set_aside_waits_again(
    client, anna, colleague, late_key, birthday
):
    hand_over(client, anna, late_key, colleague)
    post(client, anna, "mark/", key=birthday, done="1")
    TodayMark.objects.update(marked_at=timezone.now() - timedelta(days=91))

    purge_marks()

    assert keys(anna) == [late_key]  # done stays done
    TodayMark.objects.update(marked_at=timezone.now() - timedelta(days=401))
    purge_marks()
    assert not TodayMark.objects.exists()


TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("aside", "urgency", "expected"),
    [
        (rules.Aside(done=True), 100, True),
        (rules.Aside(handed_over=True), 100, True),
        (rules.Aside(put_off_until=date(2026, 3, 11)), 79, True),
        (rules.Aside(put_off_until=date(2026, 3, 10)), 10, False),
        (rules.Aside(put_off_until=date(2026, 3, 11), urgency=79), 80, False),  # urgent meanwhile
        (rules.Aside(put_off_until=date(2026, 3, 11), urgency=80), 100, True),  # it was before
        (rules.Aside(), 10, False),
    ],
)
def test_when_something_is_set_aside(aside, urgency, expected):
    assert rules.is_aside(aside, urgency=urgency, today=TODAY) is expected


@pytest.mark.parametrize(
    ("days", "allowed"), [(-1, False), (0, False), (1, True), (60, True), (61, False)]
)
def test_how_far_something_may_be_put_off(days, allowed):
    assert rules.may_put_off(TODAY + timedelta(days=days), today=TODAY) is allowed


# --- where the day begins


@pytest.mark.parametrize(
    ("role", "page"), [("account_manager", "/today/"), ("gm", "/today/"), ("sysadmin", "/")]
)
def test_who_works_with_accounts_begins_with_the_day(client, role, page):
    make_user("wang", role)

    answer = client.post("/auth/login/", {"login": "wang", "password": PASSWORD})

    assert answer.url == page


def test_an_empty_day_says_so(client, anna):
    client.force_login(anna)

    assert "Nothing waits for you" in client.get("/today/", headers=ENGLISH).text
    aside = client.get("/today/?show=aside", headers=ENGLISH).text
    assert "Nothing is set aside" in aside
