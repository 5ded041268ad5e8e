"""Bodies of thousands of objects: each is read on its own, and the bad ones are named."""

import json

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.sample_api")]
URL = "/api/v1/sample/things/bulk/"


@pytest.fixture
def client(api):
    return api("orders:write")


def post(client, body, query=""):
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post(URL + query, data, content_type="application/json")


def test_good_rows_are_taken_and_bad_ones_named(client):
    things = [
        {"number": "T0", "lines": [{"quantity": 1.1}, {"quantity": "2"}]},
        {"number": "T1", "lines": [{"quantity": 1}, {"quantity": "x"}]},
        {"number": "T2", "colour": "red"},
        {"lines": []},
        7,
        {"number": 8},
        {"number": "unknown"},
        {"number": "T7\0"},
        {"number": "T8", "lines": [{"quantity": "1", "a\0b": 1}]},
    ]

    response = post(client, {"things": things, "quick": True})

    assert response.status_code == 200
    body = response.json()
    errors = [(e["index"], e["key"], e["field"], e["code"]) for e in body.pop("errors")]
    assert body == {"received": 9, "created": 1, "updated": 0, "unchanged": 0, "rejected": 8}
    assert errors == [
        (1, "T1", "lines.1.quantity", "invalid"),
        (2, "T2", "colour", "unknown_field"),
        (3, "", "number", "required"),
        (4, "", "", "invalid"),
        (5, "", "number", "invalid"),
        (6, "unknown", "number", "unknown_thing"),
        (7, "T7", "number", "invalid"),
        (8, "T8", "lines.0", "invalid"),
    ]


def test_of_one_key_twice_the_last_counts(client):
    things = [{"number": "A"}, {"number": "B"}, {"number": "A"}, {"number": "A"}]

    body = post(client, {"things": things}).json()

    assert (body["created"], body["rejected"]) == (2, 2)
    assert [(e["index"], e["code"]) for e in body["errors"]] == [
        (0, "duplicate_in_request"),
        (2, "duplicate_in_request"),
    ]


@pytest.mark.parametrize("bad", [{"number": "B", "x": 1}, {"number": "unknown"}])
def test_atomic_is_all_or_nothing(client, bad):
    response = post(client, {"things": [{"number": "A"}, bad]}, "?atomic=true")

    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == "rejected"
    assert [(e["index"], e["key"]) for e in problem["errors"]] == [(1, bad["number"])]


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ([], 422, "invalid", ""),
        ("null", 422, "invalid", ""),
        ({}, 422, "required", "things"),
        ({"things": {}}, 422, "invalid", "things"),
        ({"things": None}, 422, "invalid", "things"),
        ({"things": [], "colour": 1}, 422, "unknown_field", "colour"),
        ({"things": [], "quick": "yes"}, 422, "invalid", "quick"),
    ],
)
def test_a_wrong_envelope_is_refused_as_a_whole(client, body, status, code, field):
    response = post(client, body)

    assert response.status_code == status
    error = response.json()["errors"][0]
    assert (error["code"], error["field"]) == (code, field)


def test_at_most_five_thousand_objects(client):
    things = [{"number": str(n)} for n in range(5_001)]

    assert post(client, {"things": things[:5_000]}).json()["created"] == 5_000
    response = post(client, {"things": things})
    assert (response.status_code, response.json()["code"]) == (413, "too_many")


def test_atomic_takes_true_or_false_only(client):
    assert post(client, {"things": []}, "?atomic=maybe").status_code == 422
    assert post(client, {"things": []}, "?atomic=false").status_code == 200
