import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Event
from accounts.services import upsert
from kam.core.models import AuditEntry
from tests.factories import make_account, make_contact, make_user

URL = "/api/v1/accounts/"


@pytest.fixture
def erp(api):
    return api("accounts:read", "accounts:write")


def put(client, number, **fields):
    return client.put(f"{URL}{number}/", fields, content_type="application/json")


def bulk(client, *accounts, query=""):
    body = json.dumps({"accounts": list(accounts)})
    return client.post(f"{URL}bulk/{query}", body, content_type="application/json")


def counts(response):
    return {name: count for name, count in response.json().items() if name != "errors"}


def test_put_creates_once_and_then_changes(erp):
    first = put(erp, "K1", name="华锐科技有限公司", region="华东", dealing_since="2019-04-01")
    again = put(erp, "K1", name="华锐科技有限公司", region="华东", dealing_since="2019-04-01")
    changed = put(erp, "K1", name="华锐科技股份有限公司")

    assert [first.status_code, again.status_code, changed.status_code] == [201, 200, 200]
    assert changed.json()["name"] == "华锐科技股份有限公司"
    assert changed.json()["region"] == "华东"  # not sent: stays
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == [
        "accounts.account_created",
        "accounts.account_changed",
    ]
    entry = AuditEntry.objects.get(action="accounts.account_changed")
    assert entry.changes == {"name": ["华锐科技有限公司", "华锐科技股份有限公司"]}


def test_what_was_read_can_be_sent_back(erp, k1):
    read = erp.get(f"{URL}K1/").json()

    answer = put(erp, "K1", **read)

    assert answer.status_code == 200
    assert answer.json() == read


def test_null_clears_and_what_is_not_sent_stays(erp, k1):
    put(erp, "K1", phone="021-62880001", region="华东", dealing_since="2020-01-01")

    answer = erp.patch(
        f"{URL}K1/", {"region": None, "phone": ""}, content_type="application/json"
    ).json()

    assert (answer["region"], answer["phone"]) == (None, "")
    assert answer["dealing_since"] == "2020-01-01"
    assert answer["manager"] == "anna"


def test_patch_of_nothing_is_404_and_creates_nothing(erp):
    answer = erp.patch(f"{URL}NONE/", {"name": "x"}, content_type="application/json")

    assert answer.status_code == 404
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": None}, "name", "required"),
        ({"name": 5}, "name", "invalid_type"),
        ({"name": "x" * 201}, "name", "too_long"),
        ({"motive": "none"}, "motive", "invalid_choice"),
        ({"dealing_since": "2026-02-30"}, "dealing_since", "invalid_date"),
        ({"dealing_since": "20260201"}, "dealing_since", "invalid_date"),
        ({"manager": "nobody"}, "manager", "unknown_manager"),
        ({"parent": "NONE"}, "parent", "unknown_parent"),
        ({"parent": "K1"}, "parent", "parent_cycle"),
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"account_number": "K2"}, "account_number", "invalid"),
        ({"credit_code": "ß" * 10}, "credit_code", "too_long"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_changes(erp, k1, fields, field, code):
    before = Account.objects.values().get(pk=k1.pk)

    answer = erp.patch(f"{URL}K1/", json.dumps(fields), content_type="application/json")

    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert Account.objects.values().get(pk=k1.pk) == before


@pytest.mark.parametrize("body", ["[]", "5", '"x"', "null", "{"])
def test_a_body_that_is_no_object_is_refused(erp, k1, body):
    answer = erp.put(f"{URL}K1/", body, content_type="application/json")

    assert answer.status_code in (400, 422)


def test_bulk_stores_the_good_and_names_the_bad(erp, k1):
    answer = bulk(
        erp,
        {"account_number": "K1", "name": k1.name},
        {"account_number": "G1", "name": "华锐集团", "parent": "G2"},
        {"account_number": "G2", "name": "华锐控股"},
        {"account_number": "K2", "name": "x"},
        {"account_number": "K2", "name": "y", "manager": "nobody"},
        {"account_number": "a b", "name": "x"},
        {"account_number": "K3"},
        {"account_number": "K4", "name": "x", "colour": "red"},
        7,
    )

    assert answer.status_code == 200
    assert counts(answer) == {
        "received": 9,
        "created": 2,
        "updated": 0,
        "unchanged": 1,
        "rejected": 6,
    }
    errors = answer.json()["errors"]
    assert [(error["index"], error["field"], error["code"]) for error in errors] == [
        (3, "account_number", "duplicate_in_request"),
        (4, "manager", "unknown_manager"),
        (5, "account_number", "invalid"),
        (6, "name", "required"),
        (7, "colour", "unknown_field"),
        (8, "", "invalid"),
    ]
    assert Account.objects.get(account_number="G1").parent.account_number == "G2"


def test_atomic_bulk_stores_nothing_when_one_is_bad(erp):
    answer = bulk(
        erp,
        {"account_number": "K1", "name": "x", "region": "华东"},
        {"account_number": "K2", "name": "x", "motive": "none"},
        query="?atomic=true",
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["index"] == 1
    assert not Account.objects.exists()


def test_a_circle_of_parents_is_refused_whole_and_the_rest_is_stored(erp):
    make_account(account_number="TOP", parent=make_account(account_number="BOSS"))

    answer = bulk(
        erp,
        {"account_number": "A", "name": "a", "parent": "B"},
        {"account_number": "B", "name": "b", "parent": "A"},
        {"account_number": "BOSS", "parent": "TOP"},
        {"account_number": "C", "name": "c", "parent": "A"},
        {"account_number": "D", "name": "d", "parent": "TOP"},
    )

    codes = {error["key"]: error["code"] for error in answer.json()["errors"]}
    assert codes == {
        "A": "parent_cycle",
        "B": "parent_cycle",
        "BOSS": "parent_cycle",
        "C": "unknown_parent",
    }
    assert answer.json()["created"] == 1


def test_bulk_sent_again_changes_nothing(erp):
    rows = [{"account_number": f"K{n}", "name": f"n{n}", "industry": "软件"} for n in range(50)]
    bulk(erp, *rows)
    before = list(Account.objects.values().order_by("pk"))

    answer = bulk(erp, *rows)

    assert counts(answer)["unchanged"] == 50
    assert list(Account.objects.values().order_by("pk")) == before


def test_the_number_of_queries_does_not_depend_on_the_rows(diana):
    def queries(count, prefix):
        rows = [
            {
                "account_number": f"{prefix}{n}",
                "name": f"n{n}",
                "region": prefix,
                "manager": "diana",
            }
            for n in range(count)
        ]
        with CaptureQueriesContext(connection) as captured:
            upsert.upsert_accounts(rows, actor=diana)
        return len(captured)

    assert queries(1, "A") == queries(10, "B")


def test_the_same_columns_are_derived_as_by_saving_one(erp):
    put(erp, "K1", name="重庆华锐科技（集团）有限公司", short_name="华锐", phone="+86 23 6288 0001")
    stored = Account.objects.values("search_text", "search_grams", "name_sort", "phone_key").get()

    Account.objects.get().save()

    assert Account.objects.values(*stored).get() == stored


def test_the_list_filters_and_pages_by_cursor(erp, anna, boris):
    rows = [{"account_number": f"K{n}", "name": f"公司{n}", "region": "华东"} for n in range(5)]
    bulk(erp, *rows, {"account_number": "X", "name": "别家", "region": "华北", "manager": "anna"})

    first = erp.get(URL, {"region": "华东", "page_size": 3}).json()
    second = erp.get(first["next"]).json()

    assert [row["account_number"] for row in first["results"] + second["results"]] == [
        f"K{n}" for n in range(5)
    ]
    assert erp.get(URL, {"manager": "anna"}).json()["results"][0]["account_number"] == "X"
    assert len(erp.get(URL, {"search": "别家"}).json()["results"]) == 1
    assert erp.get(URL, {"tier": "none"}).status_code == 422


def test_updated_since_tells_a_mirror_of_merges(erp, k1):
    old = make_account(account_number="OLD", merged_into=k1)

    live = erp.get(URL).json()["results"]
    mirrored = erp.get(URL, {"updated_since": "2020-01-01T00:00:00+08:00"}).json()["results"]

    assert [row["account_number"] for row in live] == ["K1"]
    merged = {row["account_number"]: row["merged_into"] for row in mirrored}
    assert merged == {"K1": None, old.account_number: "K1"}


def test_a_merged_number_reads_as_its_survivor_and_cannot_be_written(erp, k1):
    make_account(account_number="OLDER", merged_into=make_account(account_number="OLD"))
    Account.objects.filter(account_number="OLD").update(merged_into=k1)

    read = erp.get(f"{URL}OLDER/").json()
    written = put(erp, "OLD", name="x")

    assert (read["account_number"], read["merged_into"]) == ("K1", "K1")
    assert (written.status_code, written.json()["code"]) == (409, "merged")


def test_contacts_are_listed_without_personal_details(erp, k1):
    make_contact(k1, name="王芳", birthday="1980-01-01")

    (contact,) = erp.get(f"{URL}K1/contacts/").json()["results"]

    assert contact["name"] == "王芳"
    assert "birthday" not in contact


def test_reading_does_not_allow_writing(api, k1):
    reader = api("accounts:read")

    assert reader.get(f"{URL}K1/").status_code == 200
    assert put(reader, "K1", name="x").status_code == 403
    assert bulk(reader).status_code == 403
    assert api("orders:read").get(URL).status_code == 403


def test_people_see_only_their_own_accounts(client, anna, boris, k1):
    client.force_login(boris)
    assert client.get(f"{URL}K1/").status_code == 404
    assert client.get(URL).json()["results"] == []

    client.force_login(anna)
    assert client.get(f"{URL}K1/").status_code == 200
    assert put(client, "K1", name="x").status_code == 403


def test_who_has_left_gets_no_new_account_and_keeps_the_old_ones(erp):
    zhao = make_user("zhao", "account_manager")
    put(erp, "K1", name="x", manager="zhao")
    zhao.is_active = False
    zhao.save()

    kept = put(erp, "K1", name="y", manager="zhao")
    given = put(erp, "K2", name="x", manager="zhao")

    assert kept.status_code == 200
    assert given.json()["errors"][0]["code"] == "inactive_manager"
