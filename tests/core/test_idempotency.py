"""`Idempotency-Key`: the first answer again, byte for byte; never the work twice."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from kam.core.api import idempotency
from kam.core.models import ApiToken, AuditEntry, IdempotentResponse
from tests.factories import make_token

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.sample_api")]
NOTES = "/api/v1/sample/notes/"


@pytest.fixture
def client(api):
    return api("orders:write")


def post(client, action="x", key="k-1", query=""):
    headers = {} if key is None else {"Idempotency-Key": key}
    body = json.dumps({"action": action})
    return client.post(NOTES + query, body, content_type="application/json", headers=headers)


def written(action="x"):
    return AuditEntry.objects.filter(subject_type="x", action=action).count()


def test_a_repeated_call_gets_the_first_answer_and_does_nothing(client):
    first = post(client)
    again = post(client)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert written() == 1


def test_refusals_are_replayed_as_well(client):
    first = post(client, "refuse")
    again = post(client, "refuse")

    assert (first.status_code, again.status_code) == (409, 409)
    assert again.content == first.content
    assert again.headers["Content-Type"] == "application/problem+json"
    assert again.headers["Idempotent-Replayed"] == "true"
    assert written("refuse") == 0  # the refused write is not kept


def test_an_error_of_ours_is_not_kept(client):
    client.raise_request_exception = False

    assert post(client, "crash").status_code == 500
    again = post(client, "crash")

    assert again.status_code == 500
    assert "Idempotent-Replayed" not in again.headers
    assert written("crash") == 0
    assert not IdempotentResponse.objects.exists()


def test_the_same_key_for_another_body_or_address_is_422(client):
    post(client)

    for response in (post(client, "y"), post(client, query="?atomic=true")):
        assert response.status_code == 422
        assert response.json()["code"] == "idempotency_key_reuse"
    assert written("y") == 0
    assert post(client).headers["Idempotent-Replayed"] == "true"  # the first still stands


def test_keys_belong_to_their_token(client, api):
    post(client)

    assert "Idempotent-Replayed" not in post(api("orders:write")).headers
    assert written() == 2


def test_without_a_key_every_call_works(client):
    post(client, key=None)
    post(client, key=None)

    assert written() == 2
    assert not IdempotentResponse.objects.exists()


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 256, "schlüssel", "k\t"])
def test_a_key_must_be_visible_ascii(client, key):
    response = post(client, key=key)

    assert response.status_code == 400
    assert response.json()["code"] == "invalid_idempotency_key"
    assert written() == 0


def test_after_a_day_the_key_is_free_and_the_answer_purged(client):
    post(client)
    day_ago = timezone.now() - timedelta(hours=24, seconds=1)
    IdempotentResponse.objects.update(created_at=day_ago)

    assert "Idempotent-Replayed" not in post(client).headers
    assert written() == 2

    IdempotentResponse.objects.update(created_at=day_ago)
    assert idempotency.purge() == 1


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_running_the_second_is_409():
    key = make_token("orders:write")
    token = ApiToken.objects.get()
    held, release = threading.Event(), threading.Event()

    def first():
        with idempotency.exclusive(token, "k-1"):
            held.set()
            release.wait(10)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    held.wait(10)
    client = Client(headers={"Authorization": f"Bearer {key}"})
    response = post(client)
    release.set()
    thread.join()

    assert response.status_code == 409
    assert response.json()["code"] == "idempotency_in_progress"
    assert written() == 0
    assert post(client).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_leaves_nothing_behind():
    key = make_token("orders:write")
    token = ApiToken.objects.get()
    held, killed = threading.Event(), threading.Event()
    backend: list[int] = []

    def worker():
        with idempotency.exclusive(token, "k-1"):
            backend.append(connection.connection.info.backend_pid)
            held.set()
            killed.wait(10)
            connection.connection.close()  # what the kernel does for a killed process
        connection.close()

    thread = threading.Thread(target=worker)
    thread.start()
    held.wait(10)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", backend)
    killed.set()
    thread.join()

    assert post(Client(headers={"Authorization": f"Bearer {key}"})).status_code == 201
