"""Webhooks over REST, with the scope `webhooks:manage`."""

import pytest

from notifications.models import Endpoint, Secret

URL = "https://erp.example.com/hooks"


@pytest.fixture
def client(api):
    return api("webhooks:manage")


def make(client, **fields):
    body = {"url": URL, "events": ["tier_changed"], **fields}
    return client.post("/api/v1/webhooks/", body, content_type="application/json")


def test_a_webhook_is_made_and_only_that_answer_shows_its_secret(client):
    made = make(client, description="ERP")

    endpoint = Endpoint.objects.get()
    listed = client.get("/api/v1/webhooks/").json()["results"]
    assert made.status_code == 201
    assert made.json()["secret"] == Secret.objects.get().value
    assert [row["id"] for row in listed] == [endpoint.pk]
    assert "secret" not in listed[0]
    assert "secret" not in client.get(f"/api/v1/webhooks/{endpoint.pk}/").json()


def test_another_scope_is_refused(api):
    assert make(api("accounts:write")).status_code == 403


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"url": "https://192.168.0.9/"}, "url", "private_address"),
        ({"url": "http://erp.example.com/"}, "url", "not_https"),
        ({"url": "https://u:p@erp.example.com/"}, "url", "invalid_url"),
        ({"events": ["nothing"]}, "events", "unknown_event"),
        ({"events": []}, "events", "empty"),
        ({"url": None}, "url", "null"),
        ({"event": ["ping"]}, "event", "unknown_field"),
    ],
)
def test_what_is_wrong_is_422_and_named(client, fields, field, code):
    response = make(client, **fields)

    (error,) = response.json()["errors"]
    assert response.status_code == 422
    assert (error["field"], error["code"]) == (field, code)


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"url": "https://192.168.0.9/"}, "url", "private_address"),
        ({"events": ["nothing"]}, "events", "unknown_event"),
        ({"active": False}, "active", "unknown_field"),
    ],
)
def test_a_wrong_change_is_422_and_named(client, fields, field, code):
    pk = make(client).json()["id"]

    response = client.patch(f"/api/v1/webhooks/{pk}/", fields, content_type="application/json")

    (error,) = response.json()["errors"]
    assert response.status_code == 422
    assert (error["field"], error["code"]) == (field, code)


def test_it_is_changed_rotated_and_deleted(client):
    pk = make(client).json()["id"]
    one = f"/api/v1/webhooks/{pk}/"

    changed = client.patch(one, {"is_active": False}, content_type="application/json")
    rotated = client.post(f"{one}rotate/", {"hours": 0}, content_type="application/json")

    assert changed.json()["is_active"] is False
    assert rotated.json()["secret"] == Secret.objects.get(expires_at=None).value
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404


def test_the_log_and_a_replay(client):
    pk = make(client).json()["id"]
    tested = client.post(f"/api/v1/webhooks/{pk}/test/")
    delivery = Endpoint.objects.get().deliveries.get()
    log = f"/api/v1/webhooks/{pk}/deliveries/"
    replay = f"{log}{delivery.pk}/replay/"

    waiting = client.post(replay)
    delivery.status, delivery.next_attempt_at = "given_up", None
    delivery.save()
    again = client.post(replay)

    assert tested.status_code == 202
    assert waiting.json()["code"] == "waiting"
    assert again.status_code == 202
    (row,) = client.get(log, {"status": "pending"}).json()["results"]
    assert row["message_id"] == delivery.message_id
    assert "body" not in row
    assert client.get(log, {"status": "delivered"}).json()["results"] == []
    assert client.get(log, {"status": "x"}).status_code == 422
