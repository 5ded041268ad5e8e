from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Account, Cover, HandoverCase
from accounts.services import cover, handover
from accounts.today_work import covers_to_accept, to_sign
from tests.factories import make_account, make_user

EN = {"Accept-Language": "en"}
TODAY = timezone.localdate


def opened(giver, actor, kind="leaving", days=30):
    day = TODAY() + timedelta(days=days)
    return handover.open_case(giver=giver, kind=kind, last_day=day, actor=actor)


def test_a_handover_goes_through_its_pages(client, anna, boris, diana, k1):
    client.force_login(diana)
    day = (TODAY() + timedelta(days=9)).isoformat()
    client.post("/handover/new/", {"giver": anna.pk, "kind": "leaving", "last_day": day})
    case = HandoverCase.objects.get()
    page = f"/handover/{case.pk}/"
    assert str(k1) in client.get(page).text

    client.force_login(anna)
    client.post(f"{page}propose/", {"taker": boris.pk, "accounts.manager": [str(k1.pk)]})
    transfer = case.transfers.get()
    client.force_login(boris)
    assert "Anna → Boris" in client.get("/handover/", headers=EN).text
    client.post(f"/handover/transfers/{transfer.pk}/sign/")

    assert Account.objects.get().manager == boris
    client.force_login(diana)
    assert "Anna still has access" in client.post(f"{page}close/", follow=True, headers=EN).text
    client.post(f"{page}end-access/")
    client.post(f"{page}close/")
    case.refresh_from_db()
    assert case.status == "closed"


def test_all_of_it_is_handed_over_by_one_button(client, anna, boris, diana, k1):
    make_account(manager=anna)
    case = opened(anna, diana)
    client.force_login(anna)

    client.post(f"/handover/{case.pk}/propose/", {"taker": boris.pk, "all": "1"})

    assert case.transfers.get().count == 2


def test_nothing_ticked_is_said(client, anna, boris, diana, k1):
    case = opened(anna, diana)
    client.force_login(anna)

    response = client.post(f"/handover/{case.pk}/propose/", {"taker": boris.pk}, headers=EN)

    assert response.status_code == 422
    assert "Choose what is to be taken over" in response.text


def test_who_is_no_side_of_a_handover_does_not_find_it(client, anna, boris, diana):
    case = opened(anna, diana)
    client.force_login(boris)

    assert client.get(f"/handover/{case.pk}/").status_code == 404
    assert client.post(f"/handover/{case.pk}/close/").status_code == 403
    assert "Anna" not in client.get("/handover/", headers=EN).text


def test_who_takes_over_sees_the_case_but_proposes_nothing(client, anna, boris, diana, k1):
    case = opened(anna, diana)
    handover.propose(case.pk, taker=boris, actor=anna)
    make_account(manager=anna)
    client.force_login(boris)

    assert client.get(f"/handover/{case.pk}/").status_code == 200
    values = {"taker": make_user(role="account_manager").pk, "all": "1"}
    assert client.post(f"/handover/{case.pk}/propose/", values).status_code == 403


def test_a_director_does_not_open_a_handover_of_the_general_manager(client, diana, gm):
    client.force_login(diana)
    values = {"giver": gm.pk, "kind": "leaving", "last_day": TODAY().isoformat()}

    response = client.post("/handover/new/", values, headers=EN)

    assert response.status_code == 422
    assert "You may not direct" in response.text
    assert not HandoverCase.objects.exists()


def test_access_ends_by_a_button(client, anna, diana, k1):
    case = opened(anna, diana)
    client.force_login(diana)

    client.post(f"/handover/{case.pk}/end-access/")

    anna.refresh_from_db()
    assert not anna.is_active


def test_a_transfer_is_turned_down_with_a_reason(client, anna, boris, diana, k1):
    case = opened(anna, diana)
    transfer = handover.propose(case.pk, taker=boris, actor=anna)
    client.force_login(boris)
    address = f"/handover/transfers/{transfer.pk}/withdraw/"

    assert client.post(address, {"reason": ""}).status_code == 422
    client.post(address, {"reason": "on leave"})

    assert "on leave" in client.get(f"/handover/{case.pk}/").text


def test_a_role_that_nobody_else_holds_is_named(client, anna, diana):
    lone = make_user("lone", "legal")
    case = opened(lone, diana)
    client.force_login(diana)

    assert (
        "Nobody else holds the role: Legal" in client.get(f"/handover/{case.pk}/", headers=EN).text
    )


def test_the_page_of_a_case_costs_the_same_for_one_account_and_for_ten(
    client, anna, diana, k1, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    case = opened(anna, diana)
    client.force_login(diana)
    client.get(f"/handover/{case.pk}/")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/handover/{case.pk}/")
    for _number in range(9):
        make_account(manager=anna)

    with django_assert_max_num_queries(len(queries)):
        client.get(f"/handover/{case.pk}/")


def test_leave_is_covered_through_the_pages(client, anna, boris, k1):
    client.force_login(anna)
    span = {"since": TODAY().isoformat(), "until": (TODAY() + timedelta(days=5)).isoformat()}
    client.post("/handover/covers/", {"cover": boris.pk, **span})
    named = Cover.objects.get()
    client.force_login(boris)
    assert client.get("/accounts/K1/").status_code == 404

    client.post(f"/handover/covers/{named.pk}/accept/")
    assert client.get("/accounts/K1/").status_code == 200

    client.post(f"/handover/covers/{named.pk}/end/")
    assert client.get("/accounts/K1/").status_code == 404


def test_others_do_not_find_a_cover(client, anna, boris):
    named = cover.propose_cover(
        person=anna, cover=boris, since=TODAY(), until=TODAY() + timedelta(days=5), actor=anna
    )
    client.force_login(make_user(role="account_manager"))

    assert client.post(f"/handover/covers/{named.pk}/end/").status_code == 404


def test_what_is_to_be_signed_waits_on_the_today_page(anna, boris, diana, k1):
    case = opened(anna, diana)
    handover.propose(case.pk, taker=boris, actor=anna)
    cover.propose_cover(
        person=anna, cover=boris, since=TODAY(), until=TODAY() + timedelta(days=5), actor=anna
    )

    assert [item.url for item in to_sign(boris, timezone.now())] == [f"/handover/{case.pk}/"]
    assert list(to_sign(anna, timezone.now())) == []
    assert [item.urgency for item in covers_to_accept(boris, timezone.now())] == [85]


@pytest.mark.parametrize("address", ["/handover/", "/handover/covers/"])
def test_empty_pages_say_what_they_are_for(client, anna, address):
    client.force_login(anna)
    assert "empty-title" in client.get(address).text
