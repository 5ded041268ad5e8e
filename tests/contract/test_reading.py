"""Reading accounts and orders, and writing one account by its number."""

from datetime import date
from urllib.parse import quote

import pytest

from staff.models import Region, User

from .door import account, ok, order, problem


def found(api, **filters):
    return sorted(row["account_number"] for row in api.all("/accounts/", **filters))


def orders(api, **filters):
    return sorted(row["order_number"] for row in api.all("/orders/", **filters))


# --- accounts ---


@pytest.fixture
def companies(api):
    answer = api.accounts(
        account("K1", name="北京精工机械有限公司", short_name="精工", phone="010-65550001"),
        account("K2", name="上海华东电机厂", english_name="East China Motors"),
        account("K3", name="北方重工集团"),
    )
    assert answer["created"] == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("北京", ["K1"]),
        ("精工机械", ["K1"]),
        ("精工", ["K1"]),
        ("K2", ["K2"]),
        ("huadong", ["K2"]),
        ("hddj", ["K2"]),
        ("east china", ["K2"]),
        ("北", ["K1", "K3"]),
        ("南京", []),
        ("", ["K1", "K2", "K3"]),
    ],
)
def test_accounts_are_found_by_name_number_pinyin_and_initials(api, companies, text, expected):
    assert found(api, search=text) == expected


@pytest.mark.parametrize(
    "text", ["%", "_", "'", '"', "\\", "*", "北" * 500, "a\x00b", "😀", "( or"]
)
def test_a_search_for_strange_text_breaks_nothing(api, companies, text):
    response = api.get("/accounts/", search=text)

    if response.status_code != 200:
        problem(response, 400, 422)


def test_accounts_are_filtered_by_tier(api, recompute):
    api.load(order("O-1", "BIG", "500"), order("O-2", "MID", "20"), order("O-3", "SMALL", "1"))
    api.load(order("O-4", None, "479"))
    recompute()

    assert found(api, tier="strategic") == ["BIG"]
    assert found(api, tier="key") == ["MID"]
    assert found(api, tier="ordinary") == ["SMALL"]
    assert ok(api.get("/accounts/BIG/"))["tier"] == "strategic"


def test_accounts_are_filtered_by_region_industry_and_manager(api):
    Region.objects.create(name="华东")
    User.objects.create_user("anna", password=None)
    api.accounts(
        account("K1", region="华东", industry="机械", manager="anna"),
        account("K2", region="华东", industry="电子"),
        account("K3"),
    )

    assert found(api, region="华东") == ["K1", "K2"]
    assert found(api, industry="机械") == ["K1"]
    assert found(api, manager="anna") == ["K1"]
    assert found(api, region="华东", industry="电子") == ["K2"]
    got = ok(api.get("/accounts/K1/"))
    assert (got["region"], got["industry"], got["manager"]) == ("华东", "机械", "anna")


def test_a_manager_who_is_not_there_is_named(api):
    answer = api.accounts(account("K1", manager="nobody"), account("K2"))

    assert answer["created"] == 1
    assert answer["errors"][0]["field"] == "manager"


def test_one_account_shows_what_was_sent(api, companies):
    got = ok(api.get("/accounts/K1/"))

    assert got["account_number"] == "K1"
    assert got["name"] == "北京精工机械有限公司"
    assert got["short_name"] == "精工"
    assert got["phone"] == "010-65550001"
    assert got["tier"] == "ordinary"


def test_patch_changes_what_it_names_and_nothing_else(api, companies):
    response = api.send("PATCH", "/accounts/K1/", {"phone": "010-1"})

    assert ok(response)["phone"] == "010-1"
    got = ok(api.get("/accounts/K1/"))
    assert (got["phone"], got["short_name"]) == ("010-1", "精工")


def test_put_brings_an_account_to_what_it_says(api, companies):
    response = api.send("PUT", "/accounts/K1/", account("K1", name="新名称"))

    assert ok(response)["name"] == "新名称"
    assert ok(api.get("/accounts/K1/"))["name"] == "新名称"


def test_put_twice_is_the_same_as_once(api, companies):
    document = account("K1", name="新名称")
    api.send("PUT", "/accounts/K1/", document)
    before = ok(api.get("/accounts/K1/"))

    api.send("PUT", "/accounts/K1/", document)

    assert ok(api.get("/accounts/K1/")) == before  # updated_at too: nothing was written


def test_put_of_a_new_number_makes_the_account_or_is_404(api):
    response = api.send("PUT", "/accounts/K9/", account("K9"))

    if response.status_code == 404:
        problem(response, 404)
    else:
        assert response.status_code == 201
        assert ok(api.get("/accounts/K9/"))["name"] == "Company K9"


def test_patch_of_an_unknown_account_is_404(api):
    problem(api.send("PATCH", "/accounts/NOPE/", {"name": "x"}), 404)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_the_number_in_the_body_cannot_differ_from_the_address(api, companies, method):
    response = api.send(method, "/accounts/K1/", account("K77"))

    if response.status_code != 200:
        problem(response, 400, 409, 422)
    problem(api.get("/accounts/K77/"), 404)
    assert ok(api.get("/accounts/K1/"))["account_number"] == "K1"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", None),
        ("name", 7),
        ("name", "n" * 201),
        ("name", "a\x00b"),
        ("colour", "red"),
        ("phone", {"a": 1}),
        ("dealing_since", "2026-02-30"),
    ],
)
def test_a_wrong_field_of_one_account_is_422_and_named(api, companies, method, field, value):
    response = api.send(method, "/accounts/K1/", account("K1") | {field: value})

    document = problem(response, 422)
    assert field in {error["field"] for error in document["errors"]}
    assert ok(api.get("/accounts/K1/"))["name"] == "北京精工机械有限公司"


@pytest.mark.parametrize("document", [[], "x", 1, None])
def test_one_account_must_be_an_object(api, companies, document):
    problem(api.send("PATCH", "/accounts/K1/", document), 400, 422)


# --- orders ---


@pytest.fixture
def ledger(api):
    api.load(
        order("O-1", "K1", ordered_on=date(2026, 3, 1)),
        order("O-2", "K1", ordered_on=date(2026, 3, 31), status="open"),
        order("O-3", "K2", ordered_on=date(2026, 4, 1), status="cancelled"),
        order("O-4", None, ordered_on=date(2026, 4, 2)),
    )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["O-1", "O-2", "O-3", "O-4"]),
        ({"account": "K1"}, ["O-1", "O-2"]),
        ({"account": "NOPE"}, []),
        ({"since": "2026-03-31"}, ["O-2", "O-3", "O-4"]),
        ({"since": "2026-04-01"}, ["O-3", "O-4"]),
        ({"until": "2026-03-30"}, ["O-1"]),
        ({"until": "2026-03-31"}, ["O-1", "O-2"]),
        ({"since": "2026-03-31", "until": "2026-04-01"}, ["O-2", "O-3"]),
        ({"status": "open"}, ["O-2"]),
        ({"status": "cancelled"}, ["O-3"]),
        ({"status": "delivered"}, ["O-1", "O-4"]),
        ({"account": "K1", "status": "delivered"}, ["O-1"]),
        ({"since": "2026-04-02", "until": "2026-03-01"}, []),
    ],
    ids=str,
)
def test_orders_are_filtered(api, ledger, filters, expected):
    response = api.get("/orders/", **filters)

    if filters == {"account": "NOPE"} and response.status_code == 404:
        return
    assert orders(api, **filters) == expected


def test_a_row_of_the_list_says_whose_it_is_and_when(api, ledger):
    rows = {row["order_number"]: row for row in api.all("/orders/")}

    assert rows["O-1"]["account_number"] == "K1"
    assert rows["O-1"]["ordered_on"] == "2026-03-01"
    assert rows["O-2"]["status"] == "open"
    assert rows["O-4"]["account_number"] is None


@pytest.mark.parametrize("number", ["A-1", "2026/0001", "订单 1", "a.b", "x%2Fy", "O#1", "O?1"])
def test_an_order_is_found_under_the_number_the_erp_gave_it(api, number):
    api.load(order(number, None))

    assert ok(api.get(f"/orders/{quote(number, safe='')}/"))["order_number"] == number
