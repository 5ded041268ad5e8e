"""Webhooks: signed, once per event and endpoint, tried for three days, replayed by hand."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from kam.core.errors import RuleViolation
from notifications import services
from notifications.models import Attempt, Delivery, Endpoint, Notification, Secret


def refused(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


def is_signed_by(secret, headers, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{expected}" in headers["webhook-signature"].split()


def later(**ago):
    """The world is so much older now."""
    for delivery in Delivery.objects.all():
        for name in ("began_at", "next_attempt_at"):
            if moment := getattr(delivery, name):
                setattr(delivery, name, moment - timedelta(**ago))
        delivery.save()


def test_an_event_arrives_signed_and_says_what_happened(subscribe, tier_changed, send, receiver):
    endpoint = subscribe()
    event = tier_changed()

    assert send(endpoint) == 1

    ((_path, headers, body),) = receiver.requests
    message = json.loads(body)
    assert message["type"] == "tier_changed"
    assert message["account_number"] == "K1"
    assert message["timestamp"] == event.at.isoformat()
    assert message["data"]["to"] == "key"
    assert headers["content-type"] == "application/json"
    assert is_signed_by(Secret.objects.get().value, headers, body)
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60


def test_a_changed_body_is_no_longer_signed(subscribe, tier_changed, send, receiver):
    endpoint = subscribe()
    tier_changed()
    send(endpoint)

    ((_path, headers, body),) = receiver.requests

    assert not is_signed_by(Secret.objects.get().value, headers, body + b" ")


def test_nothing_goes_to_who_did_not_subscribe_or_is_switched_off(subscribe, tier_changed):
    subscribe("order_late")
    subscribe("tier_changed", is_active=False)
    tier_changed()

    services.dispatch_events()

    assert not Delivery.objects.exists()


def test_the_dispatcher_run_twice_sends_one(subscribe, tier_changed, send, receiver):
    endpoint = subscribe()
    tier_changed()

    send(endpoint)
    send(endpoint)

    assert len(receiver.requests) == 1


def test_during_a_rotation_both_secrets_sign_and_afterwards_the_new_one(
    subscribe, tier_changed, send, receiver, sysadmin
):
    endpoint = subscribe()
    old = Secret.objects.get().value
    new = services.rotate_secret(endpoint.pk, actor=sysadmin, hours=24)
    tier_changed()
    send(endpoint)
    Secret.objects.filter(value=old).update(expires_at=timezone.now())
    tier_changed()
    send(endpoint)

    (_, during, body), (_, after, body_after) = receiver.requests
    assert is_signed_by(old, during, body)
    assert is_signed_by(new, during, body)
    assert not is_signed_by(old, after, body_after)
    assert is_signed_by(new, after, body_after)


def test_never_more_than_two_secrets_sign(subscribe, sysadmin):
    endpoint = subscribe()
    for _ in range(3):
        services.rotate_secret(endpoint.pk, actor=sysadmin)

    assert endpoint.secrets.live(timezone.now()).count() == 2


def test_what_fails_is_tried_again_with_the_same_id(subscribe, tier_changed, send, receiver):
    endpoint = subscribe()
    receiver.answers += [500, 200]
    tier_changed()

    assert send(endpoint) == 0
    waiting = Delivery.objects.get()
    assert waiting.status == "pending"
    assert waiting.next_attempt_at > timezone.now()
    assert send(endpoint) == 0  # not yet
    later(seconds=31)
    assert send(endpoint) == 1

    first, second = (headers["webhook-id"] for _, headers, _ in receiver.requests)
    assert first == second
    assert list(Attempt.objects.values_list("status_code", flat=True)) == [200, 500]
    assert Delivery.objects.get().status == "delivered"


def test_after_three_days_it_is_given_up_and_its_maker_is_told(
    subscribe, tier_changed, send, receiver, sysadmin
):
    endpoint = subscribe()
    receiver.answers += [500, 500]
    tier_changed()
    send(endpoint)
    later(days=3)

    send(endpoint)

    delivery = Delivery.objects.get()
    assert delivery.status == "given_up"
    assert Notification.objects.filter(user=sysadmin).exists()
    assert services.endpoints_due() == []


def test_a_failing_endpoint_is_left_alone_until_the_next_turn(
    subscribe, tier_changed, send, receiver
):
    endpoint = subscribe()
    receiver.answers += [500]
    tier_changed()
    tier_changed()

    send(endpoint)

    assert len(receiver.requests) == 1
    assert services.endpoints_due() == [endpoint.pk]


@pytest.mark.parametrize("answers", [[200], [500]])
def test_a_message_is_replayed_with_its_id(
    subscribe, tier_changed, send, receiver, sysadmin, answers
):
    endpoint = subscribe()
    receiver.answers += answers
    tier_changed()
    send(endpoint)
    Delivery.objects.filter(status="pending").update(status="given_up", next_attempt_at=None)

    services.replay(Delivery.objects.get().pk, actor=sysadmin)
    assert send(endpoint) == 1

    ids = {headers["webhook-id"] for _, headers, _ in receiver.requests}
    assert len(receiver.requests) == 2
    assert len(ids) == 1


def test_what_is_being_tried_is_not_replayed(subscribe, tier_changed, sysadmin):
    subscribe()
    tier_changed()
    services.dispatch_events()

    assert refused(services.replay, Delivery.objects.get().pk, actor=sysadmin) == "waiting"


def test_while_switched_off_what_waits_stays_and_goes_out_afterwards(
    subscribe, tier_changed, send, receiver, sysadmin
):
    endpoint = subscribe()
    tier_changed()
    services.dispatch_events()
    services.change_endpoint(endpoint.pk, is_active=False, actor=sysadmin)

    assert send(endpoint) == 0
    services.change_endpoint(endpoint.pk, is_active=True, actor=sysadmin)
    assert send(endpoint) == 1


def test_a_worker_that_died_blocks_its_endpoint_for_two_minutes_only(
    subscribe, tier_changed, send, receiver
):
    endpoint = subscribe()
    tier_changed()
    Endpoint.objects.update(busy_until=timezone.now() + timedelta(seconds=100))
    assert send(endpoint) == 0
    Endpoint.objects.update(busy_until=timezone.now() - timedelta(seconds=1))

    assert send(endpoint) == 1


def test_a_test_message(subscribe, send, receiver, sysadmin):
    endpoint = subscribe()

    services.send_test(endpoint.pk, actor=sysadmin)
    send(endpoint)

    ((_, _, body),) = receiver.requests
    assert json.loads(body)["type"] == "ping"


def test_a_payload_that_breaks_keeps_its_event(subscribe, k1, hooks, caplog):
    from accounts.models import Event
    from accounts.services import record_event

    hooks.register(
        "broken", label="Broken", event_kind="t.broken", payload=lambda event: {"x": 1 / 0}
    )
    subscribe("broken")
    record_event([k1.pk], "t.broken", actor=None)

    services.dispatch_events()

    assert Event.objects.get(kind="t.broken").dispatched_at is None
    assert "t.broken" in caplog.text


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://erp.example.com/", "not_https"),
        ("https://", "invalid_url"),
        ("https://user:pw@erp.example.com/", "invalid_url"),
        ("https://erp.example.com/#x", "invalid_url"),
        ("https://erp.example.com:99999/", "invalid_url"),
        ("https://127.0.0.1/", "private_address"),
        ("https://10.0.0.8/hook", "private_address"),
        ("https://[::1]/", "private_address"),
        ("https://localhost/", "private_address"),
        ("https://db.internal/", "private_address"),
        ("https://erp.example.com/" + "x" * 500, "invalid_url"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_at_once(sysadmin, url, code):
    create = services.create_endpoint

    assert refused(create, url=url, events=["tier_changed"], actor=sysadmin) == code


def test_events_must_be_known_ones(sysadmin):
    create, url = services.create_endpoint, "https://erp.example.com/"

    assert refused(create, url=url, events=[], actor=sysadmin) == "no_events"
    assert refused(create, url=url, events=["x"], actor=sysadmin) == "unknown_event"


def test_what_was_sent_a_month_ago_is_forgotten_and_what_waits_is_not(
    subscribe, tier_changed, send
):
    endpoint = subscribe()
    tier_changed()
    send(endpoint)
    tier_changed()
    services.dispatch_events()
    Delivery.objects.update(began_at=timezone.now() - timedelta(days=31))

    services.purge()

    assert list(Delivery.objects.values_list("status", flat=True)) == ["pending"]
