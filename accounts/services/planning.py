"""What an upsert of accounts would do, row by row: nothing here writes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accounts import rules
from accounts.fields import FIELDS, READ_ONLY, BadValueError, clean
from accounts.models import Account
from kam.core.bulk import RowError
from staff.models import User

Value = str | date | None
# Where the value of a reference is read: regions by name, managers by username.
SOURCES = {
    "industry": "industry__name",
    "region": "region__name",
    "manager": "manager__username",
    "parent": "parent__account_number",
}


@dataclass(slots=True)
class PlannedRow:
    """One row of an upsert: what was asked, what is there, and what comes of it."""

    index: int
    key: str = ""
    values: dict[str, Value] = field(default_factory=dict)
    account_id: int | None = None
    before: dict[str, Value] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)

    @property
    def changes(self) -> dict[str, tuple[Value, Value]]:
        """`{field: (old, new)}` of the given fields that differ."""
        return {
            name: (self.before.get(name, ""), value)
            for name, value in self.values.items()
            if _comparable(self.before.get(name)) != _comparable(value)
        }

    @property
    def outcome(self) -> str:
        """`rejected`, `created`, `updated` or `unchanged`."""
        if self.errors:
            return "rejected"
        if self.account_id is None:
            return "created"
        return "updated" if self.changes else "unchanged"

    def reject(self, field_name: str, code: str, detail: str) -> None:
        self.errors.append(RowError(self.index, self.key, field_name, code, detail))


def _comparable(value: Value) -> str:
    """As values come back from a file: a line break is one, and blanks around are none."""
    return str(value or "").replace("\r\n", "\n").strip()


def read_rows(rows: Iterable[Any]) -> list[PlannedRow]:
    """Each row with its values cleaned; of rows for one account number the last one counts."""
    planned = [_read_row(index, row) for index, row in enumerate(rows)]
    last = {row.key: row.index for row in planned if row.key}
    for row in planned:
        if row.key and last[row.key] != row.index:
            row.errors.clear()
            row.reject(
                "account_number",
                "duplicate_in_request",
                _("A later row has the same account number; that one counts."),
            )
    return planned


def _read_row(index: int, row: Any) -> PlannedRow:
    planned = PlannedRow(index)
    if not isinstance(row, Mapping):
        planned.reject("", "invalid_type", _("Send an object with the fields of the account."))
        return planned
    number = row.get("account_number")
    planned.key = number.strip()[:60].replace("\0", "") if isinstance(number, str) else ""
    if "account_number" not in row:
        planned.reject("account_number", "required", _("This field must not be empty."))
    for name, value in row.items():
        if name in FIELDS:
            try:
                planned.values[name] = clean(FIELDS[name], value)
            except BadValueError as bad:
                planned.reject(name, bad.code, bad.detail)
        elif name not in READ_ONLY:
            planned.reject(str(name)[:60], "unknown_field", _("There is no such field."))
    return planned


def compare(rows: Sequence[PlannedRow]) -> None:
    """Fill in what is there and refuse what cannot be: this reads the database."""
    good = [row for row in rows if not row.errors]
    present = _present([row.key for row in good])
    for row in good:
        if row.key not in present:
            if "name" not in row.values:
                row.reject("name", "required", _("A new account needs a name."))
            continue
        row.account_id, merged_into, row.before = present[row.key]
        if merged_into:
            row.reject(
                "account_number",
                "merged",
                _("Merged into %(number)s; send that one.") % {"number": merged_into},
            )
    _check_managers([row for row in good if not row.errors and row.values.get("manager")])
    _check_parents([row for row in good if not row.errors])


def _present(numbers: Sequence[str]) -> dict[str, tuple[int, str | None, dict[str, Value]]]:
    columns = [SOURCES.get(name, name) for name in FIELDS]
    found = Account.objects.filter(account_number__in=numbers).values_list(
        "pk", "account_number", "merged_into__account_number", *columns
    )
    return {
        number: (pk, merged_into, dict(zip(FIELDS, values, strict=True)))
        for pk, number, merged_into, *values in found
    }


def _check_managers(rows: Sequence[PlannedRow]) -> None:
    wanted = {row.values["manager"] for row in rows}
    people = User.objects.filter(username__in=wanted, is_service=False)
    active = dict(people.values_list("username", "is_active"))
    for row in rows:
        manager = str(row.values["manager"])
        if manager not in active:
            row.reject("manager", "unknown_manager", _("There is no user of this name."))
        elif not active[manager] and "manager" in row.changes:
            row.reject("manager", "inactive_manager", _("This user has left."))


def _check_parents(rows: list[PlannedRow]) -> None:
    """Refuse unknown parents and cycles, until what remains is sound."""
    asking = [row for row in rows if row.values.get("parent")]
    if not asking:
        return
    named = {str(row.values["parent"]) for row in asking}
    numbers = _surviving_numbers(named)
    for row in asking:
        row.values["parent"] = numbers.get(str(row.values["parent"]), row.values["parent"])
    above = _ancestry({*numbers.values(), *(row.key for row in rows)})
    sound = False
    while not sound:  # a row that falls out may take its parent from another
        good = [row for row in rows if not row.errors]
        known = {*numbers.values(), *(row.key for row in good)}
        _refuse_unknown([row for row in good if row.values.get("parent")], known)
        _refuse_cycles([row for row in good if not row.errors], above)
        sound = not any(row.errors for row in good)


def _refuse_unknown(rows: Iterable[PlannedRow], known: set[str]) -> None:
    for row in rows:
        if row.values["parent"] not in known:
            row.reject("parent", "unknown_parent", _("There is no account of this number."))


def _refuse_cycles(rows: Sequence[PlannedRow], above: Mapping[str, str]) -> None:
    given = {row.key: str(row.values["parent"]) for row in rows if "parent" in row.values}
    lines = {child: parent for child, parent in {**above, **given}.items() if parent}
    cyclic = rules.on_cycle(lines)
    for row in rows:
        if row.key in cyclic and row.values.get("parent"):
            row.reject("parent", "parent_cycle", _("A company would be its own parent."))


def _surviving_numbers(numbers: set[str]) -> dict[str, str]:
    """`{number: number of the account it stands for}`, of those that are there."""
    ids = Account.objects.ids_by_number(numbers)
    names = dict(Account.objects.filter(pk__in=ids.values()).values_list("pk", "account_number"))
    return {number: names[pk] for number, pk in ids.items()}


def _ancestry(numbers: Iterable[str]) -> dict[str, str]:
    """`{account number: parent's number or ""}` of these accounts and all above them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE line AS ("
            " SELECT id, account_number, parent_id FROM accounts_account"
            " WHERE account_number = ANY(%s)"
            " UNION SELECT up.id, up.account_number, up.parent_id FROM accounts_account up"
            " JOIN line ON up.id = line.parent_id)"
            " SELECT line.account_number, coalesce(up.account_number, '')"
            " FROM line LEFT JOIN line up ON up.id = line.parent_id",
            [list(numbers)],
        )
        return dict(cursor.fetchall())
