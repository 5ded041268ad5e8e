from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import services
from accounts.models import Account, Event
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from tests.factories import make_account, make_user

EDIT = "/accounts/K1/edit/"


def form(account, **values):
    account.refresh_from_db()
    return {
        "name": account.name,
        "short_name": "",
        "expected": account.updated_at.isoformat(),
        **values,
    }


def test_a_change_is_kept_with_its_reason_and_shows_on_the_timeline(client, anna, k1):
    client.force_login(anna)

    response = client.post(EDIT, form(k1, name="华锐集团", phone="021-1", reason="改名"))

    assert response.status_code == 302
    k1.refresh_from_db()
    assert (k1.name, k1.phone, k1.name_sort) == ("华锐集团", "021-1", "hua rui ji tuan")
    entry = AuditEntry.objects.get(action="accounts.account_changed")
    assert entry.changes["name"] == ["华锐科技有限公司", "华锐集团"]
    assert (entry.actor, entry.reason) == (anna, "改名")
    assert "华锐集团" in client.get("/accounts/?search=hrjt").text
    event = Event.objects.get(kind="accounts.account_changed")
    assert event.data["fields"] == ["name", "phone"]


def test_saving_without_a_change_writes_nothing(client, anna, k1):
    client.force_login(anna)

    client.post(EDIT, form(k1))

    assert not AuditEntry.objects.filter(action="accounts.account_changed").exists()
    assert not Event.objects.exists()


def test_a_stale_form_is_refused_and_told_who_changed_what(client, anna, diana, k1):
    client.force_login(anna)
    stale = form(k1, name="旧")
    services.change_account(k1.pk, fields={"phone": "1"}, expected=k1.updated_at, actor=diana)

    response = client.post(EDIT, stale, headers={"Accept-Language": "en"})

    assert response.status_code == 422
    assert "Diana changed phone" in response.text
    k1.refresh_from_db()
    assert (k1.name, k1.phone) == ("华锐科技有限公司", "1")


@pytest.mark.parametrize("expected", ["", "yesterday", "2026-01-01", "9999-12-31T23:59:59"])
def test_a_tampered_form_is_refused(client, anna, k1, expected):
    client.force_login(anna)
    assert client.post(EDIT, form(k1, expected=expected)).status_code == 422


def test_an_edit_is_no_review_unless_it_says_so(client, anna, k1):
    client.force_login(anna)
    Account.objects.filter(pk=k1.pk).update(review_due_on="2020-01-01")

    client.post(EDIT, form(k1, phone="1"))
    k1.refresh_from_db()
    assert str(k1.review_due_on) == "2020-01-01"

    client.post(EDIT, form(k1, phone="2", reviewed="on"))
    k1.refresh_from_db()
    today = timezone.localdate()
    assert (k1.reviewed_on, k1.review_due_on) == (today, today + timedelta(days=180))


def test_the_review_button_moves_the_due_date_once(client, anna, k1):
    client.force_login(anna)

    client.post("/accounts/K1/review/")
    client.post("/accounts/K1/review/")

    assert Event.objects.filter(kind="accounts.account_reviewed").count() == 1
    k1.refresh_from_db()
    assert k1.review_due_on == timezone.localdate() + timedelta(days=180)


def test_a_new_archive_belongs_to_who_opens_it(client, anna):
    client.force_login(anna)

    response = client.post("/accounts/new/", {"account_number": "N-1", "name": "新公司"})

    assert response["Location"] == "/accounts/N-1/"
    account = Account.objects.get(account_number="N-1")
    assert account.manager == anna
    assert account.review_due_on == timezone.localdate() + timedelta(days=180)
    assert Event.objects.get().kind == "accounts.account_created"


@pytest.mark.parametrize("number", ["", "a b", "a/b", "x" * 41, "K1", "a\x00"])
def test_a_bad_or_taken_number_is_refused(client, anna, k1, number):
    client.force_login(anna)

    response = client.post("/accounts/new/", {"account_number": number, "name": "新公司"})

    assert response.status_code == 422
    assert Account.objects.count() == 1


def test_a_number_taken_meanwhile_is_refused_by_the_service(anna, k1):
    with pytest.raises(RuleViolation) as refusal:
        services.create_account(account_number="K1", name="另一家", actor=anna)
    assert refusal.value.code == "account_number_taken"


def test_a_director_gives_the_account_to_another_manager(client, anna, boris, diana, k1):
    client.force_login(diana)

    client.post("/accounts/K1/manager/", {"manager": boris.pk, "reason": "休假"})

    k1.refresh_from_db()
    assert k1.manager == boris
    event = Event.objects.get(kind="accounts.manager_changed")
    assert event.data == {"from": "Anna", "to": "Boris", "reason": "休假"}
    client.force_login(anna)
    assert client.get("/accounts/K1/").status_code == 404


def test_nobody_who_has_left_becomes_account_manager(client, diana, k1):
    gone = make_user("gone", is_active=False)
    client.force_login(diana)

    assert client.post("/accounts/K1/manager/", {"manager": gone.pk}).status_code == 422
    with pytest.raises(RuleViolation):
        services.change_manager(k1.pk, manager=gone, actor=diana)


def test_a_company_comes_under_its_parent_but_never_under_itself(client, diana, k1):
    child = make_account(account_number="K2", name="子公司")
    client.force_login(diana)

    assert client.post("/accounts/K2/parent/", {"parent": "K1"}).status_code == 302
    child.refresh_from_db()
    assert child.parent == k1

    for number, parent in [("K1", "K2"), ("K1", "K1"), ("K1", "K9")]:
        response = client.post(f"/accounts/{number}/parent/", {"parent": parent})
        assert response.status_code == 422
    k1.refresh_from_db()
    assert k1.parent is None


def test_the_database_refuses_a_circle_of_parents(k1):
    below = make_account(parent=make_account(parent=k1))

    with pytest.raises(IntegrityError, match="own parent"), transaction.atomic():
        Account.objects.filter(pk=k1.pk).update(parent=below)
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.filter(pk=k1.pk).update(parent=k1)


def test_the_database_keeps_events_as_they_were_written(anna, k1):
    other = make_account()
    services.record_event([k1.pk], "accounts.account_reviewed", actor=anna)

    for change in ({"kind": "x"}, {"at": timezone.now()}, {"actor": None}, {"data": {"a": 1}}):
        with pytest.raises(IntegrityError, match="events are never"), transaction.atomic():
            Event.objects.update(**change)
    with pytest.raises(IntegrityError, match="events are never"), transaction.atomic():
        Event.objects.all().delete()
    assert Event.objects.update(account=other, dispatched_at=timezone.now()) == 1


def test_a_merged_archive_leads_to_the_one_that_took_it_up(client, diana, k1):
    gone = make_account(account_number="K2")
    Account.objects.filter(pk=gone.pk).update(merged_into=k1)
    client.force_login(diana)

    response = client.get("/accounts/K2/", follow=True)

    assert response.redirect_chain == [("/accounts/K1/", 302)]
    assert "K2" in response.text
    assert client.get("/accounts/K2/edit/").status_code == 404
    with pytest.raises(RuleViolation):
        services.review_account(gone.pk, actor=diana)
