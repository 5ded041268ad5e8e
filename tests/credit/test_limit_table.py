"""The Credit Limit and Term Table: one page and one file, of any day."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from credit.models import CreditLine
from credit.views import table
from kam.core.models import AuditEntry
from tests.credit.documents import make_invoice
from tests.factories import make_account

pytestmark = pytest.mark.django_db

URL = "/credit/limits/"


def make_line(account, by, limit="1000", **fields):
    """An opening line that began a year ago and ends in a year."""
    today = timezone.localdate()
    values = {
        "limit": Decimal(limit),
        "currency": "CNY",
        "terms_days": 30,
        "valid_from": today - timedelta(days=365),
        "valid_until": today + timedelta(days=365),
        "reason": "Opening",
    }
    return CreditLine.objects.create(account=account, approved_by=by, **values | fields)


def show(client, user, **query):
    client.force_login(user)
    return client.get(URL, query)


def numbers(response):
    return [row.account.account_number for row in response.context["rows"]]


def test_the_table_shows_limit_use_and_what_is_overdue(client, k1, anna, gm):
    make_line(k1, gm)
    make_invoice(k1, "250", due_on=timezone.localdate() - timedelta(days=2))

    response = show(client, anna)

    (row,) = response.context["rows"]
    assert (row.limit, row.exposure, row.available) == (1000, 250, 750)
    assert row.utilisation == Decimal("0.250000")
    assert (row.overdue, row.overdue_days) == (250, 2)
    assert "1,000.00" in response.content.decode()


def test_managers_see_their_customers_finance_sees_all(client, k1, anna, boris, fiona, gm):
    make_line(k1, gm)
    make_line(make_account(account_number="B1", manager=boris), gm)

    assert numbers(show(client, anna)) == ["K1"]
    assert numbers(show(client, boris)) == ["B1"]
    assert sorted(numbers(show(client, fiona))) == ["B1", "K1"]


@pytest.fixture
def world(gm):
    today = timezone.localdate()

    def line(number, limit="1000", **fields):
        make_line(make_account(account_number=number), gm, limit, **fields)

    line("FAR")
    line("SOON30", valid_until=today + timedelta(days=30))
    line("SOON31", valid_until=today + timedelta(days=31))
    line("TODAY", valid_until=today)
    line("GONE", valid_until=today - timedelta(days=1))
    line("ZERO", "0")
    line("RATED", rating="BB")
    make_line(at := make_account(account_number="AT"), gm)
    make_invoice(at, "1000")
    make_line(over := make_account(account_number="OVER"), gm)
    make_invoice(over, "1000.0001")
    make_invoice(make_account(account_number="NOLINE"), "5")
    make_account(account_number="NOTHING")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "expiring"}, {"SOON30", "TODAY"}),
        ({"state": "expired"}, {"GONE"}),
        ({"state": "over"}, {"OVER", "NOLINE"}),
        ({"state": "none"}, {"NOLINE"}),
        ({"state": "zero"}, {"ZERO"}),
        ({"grade": "BB"}, {"RATED"}),
        ({"search": "RATED"}, {"RATED"}),
    ],
)
def test_filters(client, world, fiona, query, expected):
    assert set(numbers(show(client, fiona, **query))) == expected


def test_an_account_without_line_and_debts_is_not_in_the_table(client, world, fiona):
    assert "NOTHING" not in numbers(show(client, fiona))


def test_the_table_of_an_earlier_day(client, k1, gm, fiona):
    today = timezone.localdate()
    make_line(k1, gm, valid_from=today - timedelta(days=10), extra=500,
              extra_until=today - timedelta(days=5))  # fmt: skip
    make_invoice(k1, "70", issued_on=today - timedelta(days=7), due_on=today + timedelta(days=20))

    def row(days):
        rows = show(client, fiona, as_of=today - timedelta(days=days)).context["rows"]
        return (rows[0].limit, rows[0].exposure) if rows and rows[0].line else None

    assert row(11) is None
    assert row(10) == (1500, 0)
    assert row(5) == (1500, 70)
    assert row(4) == (1000, 70)
    assert show(client, fiona, as_of=today + timedelta(days=1)).status_code == 422
    assert show(client, fiona, as_of=today - timedelta(days=1), state="over").status_code == 422


@pytest.mark.parametrize("sort", ["name", "limit", "exposure", "until"])
def test_pages_follow_each_other_without_gap_or_repeat(client, world, fiona, monkeypatch, sort):
    monkeypatch.setattr(table, "PAGE_SIZE", 3)
    seen, cursor = [], ""

    for _turn in range(10):
        response = show(client, fiona, sort=sort, cursor=cursor)
        seen += numbers(response)
        cursor = response.context["page"].next
        if not cursor:
            break

    assert len(seen) == len(set(seen)) == 10
    assert show(client, fiona, sort=sort, cursor="x").status_code == 400


def test_the_page_takes_as_many_queries_for_ten_customers_as_for_one(client, k1, gm, fiona):
    make_line(k1, gm)
    show(client, fiona)

    def queries():
        with CaptureQueriesContext(connection) as found:
            show(client, fiona)
        return len(found)

    one = queries()
    for _each in range(9):
        make_line(make_account(manager=fiona), gm)

    assert queries() == one


def test_the_export_is_logged_and_neutralises_formulas(client, k1, gm, fiona):
    k1.name = "=cmd|' /C calc'!A0"
    k1.save()
    make_line(k1, gm, "1234.5")
    client.force_login(fiona)
    url = reverse("credit:limits_export") + "?sort=limit"
    assert client.get(url).status_code == 200
    assert client.post(url, {"format": "xlsx", "reason": ""}).status_code == 422

    response = client.post(url, {"format": "xlsx", "reason": "Audit"})

    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    titles, row = list(sheet.iter_rows(values_only=True))
    cells = dict(zip(titles, row, strict=True))
    assert Decimal(str(row[4])) == Decimal("1234.5")
    assert len(cells) == 20
    assert not str(row[1]).startswith("=")
    entry = AuditEntry.objects.get(action="credit.table_exported")
    assert (entry.actor, entry.reason, entry.changes["rows"]) == (fiona, "Audit", 1)
    lines = b"".join(client.post(url, {"format": "csv", "reason": "Audit"})).decode()
    assert lines.count("\n") == 2


def test_who_may_not_export_is_refused_and_nothing_is_logged(client, k1, anna):
    client.force_login(anna)

    response = client.post(reverse("credit:limits_export"), {"format": "csv", "reason": "x"})

    assert response.status_code == 403
    assert not AuditEntry.objects.filter(action="credit.table_exported").exists()


def test_a_line_that_was_not_reviewed_in_time_shows_no_credit(client, k1, gm, fiona):
    today = timezone.localdate()
    with time_machine.travel(timezone.now() - timedelta(days=300), tick=False):
        make_line(k1, gm, valid_from=today - timedelta(days=300))
    make_line(make_account(account_number="FRESH"), gm)  # recorded today
    make_invoice(k1, "400")

    response = show(client, fiona, state="lapsed")

    (row,) = response.context["rows"]
    assert (row.account, row.limit, row.available) == (k1, 0, -400)
    assert row.state in response.text
    client.force_login(fiona)
    url = reverse("credit:limits_export") + "?state=lapsed"
    exported = client.post(url, {"format": "csv", "reason": "Audit"})
    titles, cells = csv.reader(
        b"".join(exported.streaming_content).decode("utf-8-sig").splitlines()
    )
    found = dict(zip(titles, cells, strict=True))
    assert (found[_("Credit line")], Decimal(found[_("Limit today")])) == (row.state, 0)
    assert row.state
    terms = client.get(reverse("credit:account_terms", args=["K1"]))
    assert terms.context["limit"] is None
    # Two hundred days ago it was still in time.
    then = show(client, fiona, as_of=today - timedelta(days=200), search="K1").context["rows"][0]
    assert (then.limit, then.has_lapsed) == (1000, False)
