"""Conventions: who may call. Tokens, scopes, expiry, and how a token is kept."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError
from django.db import connection
from django.test import Client
from django.utils import timezone

from .door import SCOPES, Api, account, ok, order, problem

CALLS = [  # method, path, body, scope that it needs
    ("POST", "/accounts/bulk/", {"accounts": [account("K9")]}, "accounts:write"),
    ("POST", "/orders/bulk/", {"orders": [order("O-9", None)]}, "orders:write"),
    ("GET", "/accounts/", None, "accounts:read"),
    ("GET", "/accounts/K1/", None, "accounts:read"),
    ("PUT", "/accounts/K1/", account("K1", name="Other"), "accounts:write"),
    ("PATCH", "/accounts/K1/", {"name": "Other"}, "accounts:write"),
    ("GET", "/orders/", None, "orders:read"),
    ("GET", "/orders/O-1/", None, "orders:read"),
    ("GET", "/accounts/K1/tier/", None, "tiers:read"),
    ("GET", "/accounts/K1/rfm/", None, "tiers:read"),
    ("GET", "/tiering/results/?run=1", None, "tiers:read"),
    ("POST", "/tiering/runs/", {"as_of": "2026-06-30"}, "tiers:run"),
]
calls = pytest.mark.parametrize(
    ("method", "path", "body", "scope"), CALLS, ids=[f"{c[0]} {c[1]}" for c in CALLS]
)


def send(api: Api, method: str, path: str, body: object) -> object:
    return api.call(method, path) if body is None else api.send(method, path, body)


@calls
def test_without_a_token_every_call_is_401(db, method, path, body, scope):
    response = send(Api(token=None), method, path, body)

    problem(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@calls
def test_without_the_scope_every_call_is_403(api, k1, make_token, method, path, body, scope):
    api.load(order("O-1"))
    others = [other for other in SCOPES if other != scope]

    problem(send(Api(make_token(*others, username="other")), method, path, body), 403)


@calls
def test_the_scope_alone_is_enough(api, k1, make_token, method, path, body, scope):
    api.load(order("O-1"))

    response = send(Api(make_token(scope, username="narrow")), method, path, body)

    assert response.status_code not in {401, 403}, response.text


@pytest.mark.parametrize("scope", ["tiers:read", "tiers:run"])
def test_a_run_is_watched_by_who_reads_tiers_and_by_who_starts_runs(api, make_token, scope):
    run = api.post("/tiering/runs/", {"as_of": "2026-06-30"}).json()

    assert ok(Api(make_token(scope, username="narrow")).get(f"/tiering/runs/{run['id']}/"))["id"]
    others = [other for other in SCOPES if other not in ("tiers:read", "tiers:run")]
    problem(Api(make_token(*others, username="other")).get(f"/tiering/runs/{run['id']}/"), 403)


def test_products_are_written_with_the_scope_of_orders(make_token):
    body = {"products": [{"product_code": "P-1", "name": "Bolt"}]}
    writer = Api(make_token("orders:write", username="writer"))
    reader = Api(make_token("orders:read", "accounts:read", username="reader"))

    assert ok(writer.post("/products/bulk/", body))["created"] == 1
    problem(reader.post("/products/bulk/", body), 403)


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer wrong", "Bearer a b", "Bearer \x80\xff", "Bearer " + "x" * 5000],
)
def test_a_wrong_bearer_header_is_401(api, header):
    problem(api.call("GET", "/accounts/", Authorization=header), 401)


def test_a_changed_character_makes_a_token_wrong(api):
    last = "a" if api.token[-1] != "a" else "b"

    problem(Api(api.token[:-1] + last).get("/accounts/"), 401)
    problem(Api(api.token + "a").get("/accounts/"), 401)


def test_a_token_works_until_it_expires(make_token):
    api = Api(make_token("accounts:read", days=2))
    now = timezone.now()

    with time_machine.travel(now + timedelta(days=1, hours=23), tick=False):
        assert api.get("/accounts/").status_code == 200
    with time_machine.travel(now + timedelta(days=2, minutes=1), tick=False):
        problem(api.get("/accounts/"), 401)


def test_the_command_prints_the_token_and_nothing_else(make_token):
    printed = make_token("accounts:read")

    assert len(printed.split()) == 1
    assert Api(printed).get("/accounts/").status_code == 200


def test_each_call_of_the_command_makes_another_token_of_the_same_user(make_token):
    first, second = make_token("accounts:read"), make_token("orders:read")

    assert first != second
    assert Api(first).get("/accounts/").status_code == 200
    problem(Api(first).get("/orders/"), 403)
    assert Api(second).get("/orders/").status_code == 200


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope_of_the_contract_can_be_given(make_token, scope):
    assert make_token(scope)


def test_an_unknown_scope_is_refused(make_token):
    with pytest.raises(CommandError):
        make_token("accounts:everything")


def test_a_service_user_cannot_log_in(make_token):
    token = make_token("accounts:read", username="erp")

    for password in ("", "erp", token):
        response = Client().post("/auth/login/", {"login": "erp", "password": password})
        assert response.status_code == 200  # the form again


def test_the_database_holds_no_token(make_token):
    token = make_token("accounts:read")
    Api(token).get("/accounts/")
    secret = token[16:]  # a prefix may be kept, to name the token on a page

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema ="
            " 'public' AND data_type IN ('text', 'character varying', 'jsonb', 'ARRAY')"
        )
        columns = cursor.fetchall()
        parts = [f'SELECT 1 FROM "{t}" WHERE strpos("{c}"::text, %s) > 0' for t, c in columns]
        cursor.execute(" UNION ALL ".join(parts), [secret] * len(parts))
        assert cursor.fetchall() == []


@pytest.mark.parametrize("path", ["/schema/", "/docs/"])
def test_the_schema_and_its_page_are_not_for_anonymous_visitors_to_break(db, path):
    assert Api(token=None).get(path).status_code in {200, 302, 401, 403}
