"""Conventions: cursor pagination and `updated_since`."""

from datetime import datetime, timedelta
from datetime import timezone as tz

import pytest
from django.utils import timezone

from .door import account, ok, order

LISTS = pytest.mark.parametrize(
    ("kind", "key"), [("accounts", "account_number"), ("orders", "order_number")]
)


def store(api, kind, numbers):
    if kind == "accounts":
        return api.accounts(*[account(number) for number in numbers])
    return api.orders(*[order(number, None) for number in numbers])


def numbers(count, first=0):
    return [f"N-{n:04}" for n in range(first, first + count)]


@LISTS
def test_a_page_has_next_previous_and_results(api, kind, key):
    store(api, kind, numbers(1))

    page = ok(api.get(f"/{kind}/"))

    assert page.keys() == {"next", "previous", "results"}
    assert page["next"] is None
    assert page["previous"] is None
    assert [row[key] for row in page["results"]] == numbers(1)


@LISTS
@pytest.mark.parametrize("page_size", [1, 2, 3, 6, 7, 8])
def test_pages_give_every_row_once(api, kind, key, page_size):
    store(api, kind, numbers(7))

    rows = api.all(f"/{kind}/", page_size=page_size)

    assert sorted(row[key] for row in rows) == numbers(7)


@LISTS
def test_previous_leads_back(api, kind, key):
    store(api, kind, numbers(5))
    first = ok(api.get(f"/{kind}/", page_size=2))
    second = ok(api.call("GET", first["next"]))
    third = ok(api.call("GET", second["next"]))

    back = ok(api.call("GET", third["previous"]))
    start = ok(api.call("GET", back["previous"]))

    assert third["next"] is None
    assert back["results"] == second["results"]
    assert start["results"] == first["results"]
    assert start["previous"] is None


@LISTS
def test_the_order_is_stable_while_rows_are_added(api, kind, key):
    store(api, kind, numbers(6))
    first = ok(api.get(f"/{kind}/", page_size=3))
    store(api, kind, ["A-1", "Z-1"])

    later = []
    page = first
    while page["next"]:
        page = ok(api.call("GET", page["next"]))
        later += page["results"]

    seen = [row[key] for row in first["results"] + later if row[key].startswith("N-")]
    assert sorted(seen) == numbers(6)  # none twice, none passed over


@LISTS
def test_a_page_never_has_more_than_500(api, kind, key):
    store(api, kind, numbers(501))

    assert len(ok(api.get(f"/{kind}/", page_size=500))["results"]) == 500
    greater = api.get(f"/{kind}/", page_size=501)
    if greater.status_code == 200:
        assert len(greater.json()["results"]) == 500
    else:
        assert greater.status_code in {400, 422}
    assert len(api.all(f"/{kind}/", page_size=500)) == 501


@LISTS
def test_filters_hold_on_the_next_page(api, k1, kind, key):
    api.load(*[order(number, "K1") for number in numbers(3)])
    api.load(order("OTHER", None), *[order(number, None) for number in numbers(2, 10)])
    store(api, "accounts", numbers(3))
    api.accounts(account("OTHER", name="Quite another"))
    filters = {"orders": {"account": "K1"}, "accounts": {"search": "N-000"}}[kind]

    rows = api.all(f"/{kind}/", page_size=1, **filters)

    assert sorted(row[key] for row in rows) == numbers(3)


@LISTS
@pytest.mark.django_db(transaction=True)  # the database's own clock stands still in a transaction
def test_updated_since_gives_what_changed_from_that_moment_on(api, kind, key):
    store(api, kind, ["CHANGED", "OLD"])
    between = timezone.now()
    store(api, kind, ["NEW", "OLD"])  # OLD is unchanged
    if kind == "accounts":
        api.accounts(account("CHANGED", name="Renamed"))
    else:
        api.orders(order("CHANGED", None, "101.00"))

    def since(moment):
        return sorted(row[key] for row in api.all(f"/{kind}/", updated_since=moment.isoformat()))

    assert since(between - timedelta(minutes=1)) == ["CHANGED", "NEW", "OLD"]
    assert since(between) == ["CHANGED", "NEW"]
    assert since(timezone.now()) == []


@LISTS
def test_a_client_can_go_on_from_the_last_moment_it_saw(api, kind, key):
    store(api, kind, numbers(3))
    last = max(row["updated_at"] for row in api.all(f"/{kind}/"))
    assert datetime.fromisoformat(last).utcoffset() is not None

    rows = api.all(f"/{kind}/", updated_since=last)

    assert numbers(3)[-1] in {row[key] for row in rows}  # "since" includes the moment itself


@LISTS
def test_updated_since_understands_every_offset(api, kind, key):
    store(api, kind, numbers(1))

    def since(moment, zone):
        text = moment.astimezone(zone).isoformat()
        return len(api.all(f"/{kind}/", updated_since=text.replace("+00:00", "Z")))

    for hours in (0, 8, -5):
        zone = tz(timedelta(hours=hours))
        assert since(timezone.now() - timedelta(hours=1), zone) == 1
        assert since(timezone.now() + timedelta(hours=1), zone) == 0
