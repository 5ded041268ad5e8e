"""Orders to a file: who may, which rows, what is logged."""

import csv
import io
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kam.core.models import AuditEntry
from sales import exports
from tests.factories import make_account, make_order

URL = "/orders/export/"
COLUMNS = ("order_number", "account_name", "status", "net_amount")


@pytest.fixture
def fiona_logged_in(client, fiona):
    client.force_login(fiona)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def export(client, query="", columns=COLUMNS, file_format="csv"):
    answer = client.post(
        URL + query, {"columns": columns, "format": file_format, "reason": "for the audit"}
    )
    assert answer.status_code == 200, answer.text
    return b"".join(answer.streaming_content)


def lines(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


@pytest.fixture
def ledger(k1):
    make_order(k1, "2026-03-02", "1234.5", order_number="SO/1")
    make_order(k1, "2026-04-01", "-34.5", order_number="SO/2", status="open")
    make_order(None, "2026-05-01", "10", order_number="WALK-IN-1")


def test_the_list_goes_out_as_it_is_narrowed(fiona_logged_in, ledger):
    assert lines(export(fiona_logged_in))[1:] == [
        ["WALK-IN-1", "", "Delivered", "10.0000"],
        ["SO/2", "华锐科技有限公司", "Open", "-34.5000"],
        ["SO/1", "华锐科技有限公司", "Delivered", "1234.5000"],
    ]
    narrowed = lines(export(fiona_logged_in, "?search=华锐&status=open"))
    assert [row[0] for row in narrowed[1:]] == ["SO/2"]


def test_a_workbook_holds_numbers_and_days(fiona_logged_in, ledger):
    data = export(fiona_logged_in, "?account=K1", list(exports.columns()), "xlsx")

    titles, first, _second = openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(
        values_only=True
    )
    row = dict(zip(titles, first, strict=True))
    assert Decimal(str(row["net amount (CNY)"])) == Decimal("-34.5")
    assert f"{row['ordered on']:%Y-%m-%d}" == "2026-04-01"


@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
def test_formulas_are_made_harmless(fiona_logged_in, file_format):
    make_order(make_account(name="=1+1"), order_number="@SUM(A1)")

    data = export(fiona_logged_in, "", ("order_number", "account_name"), file_format)

    if file_format == "csv":
        cells = lines(data)[1]
    else:
        cells = [cell.value for cell in openpyxl.load_workbook(io.BytesIO(data)).active[2]]
    assert cells == ["'@SUM(A1)", "'=1+1"]


def test_the_export_is_logged(fiona_logged_in, fiona, ledger):
    export(fiona_logged_in, "?status=open&cursor=x", ("order_number",))

    entry = AuditEntry.objects.get(action="sales.orders_exported")
    assert (entry.actor, entry.reason, entry.subject_type) == (
        fiona,
        "for the audit",
        "sales.Order",
    )
    assert entry.changes == {
        "rows": 1,
        "query": "status=open",
        "columns": [["order_number"]],
        "format": "csv",
    }


@pytest.mark.parametrize("missing", ["reason", "columns"])
def test_without_reason_or_columns_nothing_leaves_the_house(fiona_logged_in, missing):
    data = {"columns": ["order_number"], "format": "csv", "reason": "x"}
    del data[missing]

    assert fiona_logged_in.post(URL, data).status_code == 422
    assert not AuditEntry.objects.exists()


def test_more_orders_than_a_workbook_should_hold_go_out_as_csv(
    fiona_logged_in, ledger, monkeypatch
):
    monkeypatch.setattr(exports, "MOST_IN_A_WORKBOOK", 2)
    data = {"columns": ["order_number"], "format": "xlsx", "reason": "x"}

    refused = fiona_logged_in.post(URL, data)

    assert refused.status_code == 422
    assert "narrow the list, or take CSV" in refused.text
    assert len(lines(export(fiona_logged_in))) == 4


def test_only_who_may_export_gets_there_and_is_offered_it(client, anna, diana, gm, ledger):
    for person, status in ((anna, 403), (diana, 200), (gm, 200)):
        client.force_login(person)
        assert client.get(URL).status_code == status
        assert (URL in client.get("/orders/?status=open").text) is (status == 200)


def test_the_page_says_how_many_and_a_wrong_filter_exports_none(fiona_logged_in, ledger):
    assert "<strong>2</strong> orders" in fiona_logged_in.get(f"{URL}?account=K1").text
    assert "<strong>0</strong> orders" in fiona_logged_in.get(f"{URL}?since=x").text
    assert fiona_logged_in.get(f"{URL}?account=NONE").status_code == 404


def test_the_number_of_queries_does_not_depend_on_the_rows(fiona_logged_in, ledger):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            export(fiona_logged_in, "", list(exports.columns()))
        return len(captured)

    one = queries()
    for number in range(9):
        make_order(make_account(), order_number=f"X{number}")
    assert queries() == one
