"""Paging by cursor: every row once, in order, forwards and backwards, at the same cost."""

from itertools import count

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kam.core import keyset
from kam.core.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.sample_api")]
_numbers = count(1)
URL = "/api/v1/sample/entries/"


def make_entries(actions, number=0):
    return AuditEntry.objects.bulk_create(
        AuditEntry(action=action, subject_type="x", subject_id=number) for action in actions
    )


@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    actions=st.lists(st.sampled_from("abcÄ你"), max_size=12),
    size=st.integers(1, 5),
    keys=st.sampled_from([("-action", "pk"), ("action", "-pk"), ("action", "at", "pk")]),
)
def test_all_pages_together_are_the_list(db, actions, size, keys):
    number = next(_numbers)
    make_entries(actions, number)
    rows = AuditEntry.objects.filter(subject_id=number)
    expected = list(rows.order_by(*keys))

    pages, cursor = [], ""
    while True:
        page = keyset.fetch(rows, keys=keys, cursor=cursor, size=size)
        pages.append(page)
        if not (cursor := page.next):
            break
    forwards = [row for page in pages for row in page.rows]
    back = []
    while cursor := page.previous:
        page = keyset.fetch(rows, keys=keys, cursor=cursor, size=size)
        back = page.rows + back

    assert forwards == expected
    assert back + pages[-1].rows == expected


def test_a_client_follows_next_to_the_end_and_previous_back(api):
    make_entries(["a"] * 7)
    client = api("orders:read")
    seen, url, pages = [], f"{URL}?page_size=3", 0
    while url:
        body = client.get(url).json()
        seen += [row["id"] for row in body["results"]]
        previous, url, pages = body["previous"], body["next"], pages + 1

    assert len(seen) == len(set(seen)) == 8  # seven and the token's
    assert pages == 3
    assert [row["id"] for row in client.get(previous).json()["results"]] == seen[3:6]


def test_a_page_needs_as_many_queries_for_ten_rows_as_for_one(api, django_assert_num_queries):
    make_entries(["a"])
    client = api("orders:read")
    client.get(URL)
    with django_assert_num_queries(3) as captured:  # token, throttle, rows
        client.get(URL)
    make_entries("abcdefghi")
    with django_assert_num_queries(3):
        client.get(URL)

    sql = " ".join(query["sql"] for query in captured.captured_queries)
    assert "OFFSET" not in sql
    assert "COUNT(*)" not in sql


def test_updated_since_lists_what_changed_in_that_order(api):
    make_entries("ba")
    client = api("orders:read")
    since = timezone.now().isoformat()
    make_entries("zc")

    rows = client.get(URL, {"updated_since": since}).json()["results"]

    assert [row["action"] for row in rows] == ["z", "c"]


def test_a_cursor_of_another_order_is_refused():
    make_entries("abc")
    page = keyset.fetch(AuditEntry.objects.all(), keys=("action", "pk"), cursor="", size=1)

    with pytest.raises(keyset.InvalidCursor):
        keyset.fetch(AuditEntry.objects.all(), keys=("at", "pk"), cursor=page.next, size=1)
