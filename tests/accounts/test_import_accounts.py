import io
import zipfile
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts import frames
from accounts.models import Account, Event, ImportBatch
from accounts.services import imports
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from tests.factories import make_account

TEXT = "客户编号,客户名称,所属地区,开始交易日期,规模\nK1,华锐科技有限公司,华东,2019/4/1,大型企业\n"


def workbook(*rows, **cells) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place, value in cells.items():
        book.active[place] = value
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def read(data, actor, **options):
    return imports.start_import("file", data, actor=actor, **options)


@pytest.fixture
def ada(client, admin_staff):
    client.force_login(admin_staff)
    return client


def upload(client, data, name="accounts.csv", **fields):
    file = SimpleUploadedFile(name, data)
    return client.post(reverse("accounts:import"), {"file": file, **fields})


@pytest.mark.parametrize(
    ("encoding", "seen"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_encoding_and_the_delimiter_are_found_out(admin_staff, encoding, seen, delimiter):
    text = TEXT.replace(",", delimiter).replace("大型企业", "large")

    batch = read(text.encode(encoding), admin_staff)

    assert (batch.encoding, batch.created, batch.rejected) == (seen, 1, 0)


def test_latin_text_in_utf_16_without_a_mark(admin_staff):
    batch = read("number,name\nK1,Huarui\n".encode("utf-16-le"), admin_staff)

    assert (batch.encoding, batch.created) == ("utf-16-le", 1)


def test_an_upload_shows_a_preview_and_stores_nothing_until_applied(ada):
    shown = ada.get(upload(ada, TEXT.replace("大型企业", "large").encode("gb18030")).url)
    batch = ImportBatch.objects.get()

    assert "华锐科技有限公司" in shown.text
    assert not Account.objects.exists()

    ada.post(reverse("accounts:import_apply", args=[batch.pk]))

    account = Account.objects.get()
    assert (account.region.name, account.dealing_since) == ("华东", date(2019, 4, 1))
    assert account.size_class == "large"
    assert Event.objects.get(account=account).kind == "accounts.account_created"
    assert AuditEntry.objects.filter(action="accounts.import_applied").exists()


@pytest.mark.parametrize("word", ["Large enterprise", "large", "LARGE"])
def test_a_choice_may_be_given_by_its_name(admin_staff, word):
    batch = read(f"number,name,size\nK1,x,{word}\n".encode(), admin_staff)

    imports.apply_import(batch.pk, actor=admin_staff)

    assert Account.objects.get().size_class == "large"


@pytest.mark.parametrize(
    "text", ["2019-04-01", "2019/4/1", "2019.4.1", "2019年4月1日", "20190401", "２０１９/4/1"]
)
def test_dates_as_people_write_them(text):
    assert frames.iso_date(text) == "2019-04-01"


@pytest.mark.parametrize("text", ["1/4/2019", "soon", "", "2019-4"])
def test_other_dates_are_left_to_be_refused(text):
    assert frames.iso_date(text) == text


def test_cells_of_a_workbook_are_read_as_text(admin_staff):
    data = workbook(
        ["Account number", "Name", "Phone", "Dealing since", "Tier"],
        [1001, "华锐", 13800138000.0, date(2019, 4, 1), "key"],
        [None, None, None, None, None],
        ["K2", '=CONCATENATE("a","b")', None, None, None],
    )

    batch = read(data, admin_staff)

    first, second = imports.given_rows(batch)
    assert first == {
        "account_number": "1001",
        "name": "华锐",
        "phone": "13800138000",
        "dealing_since": "2019-04-01",
    }
    assert second == {"account_number": "K2"}  # a formula that was never shown has no value
    assert [row["row"] for row in batch.rows] == [2, 4]
    assert batch.rows[1]["outcome"] == "rejected"


def test_empty_cells_keep_or_clear_as_asked(admin_staff):
    make_account(account_number="K1", phone="021-1234567", name="x")
    data = b"number,name,phone\nK1,x,\n"

    assert read(data, admin_staff).unchanged == 1
    batch = read(data, admin_staff, clear_empty=True)

    assert batch.rows[0]["changes"] == {"phone": ["021-1234567", ""]}


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(11):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"0" * 10_000_000)
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"number,name\n", "no_rows"),
        (b"colour,taste\nred,sweet\n", "no_account_number"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "old_excel"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"PK\x03\x04 no zip at all", "broken_workbook"),
        (b"\x89PNG\r\n\x1a\n\xff\xff\xff\xfe\x00\x81", "undecodable"),
        (b"x" * (10 * 1024 * 1024 + 1), "too_large"),
        (b"number,name\n" + b"K,x\n" * 20_001, "too_many_rows"),
        (b'number,name\nK1,"' + b"x" * 200_000, "broken_csv"),
        (b"number" + b",x" * 300 + b"\nK1,x\n", "too_many_columns"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(admin_staff, data, code):
    with pytest.raises(RuleViolation) as refused:
        read(data, admin_staff)

    assert refused.value.code == code
    assert not ImportBatch.objects.exists()


def test_a_zip_bomb_is_not_opened(admin_staff):
    with pytest.raises(RuleViolation) as refused:
        read(bomb(), admin_staff)

    assert refused.value.code == "bomb"


def test_a_workbook_without_sheets_inside_is_refused(admin_staff):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")

    with pytest.raises(RuleViolation) as refused:
        read(target.getvalue(), admin_staff)

    assert refused.value.code == "broken_workbook"


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('number,name\nK1,"ABC\nK2,DEF\nK3,GHI', 2),  # open to the end of the file
        ('number,name\nK1,x\nK2,"DEF\nK3,"GHI"\nK4,x\n', 3),  # open to the next one
        ('number,name\nK1,"one\nrow"\nK2,"DEF\n', 3),  # rows are counted as in a spreadsheet
        ('number,name\nK1,"ABC"D\n', 2),
    ],
)
def test_a_missing_quotation_mark_is_told_with_its_row_and_swallows_none(ada, text, row):
    ada.cookies["django_language"] = "en"
    answer = upload(ada, text.encode())

    assert answer.status_code == 422
    assert f"broken in row {row}:" in answer.text
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(("field", "number"), [("name", "K1"), ("phone", "K1"), ("region", "K1")])
def test_a_line_break_is_refused_in_what_is_one_line(admin_staff, field, number):
    """Two missing quotation marks make one text of the rows between them."""
    text = f"number,name,{field if field != 'name' else 'city'}\n"
    value = '"a\nK2,x,"'
    text += f"{number},{value}\n" if field == "name" else f"{number},x,{value}\n"

    batch = read(text.encode(), admin_staff)

    assert [row["outcome"] for row in batch.rows] == ["rejected"]
    assert [error["field"] for error in batch.rows[0]["errors"]] == [field]


def test_a_text_of_many_lines_keeps_them(admin_staff):
    batch = read(b'number,name,strategy\nK1,x,"one\ntwo"\n', admin_staff)

    imports.apply_import(batch.pk, actor=admin_staff)

    assert Account.objects.get().strategy == "one\ntwo"


def test_cells_far_out_and_rows_far_down_are_not_waited_for(admin_staff):
    """A workbook that was formatted as a whole has empty cells up to XFD, and rows without end."""
    data = workbook(["number", "name"], ["K1", "x"], XFD1=None, XFD2=None)
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        others = [(name, book.read(name)) for name in book.namelist() if "sheet1" not in name]
    sheet = sheet.replace("</row>", '<c r="XFD9"/></row>').replace(
        "</sheetData>", '<row r="99999999999"><c r="A99999999999"/></row></sheetData>'
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as book:
        for name, content in [*others, ("xl/worksheets/sheet1.xml", sheet)]:
            book.writestr(name, content)

    batch = read(target.getvalue(), admin_staff)

    assert [row["cells"] for row in batch.rows] == [["K1", "x"]]


def test_the_page_names_the_reason(ada):
    answer = upload(ada, b"\xd0\xcf\x11\xe0" + bytes(600), "old.xls")

    assert answer.status_code == 422
    assert ".xlsx" in answer.text


def test_a_nul_byte_spoils_its_row_only(admin_staff):
    batch = read(b"number,name\nK1,a\0b\nK2,x\n", admin_staff)

    assert [row["outcome"] for row in batch.rows] == ["rejected", "created"]


def test_rows_with_errors_can_be_mended_and_uploaded_again(ada, admin_staff):
    text = "客户编号,客户名称,客户经理\nK1,好的,ada\nK2,坏的,nobody\nK3,=1+1,nobody\n"
    upload(ada, text.encode())
    batch = ImportBatch.objects.get()
    ada.post(reverse("accounts:import_apply", args=[batch.pk]))

    answer = ada.get(reverse("accounts:import_errors", args=[batch.pk]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    titles, *rows = [list(row) for row in book.active.iter_rows(values_only=True)]

    assert Account.objects.get().account_number == "K1"
    assert [row[:2] for row in rows] == [["K2", "坏的"], ["K3", "'=1+1"]]
    for row in rows:
        row[2] = "ada"
    mended = read(workbook(titles, *rows), admin_staff)
    imports.apply_import(mended.pk, actor=admin_staff)
    assert set(Account.objects.values_list("name", flat=True)) == {"好的", "坏的", "=1+1"}


def test_a_stale_preview_is_made_anew_and_nothing_stored(admin_staff):
    make_account(account_number="K1", name="old")
    batch = read(b"number,name\nK1,new\nK2,x\n", admin_staff)
    Account.objects.filter(account_number="K1").update(name="newer")

    with pytest.raises(RuleViolation) as refused:
        imports.apply_import(batch.pk, actor=admin_staff)

    assert refused.value.code == "stale"
    assert Account.objects.get().name == "newer"
    batch.refresh_from_db()
    assert batch.rows[0]["changes"] == {"name": ["newer", "new"]}
    imports.apply_import(batch.pk, actor=admin_staff)
    assert Account.objects.count() == 2


def test_an_import_is_applied_once(admin_staff):
    batch = read(b"number,name\nK1,x\n", admin_staff)
    imports.apply_import(batch.pk, actor=admin_staff)

    with pytest.raises(RuleViolation) as refused:
        imports.apply_import(batch.pk, actor=admin_staff)

    assert refused.value.code == "not_a_preview"


def test_twenty_thousand_rows_are_previewed_in_a_constant_number_of_queries(
    admin_staff, django_assert_max_num_queries
):
    lines = "".join(f"K{n},公司{n},华东\n" for n in range(20_000))

    with django_assert_max_num_queries(15):
        batch = read(f"number,name,region\n{lines}".encode(), admin_staff)

    assert batch.created == 20_000


def test_the_template_can_be_filled_in_and_imported(ada, admin_staff):
    answer = ada.get(reverse("accounts:import_template"))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    titles = [cell.value for cell in book.active[1]]

    assert "" not in frames.map_titles(titles, imports._labels())


def test_only_who_may_import_gets_there(client, anna, admin_staff):
    client.force_login(anna)
    batch = read(TEXT.encode(), admin_staff)

    for name, args in [
        ("import", []),
        ("import_batch", [batch.pk]),
        ("import_errors", [batch.pk]),
        ("import_template", []),
    ]:
        assert client.get(reverse(f"accounts:{name}", args=args)).status_code == 403
    assert client.post(reverse("accounts:import_apply", args=[batch.pk])).status_code == 403
    assert not Account.objects.exists()


def test_the_command_imports_or_only_tells(admin_staff, tmp_path, capsys):
    file = tmp_path / "accounts.csv"
    file.write_text("number,name,manager\nK1,x,\nK2,y,nobody\n")

    call_command("import_accounts", file, user="ada", dry_run=True)
    assert not Account.objects.exists()
    call_command("import_accounts", file, user="ada")

    assert Account.objects.get().account_number == "K1"
    assert "created 1, updated 0, unchanged 0, rejected 1" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("import_accounts", tmp_path / "none.csv", user="ada")
