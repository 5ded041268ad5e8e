"""Files of accounts: bytes in, frames of text out. Pure: pandas, no ORM."""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from kam.core.exports import restored

MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED = 100 * 1024 * 1024  # of a workbook, whose members say how large they are
MAX_ROWS = 20_000
MAX_COLUMNS = 200
SHEET_ROWS = 1_048_576  # of a worksheet; a file may name rows far beyond
NUL_PICTURE = "␀"  # how a NUL is kept where none may be stored

_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SPREADSHEET_ERRORS = (
    InvalidFileException,
    zipfile.BadZipFile,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OSError,
)


class UnreadableFileError(Exception):
    """The file cannot be used; `code` says why, `row` where, if it is known."""

    def __init__(self, code: str, *, row: int = 0) -> None:
        super().__init__(code)
        self.code, self.row = code, row


@dataclass(frozen=True, slots=True)
class Table:
    """A file as it was read: its titles, and a frame of text with a row per row of the file.

    The index of the frame is the row's number in the file; columns are numbered.
    """

    titles: list[str]
    frame: pd.DataFrame
    encoding: str


def read_table(data: bytes) -> Table:
    """The first sheet of a workbook, or a CSV file in whatever encoding and with any delimiter.

    The kind of file is told from its content. Raises UnreadableFileError: `too_large`, `empty`,
    `encrypted`, `old_excel`, `bomb`, `broken_workbook`, `undecodable`, `broken_csv`,
    `too_many_rows`, `too_many_columns`, `no_rows`.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableFileError("too_large")
    if not data.strip():
        raise UnreadableFileError("empty")
    if data.startswith(_OLE):
        raise UnreadableFileError("encrypted" if _ENCRYPTED in data else "old_excel")
    if data.startswith(b"PK"):
        return _table(_workbook_rows(data), "xlsx")
    text, encoding = decode(data)
    return _table(_csv_rows(text), encoding)


def decode(data: bytes) -> tuple[str, str]:
    """The text and its encoding: UTF-8 with or without mark, UTF-16, GB18030 (GBK, GB2312)."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return _decoded(data, encoding), encoding
    sample = data[:4096]
    nulls = sample.count(0)
    if nulls > len(sample) // 5:  # every second byte of Latin text in UTF-16
        encoding = "utf-16-be" if sample[0] == 0 else "utf-16-le"
        return _decoded(data, encoding), encoding
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        return _decoded(data, "gb18030"), "gb18030"


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFileError("undecodable") from error


Row = tuple[int, Sequence[str]]


def _csv_rows(text: str) -> Iterator[Row]:
    """Strictly: where a closing quotation mark is missing, the rows after it would be its text."""
    head = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    number = 0
    try:
        for cells in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True):
            number += 1
            yield number, cells
    except csv.Error as error:
        raise UnreadableFileError("broken_csv", row=number + 1) from error


def _workbook_rows(data: bytes) -> Iterator[Row]:
    """Cells as text; of a formula the value that was last shown, nothing is ever computed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED:
                raise UnreadableFileError("bomb")
        book = openpyxl.load_workbook(
            io.BytesIO(data), read_only=True, data_only=True, keep_links=False
        )
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        rows = sheet.iter_rows(max_row=SHEET_ROWS, max_col=MAX_COLUMNS + 1, values_only=True)
        for number, cells in enumerate(rows, start=1):
            if cells.count(None) < len(cells):  # nearly every row may be an empty one
                filled = [place for place, value in enumerate(cells, 1) if value is not None]
                cells = cells[: filled[-1]]
                yield number, ["" if value is None else _cell(value) for value in cells]
    except _SPREADSHEET_ERRORS as error:
        raise UnreadableFileError("broken_workbook") from error


def _cell(value: Any) -> str:
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case datetime():
            at_midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
            return value.date().isoformat() if at_midnight else value.isoformat(" ")
        case float() if value.is_integer():  # 13800138000.0 is a phone number
            return str(int(value))
        case _:
            return str(value)


def _table(rows: Iterable[Row], encoding: str) -> Table:
    titles: list[str] = []
    numbers: list[int] = []
    body: list[Sequence[str]] = []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
            raise UnreadableFileError("too_many_columns")
        if not titles:
            titles = [cell.strip() for cell in cells[:MAX_COLUMNS]]
            continue
        if len(body) == MAX_ROWS:
            raise UnreadableFileError("too_many_rows")
        numbers.append(number)
        body.append([*cells[: len(titles)], *[""] * (len(titles) - len(cells))])
    if not body:
        raise UnreadableFileError("no_rows")
    return Table(titles, pd.DataFrame(body, index=numbers, dtype=object), encoding)


# --- columns

SYNONYMS: dict[str, tuple[str, ...]] = {
    "account_number": ("客户编号", "客户编码", "客户代码", "客户号", "编号", "customer number",
                       "customer code", "customer id", "account no", "number"),
    "name": ("客户名称", "公司名称", "单位名称", "企业名称", "公司全称", "全称", "名称",
             "customer name", "company name", "company", "account name"),
    "short_name": ("简称", "客户简称", "公司简称", "股票名称", "abbreviation"),
    "english_name": ("英文名称", "英文名", "name in english"),
    "credit_code": ("统一社会信用代码", "社会信用代码", "信用代码", "税号", "纳税人识别号",
                    "uscc", "tax id", "credit code", "social credit code"),
    "address": ("地址", "公司地址", "注册地址", "联系地址", "street"),
    "phone": ("电话", "联系电话", "公司电话", "固定电话", "telephone", "tel", "phone number"),
    "website": ("网址", "网站", "官网", "公司网址", "url", "homepage"),
    "owners": ("所有者", "股东", "业主", "shareholders", "owner"),
    "legal_representative": ("法定代表人", "法人代表", "法人", "legal person"),
    "industry": ("行业", "所属行业", "sector"),
    "region": ("区域", "地区", "所属地区", "所在地区", "省份", "territory", "area"),
    "size_class": ("规模", "企业规模", "规模类别", "size", "company size"),
    "business_kind": ("经营范围", "业务类型", "经营种类", "business scope", "business"),
    "motive": ("购买动机", "采购动机", "motive"),
    "dealing_since": ("开始交易日期", "交易开始日期", "合作开始日期", "首次合作日期", "建档日期",
                      "上市日期", "customer since", "since"),
    "parent": ("母公司", "上级公司", "集团", "母公司编号", "上级客户编号", "parent account",
               "parent number"),
    "manager": ("客户经理", "负责人", "业务员", "销售员", "owner username", "sales rep",
                "account manager", "key account manager"),
}  # fmt: skip


def map_titles(titles: Sequence[str], labels: Mapping[str, Iterable[str]]) -> list[str]:
    """The field that each column holds, "" for one that is none of ours or comes twice.

    labels: what each field is called on pages, in every language.
    """
    known = {
        plain_title(word): name
        for name, words in labels.items()
        for word in (name, *SYNONYMS.get(name, ()), *words)
    }
    mapped: list[str] = []
    for title in titles:
        name = known.get(plain_title(title), "")
        mapped.append("" if name in mapped else name)
    return mapped


def plain_title(title: str) -> str:
    """A title for comparison: half width, lower case, letters and digits only, no (remark)."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    plain = re.sub(r"\(.*?\)|\[.*?\]", "", plain) or plain
    return re.sub(r"[\W_]+", "", plain)


def cells_to_values(
    rows: Sequence[Sequence[str]],
    columns: Sequence[tuple[int, str]],
    choices: Mapping[str, Mapping[str, str]],
) -> pd.DataFrame:
    """Cells as values of fields: dates in ISO, words for a choice replaced by its value.

    columns: (place in the row, field) of those that are wanted. choices: {field: {plain word:
    value}}.
    """
    frame = pd.DataFrame(rows, dtype=object)[[place for place, _name in columns]]
    frame.columns = pd.Index([name for _place, name in columns])
    frame = frame.map(lambda cell: restored(cell).replace(NUL_PICTURE, "\0"))
    for name in frame.columns.intersection(["dealing_since"]):
        frame[name] = frame[name].map(iso_date)
    for name in frame.columns.intersection(list(choices)):
        words = choices[name]
        frame[name] = frame[name].map(lambda text, words=words: words.get(plain_title(text), text))
    return frame


_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00(?::00)?)?"
)
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")


def iso_date(text: str) -> str:
    """2019/4/1, 2019.4.1, 2019年4月1日 and 20190401 as 2019-04-01; anything else as it is."""
    stripped = unicodedata.normalize("NFKC", text).strip()
    found = _DATE.fullmatch(stripped) or _COMPACT_DATE.fullmatch(stripped)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else text
