"""The lists that everybody opens all day follow an index: as quick among a million rows."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import paging
from accounts.models import Industry
from staff.models import Region
from tests.complaints.test_list_pages import make_complaint
from tests.factories import make_account

# Among few rows every plan is cheap: without these the planner takes an index where one will do.
ONLY_INDEXES = """
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off
"""


def followed(client, address, *, table):
    """What gives the first rows of a page's lists in this table: the names of indexes, "Sort" where
    all rows are sorted before the first is known."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    lists = [query["sql"] for query in asked if f'FROM "{table}"' in query["sql"]]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ONLY_INDEXES)
        return {source for sql in lists for source in _sources(_plan(cursor, sql))}


def _plan(cursor, sql):
    cursor.execute("EXPLAIN (FORMAT JSON) " + sql)
    return cursor.fetchone()[0][0]["Plan"]


def _sources(node):
    if node["Node Type"] == "Limit":
        yield _source(node)
    for part in node.get("Plans", []):
        yield from _sources(part)


def _source(node):
    """Where the order of its rows comes from: the outer side of all joins."""
    while node["Node Type"] != "Sort" and "Plans" in node:
        node = node["Plans"][0]
    return node.get("Index Name", node["Node Type"])


@pytest.fixture
def account(anna):
    region, industry = Region.objects.create(name="华南"), Industry.objects.create(name="机械")
    return make_account(manager=anna, region=region, industry=industry)


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("", "accounts_acc_by_name"),
        ("sort=tier", "accounts_acc_tier_rank"),
        ("sort=-updated", "accounts_acc_updated"),
        ("sort=review", "accounts_acc_review_due"),
        ("tier=key", "accounts_acc_tier_by_name"),
        ("manager={0.manager_id}", "accounts_acc_manager_by_name"),
        ("region={0.region_id}", "accounts_acc_region_by_name"),
        ("industry={0.industry_id}", "accounts_acc_industry_by_name"),
    ],
)
def test_the_account_list_follows_the_index_of_its_order_or_filter(
    client, diana, account, asked, index
):
    client.force_login(diana)
    address = f"/accounts/?{asked.format(account)}"

    assert followed(client, address, table="accounts_account") == {index}


def test_a_search_that_finds_many_follows_the_sample(client, diana, account, monkeypatch):
    monkeypatch.setattr(paging, "SAMPLE", paging.SCATTER_END)
    monkeypatch.setattr(paging, "PAGE_SIZE", 0)
    client.force_login(diana)

    found = followed(client, f"/accounts/?search={account.name}", table="accounts_account")

    assert found == {"accounts_acc_sample"}


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("", "complaints_due"),
        ("show=all", "complaints_received"),
        ("show=all&channel=fax", "complaints_channel"),
        ("show=waiting", "complaints_waiting"),
        ("show=escalated", "complaints_escalated"),
    ],
)
def test_the_complaint_list_follows_the_index_of_its_order_or_filter(
    client, diana, k1, asked, index
):
    make_complaint(k1)
    client.force_login(diana)

    assert followed(client, f"/complaints/?{asked}", table="complaints_complaint") == {index}


@pytest.mark.parametrize(
    ("asked", "indexes"),
    [
        ("", {"complaints_account_due", "complaints_assignee_due"}),
        ("show=all", {"complaints_account", "complaints_assignee"}),
    ],
)
def test_a_managers_complaints_are_read_account_by_account(client, anna, k1, asked, indexes):
    make_complaint(k1)
    client.force_login(anna)

    assert indexes <= followed(client, f"/complaints/?{asked}", table="complaints_complaint")
