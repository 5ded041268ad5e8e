"""The bell, the list, the settings, and the pages of webhooks."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications import kinds
from notifications.models import Endpoint, Mail, Notification, Preference, Secret
from tests.factories import make_account

KIND = "tiering.tier_changed"
DATA = {"from": "ordinary", "to": "key", "net_sales": "1.00", "share": "0.02"}


def as_(user):
    client = Client()
    client.force_login(user)
    return client


def tell(user, account, number=1, **fields):
    return Notification.objects.create(
        user=user, kind=KIND, cause=f"event:{number}", account=account, data=DATA, **fields
    )


def bell(client):
    return client.get("/notifications/bell/").content.decode()


def test_the_bell_counts_what_is_unread(k1, anna):
    tell(anna, k1)
    tell(anna, k1, 2, read_at=timezone.now())
    tell(anna, k1, 3, in_page=False)

    assert ">1<" in bell(as_(anna))


def test_the_bell_counts_to_99(k1, anna):
    for number in range(101):
        tell(anna, k1, number)

    assert "99+" in bell(as_(anna))


def test_every_page_has_the_bell(anna):
    page = as_(anna).get("/notifications/").content.decode()

    assert 'hx-get="/notifications/bell/"' in page


def test_one_sees_the_own_notices_only(k1, anna, boris):
    notice = tell(anna, k1)

    assert "K1" in as_(anna).get("/notifications/").content.decode()
    assert "K1" not in as_(boris).get("/notifications/").content.decode()
    for url in (f"/notifications/{notice.pk}/", f"/notifications/{notice.pk}/read/"):
        method = as_(boris).post if url.endswith("read/") else as_(boris).get
        assert method(url).status_code == 404


def test_a_notice_of_an_account_that_is_hidden_by_now_is_not_there(k1, boris):
    notice = tell(boris, k1)
    client = as_(boris)

    assert "K1" not in client.get("/notifications/").content.decode()
    assert "badge" not in bell(client)
    assert client.get(f"/notifications/{notice.pk}/").status_code == 404


def test_following_a_notice_leads_there_and_counts_as_read(k1, anna):
    notice = tell(anna, k1)

    response = as_(anna).get(f"/notifications/{notice.pk}/")

    notice.refresh_from_db()
    assert response.url == "/accounts/K1/"
    assert notice.read_at is not None


def test_one_or_all_are_marked_as_read(k1, anna, boris):
    first, second = tell(anna, k1), tell(anna, k1, 2)
    other = tell(boris, make_account(manager=boris))
    client = as_(anna)

    client.post(f"/notifications/{first.pk}/read/")
    assert ">1<" in bell(client)
    client.post("/notifications/read/")

    second.refresh_from_db()
    other.refresh_from_db()
    assert second.read_at is not None
    assert other.read_at is None


def test_only_the_unread_on_demand(k1, anna):
    tell(anna, k1, read_at=timezone.now())

    assert "K1" in as_(anna).get("/notifications/").content.decode()
    assert "K1" not in as_(anna).get("/notifications/?show=unread").content.decode()


def test_the_list_and_the_bell_ask_as_often_for_one_as_for_ten(k1, anna):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    tell(anna, k1)
    client = as_(anna)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get("/notifications/")
            client.get("/notifications/bell/")
        counts.append(len(captured))
        if len(counts) == 1:
            for number in range(10, 20):
                tell(anna, make_account(manager=anna), number)

    assert counts[0] == counts[1]


@pytest.mark.parametrize("cursor", ["x", "AAAA"])
def test_a_cursor_of_nobody_is_a_page_that_is_not_there(anna, cursor):
    assert as_(anna).get(f"/notifications/?cursor={cursor}").status_code == 404


# --- settings


def form_of(user):
    """What the settings form of this user would send."""
    from notifications.queries import choices

    data = {}
    for place, choice in enumerate(choices(user)):
        if choice.in_page:
            data[f"page_{place}"] = "on"
        data[f"mail_{place}"] = choice.mail
    place = sorted(kinds.registered()).index(KIND)
    return data, place


def test_each_kind_is_chosen_for_the_bell_and_for_mail(anna):
    data, place = form_of(anna)
    del data[f"page_{place}"]
    data[f"mail_{place}"] = "soon"

    response = as_(anna).post("/notifications/preferences/", data)

    row = Preference.objects.get(user=anna, kind=KIND)
    assert response.status_code == 302
    assert (row.in_page, row.mail) == (False, Mail.SOON)
    data, place = form_of(anna)
    assert f"page_{place}" not in data


def test_an_unknown_way_is_refused(anna):
    data, place = form_of(anna)
    data[f"mail_{place}"] = "pigeon"

    assert as_(anna).post("/notifications/preferences/", data).status_code == 422
    assert not Preference.objects.exists()


def test_without_an_address_the_page_says_so(anna):
    assert "alert-warning" in as_(anna).get("/notifications/preferences/").content.decode()


# --- webhooks


def make(client, **fields):
    data = {"url": "https://erp.example.com/hooks", "events": ["tier_changed"], **fields}
    return client.post("/webhooks/", data)


def test_each_event_of_a_webhook_says_what_it_means(sysadmin):
    page = as_(sysadmin).get("/webhooks/", HTTP_ACCEPT_LANGUAGE="en").text

    assert "Tier changed · tier_changed" in page
    assert "Complaint escalated · complaint_escalated" in page


def test_a_webhook_is_made_and_its_secret_shown_once(sysadmin):
    client = as_(sysadmin)

    made = make(client)

    secret = Secret.objects.get().value
    page = reverse("notifications:webhook", args=[Endpoint.objects.get().pk])
    assert secret in made.content.decode()
    assert "no-store" in made.headers["Cache-Control"]
    assert secret not in client.get("/webhooks/").content.decode()
    assert secret not in client.get(page).content.decode()


@pytest.mark.parametrize(
    "fields", [{"url": "https://10.0.0.1/"}, {"url": "http://x.example.com/"}, {"events": []}]
)
def test_what_is_wrong_is_named(sysadmin, fields):
    response = make(as_(sysadmin), **fields)

    assert response.status_code == 422
    assert not Endpoint.objects.exists()


def test_a_webhook_is_changed_switched_off_rotated_tested_and_deleted(sysadmin):
    client = as_(sysadmin)
    make(client)
    endpoint = Endpoint.objects.get()
    page = endpoint.get_absolute_url()

    client.post(page, {"url": endpoint.url, "events": ["order_late"], "description": "ERP"})
    client.post(f"{page}test/")
    rotated = client.post(f"{page}rotate/", {"hours": "1"})
    client.post(f"{page}switch/", {"is_active": "0"})

    endpoint.refresh_from_db()
    assert endpoint.events == ["order_late"]
    assert endpoint.deliveries.count() == 1
    assert Secret.objects.count() == 2
    assert Secret.objects.get(expires_at=None).value in rotated.content.decode()
    assert not endpoint.is_active
    client.post(f"{page}delete/")
    assert not Endpoint.objects.exists()


def test_the_log_shows_every_attempt_and_not_the_message(sysadmin, k1):
    client = as_(sysadmin)
    make(client)
    endpoint = Endpoint.objects.get()
    delivery = endpoint.deliveries.create(
        name="tier_changed",
        body='{"to": "secret-tier"}',
        status="given_up",
        next_attempt_at=None,
    )
    delivery.attempts.create(status_code=503, milliseconds=12)

    page = client.get(endpoint.get_absolute_url()).content.decode()
    client.post(f"{endpoint.get_absolute_url()}deliveries/{delivery.pk}/replay/")

    delivery.refresh_from_db()
    assert "HTTP 503" in page
    assert "secret-tier" not in page
    assert delivery.status == "pending"


def test_a_message_of_another_webhook_is_not_there(sysadmin):
    client = as_(sysadmin)
    make(client)
    make(client)
    first, second = Endpoint.objects.all()
    delivery = first.deliveries.create(name="ping", body="{}")

    url = f"{second.get_absolute_url()}deliveries/{delivery.pk}/replay/"

    assert client.post(url).status_code == 404
