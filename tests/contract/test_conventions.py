"""Conventions: formats of money, shares, dates and moments; errors and their statuses."""

import json
import re
from datetime import date, datetime
from decimal import Decimal

import pytest

from .door import AS_OF, Api, account, line, ok, only_error, order, problem

MONEY = re.compile(r"-?\d+\.\d{2}")
SHARE = re.compile(r"-?\d+\.\d{6}")


def net_sales(api, number="K1"):
    return ok(api.get(f"/accounts/{number}/tier/", as_of=AS_OF))["net_sales"]


# --- money ---


def send_price(api, price):
    """An order of one line, whose price stands in the JSON exactly as written here."""
    text = json.dumps({"orders": [order("O-1", amount="PRICE")]}).replace('"PRICE"', price)
    return ok(api.call("POST", "/orders/bulk/", text.encode()))


@pytest.mark.parametrize("price", ['"1250.00"', "1250.00", "1250", '"1250"', '"1250.0000"'])
def test_money_comes_in_as_a_string_or_a_number(api, k1, recompute, price):
    assert send_price(api, price)["created"] == 1

    recompute()
    assert net_sales(api) == "1250.00"


@pytest.mark.parametrize("price", ["90000000000000.0144", '"90000000000000.0144"'])
def test_money_never_passes_through_a_float(api, k1, recompute, price):
    # As a float this is 90000000000000.015625, which would show as .02.
    assert send_price(api, price)["created"] == 1

    recompute()
    assert net_sales(api) == "90000000000000.01"


def test_ten_times_a_tenth_is_one(api, k1, recompute):
    api.load(order("O-1", lines=[line(1, 0.1) for _ in range(10)]))

    recompute()

    assert net_sales(api) == "1.00"


@pytest.mark.parametrize(
    ("price", "shown"),
    [("0.0049", "0.00"), ("0.0050", "0.00"), ("0.0051", "0.01"), ("0.0150", "0.02")],
)
def test_money_goes_out_with_two_decimals_half_even(api, k1, recompute, price, shown):
    api.load(order("O-1", amount=price))

    recompute()

    assert net_sales(api) == shown


@pytest.mark.parametrize(
    ("field", "good", "bad"), [("unit_price", "1.2345", "1.23456"), ("quantity", "1.234", "1.2345")]
)
def test_more_decimals_than_agreed_are_refused_not_rounded(api, k1, field, good, bad):
    answer = api.orders(
        order("O-1", lines=[line(**{"unit_price": "1", field: good})]),
        order("O-2", lines=[line(**{"unit_price": "1", field: bad})]),
    )

    assert answer["created"] == 1
    assert field in only_error(answer)["field"]


# --- what an answer looks like ---


def test_every_figure_of_an_answer_has_its_format(api, k1, recompute):
    api.load(order("O-1", amount="123.4567"), order("O-2", None, "1000"))
    run = recompute()

    tier = ok(api.get("/accounts/K1/tier/", as_of=AS_OF))
    (row,) = api.all("/tiering/results/", run=run["id"])
    rfm = ok(api.get("/accounts/K1/rfm/", as_of=AS_OF))

    for value in (
        tier["net_sales"],
        tier["company_net_sales"],
        row["net_sales"],
        row["monetary"],
        rfm["monetary"],
        run["company_net_sales"],
    ):
        assert isinstance(value, str)
        assert MONEY.fullmatch(value), value
    for value in (tier["share"], row["share"]):
        assert isinstance(value, str)
        assert SHARE.fullmatch(value), value
    for value in (tier["as_of"], tier["since"], *tier["window"].values(), rfm["as_of"]):
        assert str(date.fromisoformat(value)) == value
    for value in (run["started_at"], run["finished_at"]):
        assert datetime.fromisoformat(value).utcoffset() is not None


def test_an_order_comes_back_as_it_went_in(api, k1):
    sent = order("O-1", currency="USD", exchange_rate="7.25", status="open", version=3)
    sent |= {"promised_on": "2026-07-10", "lines": [line("2.500", "1250.00", unit_cost="900.00")]}
    api.load(sent)

    got = ok(api.get("/orders/O-1/"))

    for name in ("order_number", "account_number", "ordered_on", "currency", "status", "version"):
        assert got[name] == sent[name]
    assert got["promised_on"] == "2026-07-10"
    assert got["delivered_on"] is None
    assert Decimal(got["exchange_rate"]) == Decimal("7.25")
    (got_line,) = got["lines"]
    assert got_line["line_number"] == 1
    assert got_line["product_code"] == "P-1"
    for name in ("quantity", "unit_price", "unit_cost"):
        assert isinstance(got_line[name], str)
        assert Decimal(got_line[name]) == Decimal(sent["lines"][0][name])


def test_answers_are_utf_8_json_with_chinese_readable(api):
    api.accounts(account("K1", name="华东机械有限公司"))

    response = api.get("/accounts/K1/")

    assert response.headers["Content-Type"].startswith("application/json")
    assert "华东机械有限公司".encode() in response.content


# --- errors ---


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/NOPE/",
        "/orders/NOPE/",
        "/accounts/NOPE/tier/",
        "/accounts/NOPE/rfm/",
        "/tiering/runs/999999/",
        "/tiering/runs/99999999999999999999999/",
    ],
)
def test_what_is_not_there_is_404(api, path):
    problem(api.get(path), 404)


def test_an_unknown_address_below_the_api_is_a_problem_too(api):
    problem(api.get("/nothing/"), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/accounts/"), ("GET", "/orders/bulk/"), ("PUT", "/orders/O-1/")],
)
def test_a_wrong_method_is_405(api, method, path):
    problem(api.call(method, path), 405)


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"orders": [}', b"\xff\xfe", b'{"orders": []} x', b"'orders'"]
)
@pytest.mark.parametrize("path", ["/orders/bulk/", "/accounts/bulk/", "/products/bulk/"])
def test_what_is_not_json_is_400(api, path, body):
    problem(api.call("POST", path, body), 400)


@pytest.mark.parametrize(
    "document", [[], "orders", 1, None, {}, {"orders": None}, {"orders": {}}, {"orders": "O-1"}]
)
def test_json_of_another_shape_is_refused(api, document):
    problem(api.post("/orders/bulk/", document), 400, 422)


def test_another_content_type_is_refused(api):
    response = api.call("POST", "/orders/bulk/", b"orders=1", **{"Content-Type": "text/plain"})

    problem(response, 400, 415)


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/accounts/K1/tier/", "as_of"),
        ("/accounts/K1/rfm/", "as_of"),
        ("/orders/", "since"),
        ("/orders/", "until"),
        ("/orders/", "status"),
        ("/accounts/", "tier"),
        ("/accounts/", "updated_since"),
        ("/accounts/", "page_size"),
        ("/tiering/results/", "run"),
    ],
)
@pytest.mark.parametrize(
    "value", ["x", "", "2026-02-30", "-1", "\x00", "9" * 30, "2026-06-30T00:00:00", "%", "NaN"]
)
def test_a_bad_parameter_is_named_never_a_server_error(api, k1, path, parameter, value):
    response = api.get(path, **{parameter: value})

    if response.status_code != 200:  # an empty or a harmless value may be passed over
        problem(response, 400, 404, 422)


@pytest.mark.parametrize(
    ("path", "parameter", "value"),
    [
        ("/accounts/K1/tier/", "as_of", "2026-02-30"),
        ("/accounts/K1/rfm/", "as_of", "yesterday"),
        ("/orders/", "since", "2026-02-30"),
        ("/orders/", "status", "lost"),
        ("/accounts/", "tier", "golden"),
        ("/accounts/", "updated_since", "yesterday"),
        ("/accounts/", "cursor", "nonsense"),
        ("/tiering/results/", "run", "x"),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_refused(api, k1, path, parameter, value):
    problem(api.get(path, **{parameter: value}), 400, 404, 422)


# --- the schema says the same ---


def test_the_schema_names_every_call(api):
    response = api.call("GET", "/schema/?format=json", Accept="application/json")
    assert response.status_code == 200
    paths = {re.sub(r"{\w+}", "{}", path): v for path, v in response.json()["paths"].items()}

    for path, methods in {
        "/accounts/bulk/": {"post"},
        "/products/bulk/": {"post"},
        "/orders/bulk/": {"post"},
        "/accounts/": {"get"},
        "/accounts/{}/": {"get", "put", "patch"},
        "/orders/": {"get"},
        "/orders/{}/": {"get"},
        "/accounts/{}/tier/": {"get"},
        "/accounts/{}/rfm/": {"get"},
        "/tiering/runs/": {"post"},
        "/tiering/runs/{}/": {"get"},
        "/tiering/results/": {"get"},
    }.items():
        assert methods <= paths.get(f"/api/v1{path}", {}).keys(), path


def test_the_schema_is_valid_openapi(api):
    response = api.call("GET", "/schema/?format=json", Accept="application/json")

    assert response.json()["openapi"].startswith("3.")


def test_without_a_token_the_database_stays_as_it_is(api):
    problem(Api(token=None).post("/accounts/bulk/", {"accounts": [account("K1")]}), 401)

    problem(api.get("/accounts/K1/"), 404)
