"""Figures and dates have one spelling over REST; what Python would read besides is refused."""

from decimal import Decimal

import pytest

from .door import AS_OF, line, ok, only_error, order, problem

PLAIN = ["12", "-12", "+12", "012", "12.5", "12.500"]
NOT_PLAIN = [
    "１２",
    "٣",
    "1_000",
    " 12 ",
    "12\n",
    "1e3",
    "1E3",
    "12.",
    ".5",
    "1,000",
    "0x1f",
    "Infinity",
    "-inf",
    "NaN",
    "sNaN",
    "",
    "--1",
    "1.2.3",
]
NOT_A_DATE = ["２０２６-01-05", "2026-1-5", "20260105", "2026-W01-1", "2026-01-05 ", "٢٠٢٦-01-05"]


@pytest.mark.parametrize("text", PLAIN)
def test_a_figure_in_plain_digits_is_taken(api, k1, text):
    api.load(order("O-1", lines=[line(text, "1")]))

    assert Decimal(ok(api.get("/orders/O-1/"))["net_amount"]) == Decimal(text)


@pytest.mark.parametrize(
    ("number", "amount"), [("1e1", "10.00"), ("2.5E0", "2.50"), ("25e-1", "2.50"), ("-3", "-3.00")]
)
def test_a_json_number_is_taken_as_it_is(api, k1, number, amount):
    body = (
        '{"orders":[{"order_number":"O-1","account_number":"K1","ordered_on":"2026-01-05",'
        f'"lines":[{{"product_code":"P","quantity":{number},"unit_price":1}}]}}]}}'
    )
    assert ok(api.call("POST", "/orders/bulk/", body.encode()))["created"] == 1

    assert ok(api.get("/orders/O-1/"))["net_amount"] == amount


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_a_figure_spelled_otherwise_is_named_and_the_other_order_stored(api, k1, text):
    cases = [
        ("lines.1.quantity", {"lines": [line(), line(text)]}),
        ("lines.0.unit_price", {"lines": [line(1, text)]}),
        ("lines.0.unit_cost", {"lines": [line(unit_cost=text)]}),
        ("exchange_rate", {"currency": "USD", "exchange_rate": text}),
    ]
    answer = api.orders(
        *[order(f"O-{place}", **fields) for place, (_field, fields) in enumerate(cases)],
        order("GOOD"),
    )

    assert answer["created"] == 1
    assert [(e["index"], e["key"], e["field"], e["code"]) for e in answer["errors"]] == [
        (place, f"O-{place}", field, "invalid") for place, (field, _fields) in enumerate(cases)
    ]


@pytest.mark.parametrize("field", ["ordered_on", "promised_on", "delivered_on"])
@pytest.mark.parametrize("text", NOT_A_DATE)
def test_a_date_of_an_order_spelled_otherwise_is_named(api, k1, field, text):
    error = only_error(api.orders(order("O-1", **{field: text})))

    assert (error["field"], error["code"]) == (field, "invalid")


@pytest.mark.parametrize("text", [text for text in NOT_A_DATE if text == text.strip()])
def test_a_date_of_an_account_spelled_otherwise_is_named(api, text):
    account = {"account_number": "K1", "name": "K1", "dealing_since": text}

    error = only_error(api.accounts(account))
    refused = problem(api.send("PUT", "/accounts/K1/", account), 422)

    assert (error["field"], error["code"]) == ("dealing_since", "invalid_date")
    assert refused["errors"][0]["field"] == "dealing_since"


@pytest.mark.parametrize("text", NOT_A_DATE)
def test_a_date_spelled_otherwise_is_refused_wherever_it_is_asked_for(api, k1, text):
    refusals = [
        api.get("/orders/", since=text),
        api.get("/orders/", until=text),
        api.get("/accounts/K1/rfm/", as_of=text),
        api.post("/tiering/runs/", {"as_of": text}),
    ]

    for response in refusals:
        error = problem(response, 422)["errors"][0]
        assert error["code"] == "invalid"
        assert error["field"] in ("since", "until", "as_of")


def test_an_object_above_4_mb_is_named_and_the_others_stored(api, k1):
    # 100 bytes and more a line
    lines = [line(description="x" * 60) for _ in range(42_000)]

    answer = api.orders(order("LONG", lines=lines), order("O-1", ordered_on=AS_OF))

    error = only_error(answer)
    assert (error["index"], error["key"], error["code"]) == (0, "LONG", "too_large")
    assert answer["created"] == 1


def test_a_body_with_one_object_has_4_mb_at_most(api):
    body = b'{"name":"' + b"x" * (4 << 20) + b'"}'

    assert problem(api.call("PUT", "/accounts/K1/", body), 413)["code"] == "too_large"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        (b'{"orders":[{"order_number":[[],[]]}]}', "order_number", "invalid"),
        (b'{"orders":[{"order_number":"O","' + b"x" * 9_999 + b'":1}]}', "x", "unknown_field"),
    ],
)
def test_what_could_fill_the_memory_is_named_briefly(api, body, field, code):
    error = ok(api.call("POST", "/orders/bulk/", body))["errors"][0]

    assert error["field"].startswith(field)
    assert error["code"] == code
    assert len(error["field"]) + len(error["detail"]) < 1_100


def test_more_than_5000_objects_of_any_kind_are_refused(api):
    assert problem(api.post("/orders/bulk/", {"orders": [1] * 5_001}), 413)["code"] == "too_many"
    assert ok(api.post("/orders/bulk/", {"orders": [1] * 5_000}))["rejected"] == 5_000
