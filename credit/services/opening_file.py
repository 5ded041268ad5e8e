"""A file of opening lines: read whole, and taken over whole or not at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.frames import UnreadableFileError, read_table
from accounts.models import Account
from credit.models import GRADES, CreditLine
from credit.services.opening import OpeningLine, import_opening_lines

if TYPE_CHECKING:
    from staff.models import User

COLUMNS = ("account_number", "limit", "terms_days", "valid_until", "rating")
_AMOUNT = re.compile(r"[0-9]{1,14}(\.[0-9]{1,4})?")
_DAYS = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True)
class WrongRow:
    """What is wrong in a line of the file; the first one, with the names, is line 1."""

    line: int
    column: str
    detail: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.column}: {self.detail}"


class WrongFileError(Exception):
    """The file was not taken over; all that is wrong with it."""

    def __init__(self, rows: list[WrongRow]) -> None:
        super().__init__("; ".join(map(str, rows)))
        self.rows = rows


@transaction.atomic
def import_file(data: bytes, *, approved_by: User, reason: str) -> list[CreditLine]:
    """Take over the lines of a CSV file or workbook: all of them, or none.

    Raises WrongFileError with every wrong row, RuleViolation as `import_opening_lines`.
    """
    rows, wrong = _read(data)
    wrong += _refused(rows)
    if wrong:
        raise WrongFileError(sorted(wrong, key=lambda row: row.line))
    return import_opening_lines(list(rows.values()), reason=reason, approved_by=approved_by)


def _read(data: bytes) -> tuple[dict[int, OpeningLine], list[WrongRow]]:
    """The lines by their place in the file, and what is wrong with the others."""
    try:
        table = read_table(data)
    except UnreadableFileError as error:
        raise WrongFileError([WrongRow(1, "file", str(error))]) from error
    names = [name.strip().lower() for name in table.titles]
    if missing := [name for name in COLUMNS[:4] if name not in names]:
        raise WrongFileError([WrongRow(1, name, _("This column is missing.")) for name in missing])
    rows, wrong = {}, []
    for line, *cells in table.frame.itertuples():
        row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
        found = [WrongRow(line, *each) for each in _problems(row)]
        wrong += found
        if not found:
            rows[line] = _line(row)
    return rows, wrong


def _problems(row: dict[str, str]) -> list[tuple[str, str]]:
    found = []
    if not row.get("account_number"):
        found.append(("account_number", _("This is missing.")))
    if not _AMOUNT.fullmatch(row.get("limit", "")):
        found.append(("limit", _("Give an amount of 0 or more with up to 4 decimals.")))
    if not _DAYS.fullmatch(row.get("terms_days", "")):
        found.append(("terms_days", _("Give a number of days.")))
    try:
        date.fromisoformat(row.get("valid_until", ""))
    except ValueError:
        found.append(("valid_until", _("Give a date as YYYY-MM-DD.")))
    if row.get("rating", "") not in ("", *GRADES):
        found.append(("rating", _("Give one of: %(choices)s.") % {"choices": ", ".join(GRADES)}))
    return found


def _line(row: dict[str, str]) -> OpeningLine:
    return OpeningLine(
        account_number=row["account_number"],
        limit=Decimal(row["limit"]),
        terms_days=int(row["terms_days"]),
        valid_until=date.fromisoformat(row["valid_until"]),
        rating=row.get("rating", ""),
    )


def _refused(rows: dict[int, OpeningLine]) -> list[WrongRow]:
    """Rows of accounts that are not there, stand twice, or have a line already."""
    numbers = [row.account_number for row in rows.values()]
    ids = Account.objects.ids_by_number(numbers)
    lined = CreditLine.objects.filter(account__in=ids.values())
    known = set(lined.values_list("account_id", flat=True))
    seen: set[int] = set()
    wrong = []
    for line, row in rows.items():
        pk = ids.get(row.account_number)
        if pk is None:
            wrong.append(WrongRow(line, "account_number", _("There is no such account.")))
        elif pk in seen:
            wrong.append(WrongRow(line, "account_number", _("This account is there twice.")))
        elif pk in known:
            wrong.append(
                WrongRow(line, "account_number", _("This account has a credit line already."))
            )
        if pk is not None:
            seen.add(pk)
    return wrong
