"""What a REST client gets when something is wrong: a problem, never a 5xx for bad input."""

import gzip
import json

import pytest
from django.test import Client

from kam.core.models import ApiToken, AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.sample_api")]
NOTES = "/api/v1/sample/notes/"
ENTRIES = "/api/v1/sample/entries/"
BULK = "/api/v1/sample/things/bulk/"


@pytest.fixture
def client(api):
    return api("orders:read", "orders:write")


def post(client, body, url=NOTES, **headers):
    return client.post(url, body, content_type="application/json", headers=headers)


def assert_problem(response, status, code):
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert list(body) == ["type", "title", "status", "code", "detail", "errors"]
    assert (body["status"], body["code"]) == (status, code)
    return body


def test_without_a_token_the_answer_is_401_and_says_bearer(db):
    response = Client().get(ENTRIES)

    assert_problem(response, 401, "not_authenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("key", ["", "x", "kam_a_b", "kam_\u00e4_b", "kam__", "a b c"])
def test_a_token_that_is_none_is_refused(db, key):
    response = Client().get(ENTRIES, headers={"Authorization": f"Bearer {key}"})

    assert_problem(response, 401, "invalid_token")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_another_scope_is_403_and_reading_does_not_allow_writing(api):
    assert_problem(api("tiers:read").get(ENTRIES), 403, "missing_scope")
    assert_problem(post(api("orders:read"), "{}"), 403, "missing_scope")


def test_a_view_that_declares_nothing_is_refused(client):
    assert_problem(client.get("/api/v1/sample/undeclared/"), 403, "missing_scope")


def test_a_person_needs_the_permission_and_no_token(diana, sysadmin):
    client = Client()
    client.force_login(diana)
    assert_problem(client.get(ENTRIES), 403, "missing_scope")

    client.force_login(sysadmin)
    assert client.get(ENTRIES).status_code == 200


def test_unknown_address_method_and_media_type(client):
    assert_problem(client.get("/api/v1/nothing/"), 404, "not_found")
    assert_problem(Client().get("/api/"), 404, "not_found")
    assert_problem(client.get(f"{ENTRIES}nothing/"), 404, "not_found")
    response = client.delete(NOTES)
    assert_problem(response, 405, "method_not_allowed")
    assert "POST" in response.headers["Allow"]
    assert_problem(client.options(NOTES), 405, "method_not_allowed")
    assert_problem(client.post(NOTES, {"action": "x"}), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{}x",
        b"",
        b'{"action": NaN}',
        b'{"action": Infinity}',
        b'{"action": "\xff"}',
        b'{"action": "\\ud800"}',
        b"\xef\xbb\xbf{}",
    ],
)
def test_a_body_that_is_not_json_is_400(client, body):
    if body:
        assert_problem(post(client, body), 400, "malformed")
    assert_problem(post(client, body, BULK), 400, "malformed")


def test_bodies_made_to_hurt_the_parser_are_refused(client):
    assert_problem(post(client, b"[" * 100_000), 400, "malformed")
    assert_problem(post(client, b"9" * 5_000), 400, "malformed")
    assert_problem(post(client, b"[" * 100_000, BULK), 400, "malformed")
    assert_problem(post(client, b'{"things":' + b"[" * 100_000, BULK), 400, "malformed")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "action", "required"),
        ({"action": None}, "action", "null"),
        ({"action": ["x"]}, "action", "invalid"),
        ({"action": 1.5}, "action", "invalid"),
        ({"action": "a\0b"}, "action", "null_characters_not_allowed"),
        ({"action": "x" * 61}, "action", "max_length"),
        ({"action": "x", "amount": "NaN"}, "amount", "invalid"),
        ({"action": "x", "amount": 10**30}, "amount", "max_digits"),
        ({"action": "x", "amount": "0.00001"}, "amount", "max_decimal_places"),
        ([], "", "invalid"),
        ("x", "", "invalid"),
    ],
)
def test_a_wrong_value_is_422_and_names_its_field(client, body, field, code):
    problem = assert_problem(post(client, json.dumps(body)), 422, "invalid")

    assert [(error["field"], error["code"]) for error in problem["errors"]] == [(field, code)]
    assert not AuditEntry.objects.filter(subject_type="x").exists()


def test_numbers_are_exact(client):
    body = b'{"action": "x", "amount": 12345678901234.1234}'

    assert post(client, body).json()["amount"] == "12345678901234.1234"


def test_a_rule_that_says_no_is_409(client):
    problem = assert_problem(post(client, '{"action": "refuse"}'), 409, "stale")

    assert problem["detail"] == "Too late."


def test_what_the_database_cannot_hold_is_422(client):
    assert_problem(post(client, '{"action": "overflow"}'), 422, "out_of_range")


def test_an_error_of_our_own_is_a_problem_too(client):
    client.raise_request_exception = False

    assert_problem(post(client, '{"action": "crash"}'), 500, "server_error")


@pytest.mark.parametrize("query", ["x=%00", "cursor=a%00b", "%00"])
def test_null_characters_in_the_address(client, query):
    assert_problem(client.get(f"{ENTRIES}?{query}"), 400, "malformed")
    assert_problem(client.get(f"{ENTRIES}a%00b/"), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page_size=0", "page_size"),
        ("page_size=501", "page_size"),
        ("page_size=-1", "page_size"),
        (f"page_size={'9' * 5000}", "page_size"),
        ("page_size=\u0662", "page_size"),
        ("cursor=x", "cursor"),
        ("cursor=WyI-Iiw5LDld", "cursor"),
        ("cursor=\u4f60", "cursor"),
        ("updated_since=yesterday", "updated_since"),
        ("updated_since=2026-02-30T00:00:00Z", "updated_since"),
    ],
)
def test_a_wrong_parameter_names_itself(client, query, field):
    problem = assert_problem(client.get(f"{ENTRIES}?{query}"), 422, "invalid")

    assert problem["errors"][0]["field"] == field


def test_gzip_is_accepted_both_ways(client):
    packed = gzip.compress(b'{"action": "x"}') + gzip.compress(b"  ")

    response = post(client, packed, **{"Content-Encoding": "gzip"})
    assert response.status_code == 201

    AuditEntry.objects.bulk_create(
        AuditEntry(action=f"a{n}", subject_type="x", subject_id=n) for n in range(50)
    )
    response = client.get(ENTRIES, headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(response.content))["results"]) == 52  # and the token


@pytest.mark.parametrize("url", [NOTES, BULK])
def test_broken_packed_and_huge_bodies(client, url):
    whole = gzip.compress(b'{"action": "x"}')
    bomb = gzip.compress(b" " * (21 * 1024 * 1024))

    gzipped = {"Content-Encoding": "gzip"}
    assert_problem(post(client, whole[:-4], url, **gzipped), 400, "broken_gzip")
    assert_problem(post(client, b"{}", url, **gzipped), 400, "broken_gzip")
    assert_problem(post(client, bomb, url, **gzipped), 413, "too_large")
    assert_problem(post(client, b" " * (25 * 1024 * 1024), url), 413, "too_large")
    assert_problem(post(client, b"{}", url, **{"Content-Encoding": "br"}), 415, "unknown_encoding")


def test_too_many_calls_a_minute_are_429_with_retry_after(client, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    while (response := client.get(ENTRIES)).status_code == 200:
        pass

    assert_problem(response, 429, "throttled")
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert ApiToken.objects.get().request_count.count >= 3


def test_pages_that_do_not_exist_are_pages(client, anna):
    client.force_login(anna)

    response = client.get("/nothing/")

    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")
