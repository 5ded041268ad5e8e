"""Lists to files, .xlsx or CSV, and the log of who took them out of the house.

Rows are written in a stream. A text that a spreadsheet would take for a formula gets an apostrophe.
"""

import csv
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import openpyxl
from django.db.models import QuerySet
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell

from kam.core.models import AuditEntry

if TYPE_CHECKING:
    from staff.models import User

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMN_WIDTH = 16  # in characters: a spreadsheet shows a day as ##### where it has less than 11
_FORMULA = re.compile(r"'*\s*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*%?")


def record_export(
    rows: QuerySet[Any, Any],
    action: str,
    *,
    actor: "User",
    reason: str,
    query: str,
    columns: Sequence[str],
    file_format: str,
) -> None:
    """Log an export before any row of it leaves: who, how many, which filters and columns, why."""
    AuditEntry.objects.create(
        actor=actor,
        action=action,
        subject_type=rows.model._meta.label,
        subject_id=0,
        subject_name="",
        changes={
            "rows": rows.count(),
            "query": query,
            "columns": [list(columns)],  # one value, not an old and a new one
            "format": file_format,
        },
        reason=reason,
    )


def download(
    name: str, file_format: str, titles: Sequence[str], rows: Iterable[Sequence[Any]]
) -> HttpResponseBase:
    """The answer that sends these rows as the file `name`.`file_format` ("xlsx" or "csv")."""
    file_name = f"{name}.{file_format}"
    if file_format == "csv":
        return StreamingHttpResponse(
            csv_lines(titles, rows),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
        )
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the response
    write_workbook(file, titles, rows)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=file_name, content_type=XLSX)


def neutralised(value: Any) -> Any:
    """A text with a leading apostrophe where a spreadsheet would compute it; numbers stay.

    What an apostrophe hides already gets one more, so that `restored` gives back every text.
    """
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def restored(text: str) -> str:
    """The text that `neutralised` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def write_workbook(target: Any, titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """An .xlsx of these rows, written row by row: memory does not grow with them."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    sheet.sheet_format.defaultColWidth = COLUMN_WIDTH
    sheet.append([neutralised(title) for title in titles])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    book.save(target)


def _cell(sheet: Any, value: Any) -> Any:
    """What stands in a cell; amounts show their two decimals, and more where they have more."""
    if not isinstance(value, Decimal):
        return neutralised(value)
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = "#,##0.00##"
    return cell


class _Line:
    def write(self, text: str) -> str:
        return text


def csv_lines(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Lines of a CSV that Excel opens as UTF-8 (it begins with a byte order mark)."""
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow([neutralised(title) for title in titles])
    for row in rows:
        yield writer.writerow(
            [neutralised(v.isoformat() if isinstance(v, date) else v) for v in row]
        )
