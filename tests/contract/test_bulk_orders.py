"""Bulk upserts of orders: accounts, statuses, returns, versions, lines, texts."""

from urllib.parse import quote

import pytest

from .door import AS_OF, line, ok, only_error, order, problem


def company(recompute):
    return recompute()["company_net_sales"]


def net_sales(api, number="K1"):
    return ok(api.get(f"/accounts/{number}/tier/", as_of=AS_OF))["net_sales"]


# --- whose order it is ---


def test_a_walk_in_sale_counts_for_the_company_and_for_no_account(api, k1, recompute):
    answer = api.orders(order("O-1", None, "900.00"), order("O-2", "K1", "100.00"))

    assert answer["created"] == 2
    assert ok(api.get("/orders/O-1/"))["account_number"] is None
    run = recompute()
    assert run["company_net_sales"] == "1000.00"
    assert run["accounts"] == 1
    assert net_sales(api) == "100.00"


def test_an_unknown_account_is_rejected(api, k1):
    answer = api.orders(order("O-1", "K1"), order("O-2", "NOPE"))

    error = only_error(answer)
    assert error["code"] == "unknown_account"
    assert (error["index"], error["key"], error["field"]) == (1, "O-2", "account_number")
    problem(api.get("/orders/O-2/"), 404)
    problem(api.get("/accounts/NOPE/"), 404)


def test_missing_accounts_are_made_when_the_body_says_so(api, k1, recompute):
    objects = [order("O-1", "NEW-1"), order("O-2", "NEW-1"), order("O-3", "NEW-2")]

    answer = api.orders(*objects, order("O-4", "K1"), create_missing_accounts=True)

    assert answer["created"] == 4  # orders, not accounts
    assert ok(api.get("/accounts/NEW-1/"))["account_number"] == "NEW-1"
    assert sorted(row["account_number"] for row in api.all("/accounts/")) == [
        "K1",
        "NEW-1",
        "NEW-2",
    ]
    recompute()
    assert net_sales(api, "NEW-1") == "200.00"


def test_create_missing_accounts_false_is_the_default(api):
    answer = api.orders(order("O-1", "NOPE"), create_missing_accounts=False)

    assert only_error(answer)["code"] == "unknown_account"


def test_no_account_is_made_for_an_order_that_is_rejected(api):
    bad = order("O-1", "NEW-1", lines=[line(-1, "-1")])

    assert api.orders(bad, create_missing_accounts=True)["rejected"] == 1

    problem(api.get("/accounts/NEW-1/"), 404)


def test_an_account_number_that_cannot_be_is_rejected_not_made(api):
    answer = api.orders(
        order("O-1", "K" * 41), order("O-2", "A/B"), order("O-3", ""), create_missing_accounts=True
    )

    assert [error["index"] for error in answer["errors"]] == [0, 1, 2]
    assert {error["field"] for error in answer["errors"]} == {"account_number"}


def test_an_order_can_move_to_another_account(api, k1, recompute):
    api.load(order("O-1", "K1"), order("O-2", "K2"))

    assert api.orders(order("O-1", "K2"))["updated"] == 1

    recompute()
    assert (net_sales(api, "K1"), net_sales(api, "K2")) == ("0.00", "200.00")


def test_the_account_must_be_said_even_when_it_is_nobody(api):
    nobody = order("O-1", None)
    del nobody["account_number"]

    answer = api.orders(nobody)

    if answer["rejected"]:
        assert only_error(answer)["field"] == "account_number"
    else:
        assert ok(api.get("/orders/O-1/"))["account_number"] is None


# --- status, returns, adjustments ---


def test_delivered_is_the_default_status(api, k1):
    api.orders(order("O-1"))

    assert ok(api.get("/orders/O-1/"))["status"] == "delivered"


@pytest.mark.parametrize("status", ["Open", "lost", "", None, 1])
def test_another_status_is_rejected(api, k1, status):
    answer = api.orders(order("O-1", status=status))

    if status is None and answer["created"]:
        assert ok(api.get("/orders/O-1/"))["status"] == "delivered"
    else:
        assert only_error(answer)["field"] == "status"


def test_all_but_the_cancelled_orders_count(api, k1, recompute):
    api.orders(
        order("O-1", amount="1.00", status="open"),
        order("O-2", amount="10.00", status="delivered"),
        order("O-3", amount="100.00", status="cancelled"),
        order("O-4", None, "1000.00", status="cancelled"),
    )

    assert company(recompute) == "11.00"
    assert net_sales(api) == "11.00"


def test_cancelling_takes_an_order_out_and_reopening_brings_it_back(api, k1, recompute):
    api.orders(order("O-1", amount="70.00"), order("O-2", amount="30.00"))

    assert api.orders(order("O-1", amount="70.00", status="cancelled"))["updated"] == 1
    assert company(recompute) == "30.00"
    assert api.orders(order("O-1", amount="70.00", status="open"))["updated"] == 1
    assert company(recompute) == "100.00"


def test_a_return_lowers_net_sales(api, k1, recompute):
    answer = api.orders(order("O-1", amount="100.00"), order("R-1", amount="-30.50"))

    assert answer["created"] == 2
    assert company(recompute) == "69.50"
    assert net_sales(api) == "69.50"


def test_a_negative_price_is_an_adjustment(api, k1, recompute):
    answer = api.orders(order("O-1", lines=[line(1, "100.00"), line(2, "-12.25")]))

    assert answer["created"] == 1
    assert company(recompute) == "75.50"


@pytest.mark.parametrize(
    ("quantity", "price", "accepted"),
    [
        ("-1", "-1", False),
        ("-0.001", "-0.0001", False),
        (-1, -1, False),
        ("-1", "0", True),
        ("0", "-1", True),
        ("-1", "1", True),
        ("1", "-1", True),
        ("0", "0", True),
    ],
)
def test_a_line_with_both_negative_is_rejected(api, k1, quantity, price, accepted):
    answer = api.orders(order("O-1", lines=[line(1, "1"), line(quantity, price)]))

    if accepted:
        assert answer["created"] == 1
    else:
        error = only_error(answer)
        assert (error["code"], error["key"]) == ("double_negative", "O-1")


# --- versions ---


@pytest.mark.parametrize(
    ("version", "outcome", "expected"),
    [(4, "unchanged", "100.00"), (5, "updated", "200.00"), (6, "updated", "200.00")],
)
def test_a_lower_version_than_the_stored_one_changes_nothing(
    api, k1, recompute, version, outcome, expected
):
    api.load(order("O-1", amount="100.00", version=5))

    answer = api.orders(order("O-1", amount="200.00", version=version))

    assert answer[outcome] == 1
    assert company(recompute) == expected


def test_a_lower_version_does_not_bring_back_a_cancelled_order(api, k1, recompute):
    api.load(order("O-1", status="cancelled", version=2))

    assert api.orders(order("O-1", status="open", version=1))["unchanged"] == 1

    assert company(recompute) == "0.00"


def test_a_higher_version_guards_from_then_on(api, k1, recompute):
    api.load(order("O-1", amount="1.00", version=1))
    api.orders(order("O-1", amount="3.00", version=3))

    assert api.orders(order("O-1", amount="2.00", version=2))["unchanged"] == 1
    assert company(recompute) == "3.00"


def test_the_same_content_under_a_higher_version_still_guards(api, k1, recompute):
    api.load(order("O-1", amount="1.00", version=1))
    api.orders(order("O-1", amount="1.00", version=3))

    assert api.orders(order("O-1", amount="2.00", version=2))["unchanged"] == 1
    assert company(recompute) == "1.00"


@pytest.mark.parametrize("version", ["x", 1.5, -(10**30), 10**30, [], True])
def test_a_version_is_an_integer_that_fits(api, k1, version):
    assert only_error(api.orders(order("O-1", version=version)))["field"] == "version"


# --- dates and lines ---


@pytest.mark.parametrize("field", ["ordered_on", "promised_on", "delivered_on"])
@pytest.mark.parametrize(
    "value", ["2026-02-30", "30.06.2026", "20260630", "2026-06-30T00:00:00", 20260630, "0000-01-01"]
)
def test_a_date_is_year_month_day(api, k1, field, value):
    assert only_error(api.orders(order("O-1", **{field: value})))["field"] == field


@pytest.mark.parametrize("field", ["ordered_on", "lines"])
def test_what_an_order_cannot_be_without_is_named(api, k1, field):
    incomplete = order("O-1")
    del incomplete[field]

    assert only_error(api.orders(incomplete))["field"] == field


@pytest.mark.parametrize("field", ["product_code", "quantity", "unit_price"])
def test_what_a_line_cannot_be_without_is_named(api, k1, field):
    incomplete = line()
    del incomplete[field]

    error = only_error(api.orders(order("O-1", lines=[line(), incomplete])))
    assert field in error["field"]


@pytest.mark.parametrize("lines", ["x", {}, [None], ["x"], [[]], 1])
def test_lines_are_a_list_of_objects(api, k1, lines):
    assert "lines" in only_error(api.orders(order("O-1", lines=lines), order("O-2")))["field"]


def test_lines_are_numbered_from_1_when_they_say_nothing(api, k1):
    api.load(order("O-1", lines=[line(product_code="A"), line(product_code="B")]))

    lines = ok(api.get("/orders/O-1/"))["lines"]

    assert [(row["line_number"], row["product_code"]) for row in lines] == [(1, "A"), (2, "B")]


def test_line_numbers_are_kept(api, k1):
    lines = [line(product_code="B", line_number=20), line(product_code="A", line_number=10)]
    api.load(order("O-1", lines=lines))

    got = {row["line_number"]: row["product_code"] for row in ok(api.get("/orders/O-1/"))["lines"]}
    assert got == {10: "A", 20: "B"}


def test_the_same_line_number_twice_is_rejected(api, k1):
    lines = [line(line_number=1), line(line_number=1)]

    error = only_error(api.orders(order("O-1", lines=lines), order("O-2")))
    assert error["key"] == "O-1"


def test_an_update_replaces_the_lines(api, k1, recompute):
    api.load(order("O-1", lines=[line(1, "10"), line(1, "20"), line(1, "30")]))

    assert api.orders(order("O-1", lines=[line(1, "20"), line(1, "5")]))["updated"] == 1

    assert len(ok(api.get("/orders/O-1/"))["lines"]) == 2
    assert company(recompute) == "25.00"


def test_an_unknown_product_is_made_from_the_line(api, k1):
    api.load(order("O-1", lines=[line(product_code="NEW", description="Bearing 6204")]))

    answer = api.bulk("products", [{"product_code": "NEW", "name": "Bearing 6204"}])

    assert answer["created"] == 0
    assert answer["unchanged"] == 1  # the name came from the line's description


@pytest.mark.parametrize("field", ["order_number", "product_code"])
def test_keys_have_at_most_60_characters(api, k1, field):
    def with_key(key):
        if field == "order_number":
            return order(key)
        return order("O-1", lines=[line(product_code=key)])

    assert only_error(api.orders(with_key("k" * 61)))["field"].endswith(field)
    assert api.orders(with_key("k" * 60))["created"] == 1


def test_a_description_may_have_200_characters_and_not_201(api, k1):
    good, bad = line(description="d" * 200), line(description="d" * 201)

    error = only_error(api.orders(order("O-1", lines=[good]), order("O-2", lines=[bad])))
    assert error["key"] == "O-2"
    assert error["field"].endswith("description")


def test_a_late_delivery_is_kept(api, k1):
    api.load(order("O-1", promised_on="2026-07-01", delivered_on="2026-07-05"))

    got = ok(api.get("/orders/O-1/"))
    assert (got["promised_on"], got["delivered_on"]) == ("2026-07-01", "2026-07-05")


@pytest.mark.parametrize(
    "text",
    ["\\N", "\\.", "a\tb", "a\nb", "a\r\nb", "\\", 'a"b', "a,b", "{a}", "NULL", "𠮷野家", "\u2028"],
)
def test_texts_come_back_as_they_were_sent(api, k1, text):
    api.load(order("O-1", lines=[line(description=text)]))

    (got,) = ok(api.get("/orders/O-1/"))["lines"]
    assert got["description"] == text


@pytest.mark.parametrize("key", ["\\N", "\\.", "a\\b", 'a"b', "a,b", "{a}", "NULL", "%s", "𠮷"])
def test_keys_come_back_as_they_were_sent(api, k1, key):
    api.load(order(key, lines=[line(product_code=key)]))

    (got,) = api.all("/orders/")
    assert got["order_number"] == key
    (got_line,) = ok(api.get(f"/orders/{quote(key, safe='')}/"))["lines"]
    assert got_line["product_code"] == key


@pytest.mark.parametrize("key", ["O-1\n", "\nO-1", "O\t1"])
def test_a_key_with_a_line_break_is_one_key_or_rejected(api, k1, key):
    answer = api.orders(order(key), order("O-2", lines=[line(product_code=key)]))

    assert answer["received"] == 2  # counted, whatever was said
    for row in api.all("/orders/"):
        assert ok(api.get(f"/orders/{quote(row['order_number'], safe='')}/"))
