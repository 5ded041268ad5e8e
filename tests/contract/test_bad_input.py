"""Bad input at the door of order sync: a clear error that names the row, nothing half-written."""

import json
import random

import pytest
from celery import Task
from kombu.exceptions import OperationalError

from .door import AS_OF, line, ok, only_error, order, problem

GOOD = json.dumps(order("GOOD"))


def post(api, *texts):
    return api.call("POST", "/orders/bulk/", f'{{"orders": [{", ".join(texts)}]}}'.encode())


def with_line(quantity="1", unit_price="1"):
    """An order whose one line has these figures, exactly as written."""
    text = json.dumps(order("BAD", lines=[line("QUANTITY", "PRICE")]))
    return text.replace('"QUANTITY"', quantity).replace('"PRICE"', unit_price)


@pytest.mark.parametrize("field", ["quantity", "unit_price"])
@pytest.mark.parametrize(
    "value",
    [
        '"NaN"',
        '"Infinity"',
        '"-Infinity"',
        '"sNaN"',
        '"1e400"',
        "1e400",
        '"1E+30"',
        "9" * 30,
        f'"{"9" * 30}"',
        f'"0.{"0" * 30}1"',
        '"1,5"',
        '"1 000"',
        '""',
        '"x"',
        '"0x10"',
        "null",
        "true",
        "[]",
        "{}",
        '"\\u0000"',
        f'"{"1" * 5000}"',
    ],
)
def test_what_is_no_figure_is_rejected_and_named(api, k1, field, value):
    answer = ok(post(api, GOOD, with_line(**{field: value})))

    assert (answer["created"], answer["rejected"]) == (1, 1)
    error = only_error(answer)
    assert (error["index"], error["key"]) == (1, "BAD")
    assert field in error["field"]
    assert error["detail"]
    problem(api.get("/orders/BAD/"), 404)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "01", ".5", "1.", "+1"])
def test_a_number_that_json_does_not_know_is_malformed(api, k1, value):
    problem(post(api, GOOD, with_line(unit_price=value)), 400)

    problem(api.get("/orders/GOOD/"), 404)


@pytest.mark.parametrize("value", ["1e2", "1E+2", "1.0e2", "100e0"])
def test_a_number_with_an_exponent_is_a_number(api, k1, recompute, value):
    answer = ok(post(api, with_line(unit_price=value)))

    if answer["created"]:
        assert recompute()["company_net_sales"] == "100.00"
    else:
        assert "unit_price" in only_error(answer)["field"]


@pytest.mark.parametrize(
    "change",
    [
        {"order_number": "A\x00B"},
        {"account_number": "K\x00"},
        {"ordered_on": "2026-06-\x00"},
        {"currency": "C\x00Y"},
        {"status": "open\x00"},
        {"lines": [line(product_code="P\x00")]},
        {"lines": [line(description="a\x00b")]},
        {"order_number": "\ud800"},
        {"lines": [line(description="\udfff")]},
    ],
    ids=ascii,
)
@pytest.mark.parametrize("missing", [False, True])
def test_nul_bytes_and_half_characters_are_rejected_row_by_row(api, k1, change, missing):
    body = {"orders": [order("BAD") | change, order("GOOD")], "create_missing_accounts": missing}

    response = api.post("/orders/bulk/", body)

    if response.status_code == 400:  # half a character is not UTF-8
        problem(response, 400)
        assert "\\u" in json.dumps(change)
    else:
        assert only_error(ok(response))["index"] == 0
        assert ok(response)["created"] == 1


@pytest.mark.parametrize("depth", [100, 10_000, 1_000_000])
def test_deep_nesting_is_refused(api, depth):
    body = b'{"orders": [' + b"[" * depth + b"]" * depth + b"]}"

    response = api.call("POST", "/orders/bulk/", body)

    if response.status_code == 200:
        assert response.json()["rejected"] == 1
    else:
        problem(response, 400)


def test_a_field_twice_in_an_object_breaks_nothing(api, k1):
    text = GOOD[:-1] + ', "order_number": "GOOD", "account_number": "K1"}'

    response = post(api, text)

    assert response.status_code in {200, 400}


def test_an_unknown_field_of_a_line_is_named(api, k1):
    answer = api.orders(order("BAD", lines=[line(colour="red")]), order("GOOD"))

    error = only_error(answer)
    assert error["key"] == "BAD"
    assert error["field"].endswith("colour")


def test_one_order_with_ten_thousand_lines_is_stored_whole_or_refused(api, k1, recompute):
    answer = api.orders(order("O-1", lines=[line(1, "0.01") for _ in range(10_000)]))

    if answer["created"]:
        assert recompute()["company_net_sales"] == "100.00"
    else:
        assert only_error(answer)["field"] == "lines"


def test_every_bad_row_is_named_and_every_good_one_is_stored(api, k1):
    """A call in which all that can go wrong goes wrong at once."""
    bad = [
        order("B-0", "NOPE"),
        order("B-1", currency="USD"),
        order("B-2", lines=[line(-1, "-1")]),
        order("B-3", amount="NaN"),
        order("B-4", lines=[line("9" * 30)]),
        order("B-5", lines=[line(product_code="\x00")]),
        order("B-6", colour="red"),
        order("B-7", ordered_on="2026-02-30"),
        order("B-8", status="lost"),
        order("B-9", version="x"),
        7,
    ]
    good = [order(f"G-{n}") for n in range(len(bad))]
    mixed = [thing for pair in zip(bad, good, strict=True) for thing in pair]

    answer = api.orders(*mixed)

    assert (answer["created"], answer["rejected"]) == (len(good), len(bad))
    assert sorted({error["index"] for error in answer["errors"]}) == list(range(0, 22, 2))
    codes = {error["key"]: error["code"] for error in answer["errors"]}
    assert codes["B-0"] == "unknown_account"
    assert codes["B-1"] == "no_exchange_rate"
    assert codes["B-2"] == "double_negative"
    stored = {row["order_number"] for row in api.all("/orders/")}
    assert stored == {f"G-{n}" for n in range(len(good))}


JUNK = [None, True, False, 0, -1, 1.5, 10**30, "", "x", "\x00", "2026-06-30", "NaN", "9" * 5000]
JUNK += [[], {}, [None], {"a": 1}, "'; DROP TABLE sales_order; --", "<script>", "％s", "\\", "😀"]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["orders", "accounts", "products"])
def test_junk_in_any_field_is_answered_and_counted(api, k1, kind, seed):
    chance = random.Random(seed)

    def spoiled(n):
        if kind == "orders":
            thing = order(f"J-{n}", version=1, promised_on="2026-07-01", currency="CNY")
            thing["lines"] = [line(description="d", unit_cost="1", line_number=1)]
            if chance.random() < 0.5:
                thing["lines"][0][chance.choice(list(thing["lines"][0]))] = chance.choice(JUNK)
                return thing
        elif kind == "accounts":
            thing = {"account_number": f"J-{n}", "name": "n", "phone": "1", "region": "r"}
        else:
            thing = {"product_code": f"J-{n}", "name": "n", "category": "c", "unit": "u"}
        thing[chance.choice(list(thing))] = chance.choice(JUNK)
        return thing

    api.bulk(kind, [spoiled(n) for n in range(150)])  # asserts 200 and that the counts add up


@pytest.fixture
def dead_redis(monkeypatch):
    """Celery as it is when nobody listens where the broker should be."""

    def refuse(*args, **kwargs):
        raise OperationalError("Error 111 connecting to 127.0.0.1:1. Connection refused.")

    monkeypatch.setattr(Task, "apply_async", refuse)


def test_orders_are_accepted_while_redis_is_dead(
    api, k1, dead_redis, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        assert api.orders(order("O-1"))["created"] == 1

    assert ok(api.get("/orders/O-1/"))["order_number"] == "O-1"


def test_a_run_asked_for_while_redis_is_dead_waits_in_the_queue(
    api, dead_redis, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        response = api.post("/tiering/runs/", {"as_of": str(AS_OF)})

    assert response.status_code == 202
    assert ok(api.get(f"/tiering/runs/{response.json()['id']}/"))["status"] == "queued"
