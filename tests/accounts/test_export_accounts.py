import csv
import io

import openpyxl
import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.fields import FIELDS
from accounts.models import Account
from accounts.services import exports, imports
from kam.core import exports as files
from kam.core.models import AuditEntry
from staff.models import Region
from tests.factories import make_account, make_contact

URL = "/accounts/export/"


@pytest.fixture
def ada(client, admin_staff):
    client.force_login(admin_staff)
    return client


def export(client, columns=tuple(FIELDS), file_format="xlsx", query=""):
    answer = client.post(
        URL + query, {"columns": columns, "format": file_format, "reason": "for the audit"}
    )
    assert answer.status_code == 200, answer.text
    return b"".join(answer.streaming_content)


def sheet(data):
    rows = openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows()
    return [[cell.value for cell in row] for row in rows]


def full_account(anna, **fields):
    values = {
        "account_number": "K1",
        "name": "华锐科技有限公司",
        "phone": "+86 21 6288 0001",
        "region": Region.objects.create(name="华东"),
        "manager": anna,
        "size_class": "large",
        "motive": "trader",
        "dealing_since": "2019-04-01",
        "strategy": "-5 % a year\r\nthen =more",
        "outlook": "'=quoted",
        **fields,
    }
    return make_account(**values)


@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_was_exported_imports_as_unchanged(ada, anna, admin_staff, file_format, language):
    full_account(anna, parent=make_account(account_number="TOP", name="=1+1"))
    columns = [name for name, _title in exports.columns(admin_staff).items()]
    ada.cookies["django_language"] = language

    data = export(ada, columns, file_format)
    batch = imports.start_import("again", data, actor=admin_staff, clear_empty=True)

    assert [row["changes"] for row in batch.rows] == [{}, {}]
    assert (batch.unchanged, batch.rejected) == (2, 0)


def test_the_filters_of_the_list_choose_the_rows(ada, anna):
    make_account(account_number="K1", name="华锐科技", tier="key")
    make_account(account_number="K2", name="别家")

    data = export(ada, ["account_number", "name"], query="?tier=key")

    assert [row[0] for row in sheet(data)[1:]] == ["K1"]


@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "＝1+1", "\t=1+1", " =1", "'=1"]
)
def test_formulas_are_made_harmless(ada, file_format, text):
    make_account(account_number="K1", name=text)

    data = export(ada, ["name"], file_format)

    if file_format == "xlsx":
        cell = sheet(data)[1][0]
    else:
        cell = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))[1][0]
    assert cell == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "-5.25", "+3", "-1,234.50", "12%", "8613800138000", "a=b"])
def test_numbers_stay_numbers(text):
    assert files.neutralised(text) == text


@given(st.text())
def test_every_text_comes_back_as_it_was(text):
    kept = files.ILLEGAL_CHARACTERS_RE.sub("", text)

    assert files.restored(files.neutralised(text)) == kept


def test_csv_begins_with_a_mark_so_that_excel_reads_chinese(ada):
    make_account(account_number="K1")

    assert export(ada, ["name"], "csv").startswith(b"\xef\xbb\xbf")


def test_the_export_is_logged_with_who_how_many_and_what(ada, admin_staff):
    make_account(account_number="K1", tier="key")

    export(ada, ["name", "phone"], query="?tier=key")

    entry = AuditEntry.objects.get(action="accounts.accounts_exported")
    assert (entry.actor, entry.reason) == (admin_staff, "for the audit")
    assert entry.changes == {
        "rows": 1,
        "query": "tier=key",
        "columns": [["name", "phone"]],
        "format": "xlsx",
    }


@pytest.mark.parametrize("missing", ["reason", "columns"])
def test_without_reason_or_columns_nothing_leaves_the_house(ada, missing):
    data = {"columns": ["name"], "format": "csv", "reason": "x"}
    del data[missing]

    answer = ada.post(URL, data)

    assert answer.status_code == 422
    assert not AuditEntry.objects.exists()


def test_contacts_only_for_who_may_see_them(ada, client, admin_staff):
    account = make_account(account_number="K1", manager=admin_staff)
    make_contact(account, mobile="13800138000", is_primary=True)
    assert sheet(export(ada, ["account_number", "contact_mobile"]))[1] == ["K1", "13800138000"]

    role = admin_staff.groups.get()
    role.permissions.remove(role.permissions.get(codename="view_contact"))
    answer = client.post(URL, {"columns": ["contact_mobile"], "format": "csv", "reason": "x"})

    assert answer.status_code == 422


def test_only_who_may_export_gets_there(client, anna, fiona):
    for person in (anna, fiona):
        client.force_login(person)
        assert client.get(URL).status_code == 403
        assert client.post(URL, {}).status_code == 403


def test_the_number_of_queries_does_not_depend_on_the_rows(ada, admin_staff):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries():
        with CaptureQueriesContext(connection) as captured:
            export(ada, ["account_number", "region", "manager", "parent", "contact_name"])
        return len(captured)

    make_account()
    one = queries()
    for _ in range(9):
        make_contact(make_account())
    assert queries() == one


def test_the_page_offers_what_the_list_was_filtered_by(ada):
    make_account(account_number="K1", tier="key")

    answer = ada.get(f"{reverse('accounts:export')}?tier=key")

    assert answer.status_code == 200
    assert Account.objects.count() == 1
