"""Conventions: the Idempotency-Key header."""

import threading
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import Account

from .door import AS_OF, Api, account, ok, order, problem

CALLS = pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/orders/bulk/", {"orders": [order("O-1", None), order("O-2", "NOPE")]}),
        ("/accounts/bulk/", {"accounts": [account("K7")]}),
        ("/products/bulk/", {"products": [{"product_code": "P-1", "name": "螺栓"}]}),
        ("/tiering/runs/", {"as_of": str(AS_OF)}),
        ("/orders/bulk/?atomic=true", {"orders": [order("O-2", "NOPE")]}),
    ],
    ids=["orders", "accounts", "products", "runs", "refused"],
)


@CALLS
def test_a_repeated_call_gets_the_first_answer_byte_for_byte(api, path, body):
    key = {"Idempotency-Key": "call-1"}
    first = api.post(path, body, **key)

    again = api.post(path, body, **key)

    assert again.status_code == first.status_code
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_replay_does_not_do_the_work_again(api):
    body = {"accounts": [account("K1", name="First")]}
    first = api.post("/accounts/bulk/", body, **{"Idempotency-Key": "call-1"})
    api.accounts(account("K1", name="Second"))

    again = api.post("/accounts/bulk/", body, **{"Idempotency-Key": "call-1"})

    assert again.content == first.content
    assert ok(api.get("/accounts/K1/"))["name"] == "Second"


def test_the_same_key_with_another_body_is_422(api):
    api.post("/accounts/bulk/", {"accounts": [account("K1")]}, **{"Idempotency-Key": "call-1"})

    other = {"accounts": [account("K2")]}
    problem(api.post("/accounts/bulk/", other, **{"Idempotency-Key": "call-1"}), 422)

    problem(api.get("/accounts/K2/"), 404)


def test_without_the_header_nothing_is_replayed(api):
    body = {"accounts": [account("K1")]}

    assert ok(api.post("/accounts/bulk/", body))["created"] == 1
    again = api.post("/accounts/bulk/", body)
    assert ok(again)["unchanged"] == 1
    assert "Idempotent-Replayed" not in again.headers


def test_another_key_is_another_call(api):
    body = {"accounts": [account("K1")]}
    api.post("/accounts/bulk/", body, **{"Idempotency-Key": "call-1"})

    assert ok(api.post("/accounts/bulk/", body, **{"Idempotency-Key": "call-2"}))["unchanged"] == 1


def test_two_tokens_of_one_user_do_not_share_their_keys(make_token):
    first, second = Api(make_token("accounts:write")), Api(make_token("accounts:write"))
    key = {"Idempotency-Key": "call-1"}
    first.post("/accounts/bulk/", {"accounts": [account("K1")]}, **key)

    response = second.post("/accounts/bulk/", {"accounts": [account("K2")]}, **key)

    assert ok(response)["created"] == 1
    assert "Idempotent-Replayed" not in response.headers


def test_a_key_counts_for_24_hours(api):
    now = timezone.now()
    body, key = {"accounts": [account("K1")]}, {"Idempotency-Key": "call-1"}
    with time_machine.travel(now, tick=False):
        api.post("/accounts/bulk/", body, **key)

    with time_machine.travel(now + timedelta(hours=23, minutes=59), tick=False):
        assert ok(api.post("/accounts/bulk/", body, **key))["created"] == 1
    with time_machine.travel(now + timedelta(hours=24, minutes=1), tick=False):
        assert ok(api.post("/accounts/bulk/", body, **key))["unchanged"] == 1


@pytest.mark.parametrize("key", ["!", "~", str(uuid.UUID(int=1)), "k" * 255, '"quoted"'])
def test_a_key_of_1_to_255_visible_ascii_characters_is_good(api, key):
    body = {"accounts": [account("K1")]}

    assert ok(api.post("/accounts/bulk/", body, **{"Idempotency-Key": key}))["created"] == 1
    again = api.post("/accounts/bulk/", body, **{"Idempotency-Key": key})
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", "k" * 256, "two words", "tab\there", "é", "\x7f", "钥匙"])
def test_another_key_is_refused_and_nothing_is_done(api, key):
    body = {"accounts": [account("K1")]}

    problem(api.post("/accounts/bulk/", body, **{"Idempotency-Key": key}), 400)

    problem(api.get("/accounts/K1/"), 404)


def test_a_refusal_without_permission_does_not_use_up_the_key(make_token):
    reader = Api(make_token("accounts:read", username="reader"))
    body, key = {"accounts": [account("K1")]}, {"Idempotency-Key": "call-1"}

    problem(reader.post("/accounts/bulk/", body, **key), 403)
    problem(Api(token="wrong").post("/accounts/bulk/", body, **key), 401)


@pytest.mark.django_db(transaction=True)
def test_a_key_whose_call_still_runs_is_409(make_token):
    api = Api(make_token("accounts:read", "accounts:write"))
    api.accounts(account("K1"))
    body = {"accounts": [account("K1", name="Renamed")]}
    answers = []

    def call():
        try:
            other = Api(api.token)
            answers.append(other.post("/accounts/bulk/", body, **{"Idempotency-Key": "call-1"}))
        finally:
            connections.close_all()

    thread = threading.Thread(target=call)
    with transaction.atomic():
        Account.objects.select_for_update().get(account_number="K1")  # holds the first call up
        thread.start()
        wait_until_somebody_waits_for_a_lock()
        during = api_in_another_connection(api, body)
    thread.join()

    problem(during, 409)
    assert ok(answers[0])["updated"] == 1
    after = api.post("/accounts/bulk/", body, **{"Idempotency-Key": "call-1"})
    assert after.content == answers[0].content
    assert after.headers["Idempotent-Replayed"] == "true"


def wait_until_somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute("SELECT pg_sleep(0.01), pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("the first call did not come to the locked row")


def api_in_another_connection(api, body):
    answers = []

    def call():
        try:
            other = Api(api.token)
            answers.append(other.post("/accounts/bulk/", body, **{"Idempotency-Key": "call-1"}))
        finally:
            connections.close_all()

    thread = threading.Thread(target=call)
    thread.start()
    thread.join(10)
    assert answers, "the second call hung"
    return answers[0]
