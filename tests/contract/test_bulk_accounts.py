"""Bulk upserts of accounts and products, and what holds for every bulk call."""

import json
from urllib.parse import quote

import pytest

from .door import account, ok, only_error, order, problem

KINDS = pytest.mark.parametrize("kind", ["accounts", "products", "orders"])
KEYS = {"accounts": "account_number", "products": "product_code", "orders": "order_number"}


def thing(kind, key, variant=""):
    """A good object of a kind; another `variant` has other content."""
    if kind == "accounts":
        return account(key, name=f"Company {key}{variant}")
    if kind == "products":
        return {"product_code": key, "name": f"Product {key}{variant}"}
    return order(key, None, "200.00" if variant else "100.00")


def bad_thing(kind, key):
    """An object of a kind whose own content is wrong."""
    return thing(kind, key) | ({"ordered_on": "2026-02-30"} if kind == "orders" else {"name": 7})


# --- what holds for all kinds ---


@KINDS
def test_new_rows_are_created_then_unchanged_then_updated(api, kind):
    objects = [thing(kind, "A"), thing(kind, "B")]

    first = api.bulk(kind, objects)
    second = api.bulk(kind, objects)
    third = api.bulk(kind, [thing(kind, "A", "x"), thing(kind, "B"), thing(kind, "C")])

    assert first == counts(received=2, created=2)
    assert second == counts(received=2, unchanged=2)
    assert third == counts(received=3, created=1, updated=1, unchanged=1)


def counts(**given):
    names = ("received", "created", "updated", "unchanged", "rejected")
    return dict.fromkeys(names, 0) | {"errors": []} | given


@KINDS
def test_good_rows_are_stored_and_bad_ones_are_named(api, kind):
    objects = [thing(kind, "A"), bad_thing(kind, "B"), thing(kind, "C")]

    answer = api.bulk(kind, objects)

    assert (answer["created"], answer["rejected"]) == (2, 1)
    error = only_error(answer)
    assert error["index"] == 1
    assert error["key"] == "B"
    assert error["field"] == ("ordered_on" if kind == "orders" else "name")
    assert error["code"]
    assert error["detail"]
    assert api.bulk(kind, [thing(kind, "A"), thing(kind, "C")])["unchanged"] == 2
    assert api.bulk(kind, [thing(kind, "B")])["created"] == 1


@KINDS
def test_atomic_stores_all_when_all_are_good(api, kind):
    answer = api.bulk(kind, [thing(kind, "A"), thing(kind, "B")], "?atomic=true")

    assert answer["created"] == 2
    assert api.bulk(kind, [thing(kind, "A"), thing(kind, "B")])["unchanged"] == 2


@KINDS
def test_atomic_stores_nothing_when_one_is_bad(api, kind):
    api.bulk(kind, [thing(kind, "A")])
    objects = [thing(kind, "A", "x"), thing(kind, "B"), bad_thing(kind, "C")]

    document = problem(api.post(f"/{kind}/bulk/?atomic=true", {kind: objects}), 422)

    assert [error["index"] for error in document["errors"]] == [2]
    assert document["errors"][0]["field"] == ("ordered_on" if kind == "orders" else "name")
    assert api.bulk(kind, [thing(kind, "A")])["unchanged"] == 1
    assert api.bulk(kind, [thing(kind, "B")])["created"] == 1


@KINDS
def test_atomic_false_is_the_default(api, kind):
    answer = api.bulk(kind, [thing(kind, "A"), bad_thing(kind, "C")], "?atomic=false")

    assert (answer["created"], answer["rejected"]) == (1, 1)


@KINDS
def test_of_the_same_key_twice_in_a_call_the_last_one_counts(api, kind):
    objects = [thing(kind, "A"), thing(kind, "B"), thing(kind, "A"), thing(kind, "A", "x")]

    answer = api.bulk(kind, objects)

    assert (answer["created"], answer["rejected"]) == (2, 2)
    assert [error["index"] for error in answer["errors"]] == [0, 2]
    assert {error["code"] for error in answer["errors"]} == {"duplicate_in_request"}
    assert {error["key"] for error in answer["errors"]} == {"A"}
    assert api.bulk(kind, [thing(kind, "A", "x")])["unchanged"] == 1


@KINDS
def test_when_the_last_of_the_same_key_is_bad_none_counts(api, kind):
    answer = api.bulk(kind, [thing(kind, "A"), bad_thing(kind, "A")])

    assert answer["rejected"] == 2
    assert answer["errors"][0]["code"] == "duplicate_in_request"
    assert api.bulk(kind, [thing(kind, "A")])["created"] == 1


@KINDS
@pytest.mark.parametrize("value", ["missing", None, "", 7, ["A"], {"a": 1}])
def test_a_row_without_its_key_is_rejected(api, kind, value):
    broken = thing(kind, "X")
    if value == "missing":
        del broken[KEYS[kind]]
    else:
        broken[KEYS[kind]] = value

    answer = api.bulk(kind, [thing(kind, "A"), broken])

    error = only_error(answer)
    assert error["index"] == 1
    assert error["field"] == KEYS[kind]
    assert answer["created"] == 1


@KINDS
@pytest.mark.parametrize("value", [None, 7, "A", [], True])
def test_a_row_that_is_no_object_is_rejected(api, kind, value):
    answer = api.bulk(kind, [value, thing(kind, "A")])

    assert only_error(answer)["index"] == 0
    assert answer["created"] == 1


@KINDS
def test_an_unknown_field_of_a_row_is_named(api, kind):
    answer = api.bulk(kind, [thing(kind, "A"), thing(kind, "B") | {"colour": "red"}])

    error = only_error(answer)
    assert (error["index"], error["key"], error["field"]) == (1, "B", "colour")


@KINDS
def test_an_unknown_field_beside_the_rows_is_refused(api, kind):
    response = api.post(f"/{kind}/bulk/", {kind: [thing(kind, "A")], "colour": "red"})

    problem(response, 400, 422)
    assert "colour" in response.text
    assert api.bulk(kind, [thing(kind, "A")])["created"] == 1


@KINDS
def test_nothing_sent_is_nothing_done(api, kind):
    response = api.post(f"/{kind}/bulk/", {kind: []})

    if response.status_code == 200:
        assert response.json() == counts()
    else:
        problem(response, 422)


@KINDS
def test_5000_objects_are_taken_and_5001_are_too_many(api, kind):
    objects = [thing(kind, f"T-{n}") for n in range(5001)]

    document = problem(api.post(f"/{kind}/bulk/", {kind: objects}), 413, 422)
    assert document["detail"]
    if kind != "accounts":  # thousands of names to spell in pinyin take their time
        assert api.bulk(kind, objects[:5000])["created"] == 5000


@KINDS
def test_20_mb_are_taken_and_25_mb_are_too_large(api, kind):
    def body(size):
        text = json.dumps({kind: [thing(kind, "A")]}).encode()
        return text[:-1] + b" " * (size - len(text)) + b"}"

    problem(api.call("POST", f"/{kind}/bulk/", body(25_000_000)), 413)
    problem(api.call("POST", f"/{kind}/bulk/", body(20 * 1024 * 1024 + 1)), 413)
    assert ok(api.call("POST", f"/{kind}/bulk/", body(20_000_000)))["created"] == 1


# --- accounts ---


def test_a_field_left_out_stays_as_it_was(api):
    api.accounts(account("K1", phone="021-55550001", address="上海市"))

    api.accounts({"account_number": "K1", "name": "Renamed"})

    got = ok(api.get("/accounts/K1/"))
    assert (got["name"], got["phone"], got["address"]) == ("Renamed", "021-55550001", "上海市")


def test_a_wrong_check_digit_of_the_credit_code_is_no_error(api):
    good, wrong = "91350100M000100Y43", "91350100M000100Y44"

    answer = api.accounts(account("K1", credit_code=good), account("K2", credit_code=wrong))

    assert answer["created"] == 2
    assert ok(api.get("/accounts/K2/"))["credit_code"] == wrong


@pytest.mark.parametrize("number", ["1", "K" * 40, "客户-1", "a.b_c"])
def test_an_account_number_has_1_to_40_characters(api, number):
    assert api.accounts(account(number))["created"] == 1

    got = ok(api.get(f"/accounts/{quote(number, safe='')}/"))
    assert got["account_number"] == number


@pytest.mark.parametrize("number", ["K" * 41, "A B", "A/B", "A\x00", "A\tB", " "])
def test_another_account_number_is_rejected(api, number):
    answer = api.accounts(account(number, name="Company"), account("K2"))

    assert answer["created"] == 1
    assert only_error(answer)["field"] == "account_number"


def test_a_name_may_have_200_characters_and_not_201(api):
    answer = api.accounts(account("K1", name="名" * 200), account("K2", name="名" * 201))

    assert answer["created"] == 1
    error = only_error(answer)
    assert (error["index"], error["field"]) == (1, "name")


def test_a_new_account_needs_a_name(api):
    answer = api.accounts({"account_number": "K1"}, account("K2"), account("K3", name=""))

    assert answer["created"] == 1
    assert [error["index"] for error in answer["errors"]] == [0, 2]
    assert {error["field"] for error in answer["errors"]} == {"name"}


def test_the_tier_is_not_the_erps_to_write(api):
    answer = api.accounts(account("K1", tier="strategic"))

    assert answer["rejected"] == 1 or ok(api.get("/accounts/K1/"))["tier"] == "ordinary"


# --- products ---


def test_a_product_made_from_a_line_is_known_afterwards(api):
    api.load(order("O-1", None))

    answer = api.bulk("products", [{"product_code": "P-1", "name": "Bolt", "unit": "box"}])

    assert (answer["created"], answer["updated"]) == (0, 1)
