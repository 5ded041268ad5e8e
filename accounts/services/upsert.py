"""Accounts in bulk, from the ERP or from a file: a few statements for thousands of rows."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts import listeners, rules
from accounts.fields import FIELDS, REFERENCES
from accounts.models import Account, Event, Industry
from accounts.services import planning, rowsets
from accounts.services.planning import PlannedRow
from kam.core.bulk import BulkOutcome, BulkRejected
from kam.core.models import AuditEntry
from staff.models import Region, User

Entry = tuple[int, str, dict[str, list[str]]]  # account id, how it is called, changes
_NUMBER_FORM = re.compile(rules.ACCOUNT_NUMBER_PATTERN)


def upsert_accounts(
    rows: Iterable[Any],
    *,
    actor: User,
    atomic: bool = False,
    dry_run: bool = False,
    reason: str = "",
) -> BulkOutcome:
    """Create or change accounts by their number; the good rows are stored, the bad ones named.

    Each row maps field names to text (`accounts.fields`). A field that is not given stays as it
    is; null or "" clears it. Regions and industries that are not there are made. With `atomic`
    a bad row raises BulkRejected and nothing is stored; with `dry_run` nothing is stored at all.
    """
    planned = plan(rows) if dry_run else store(rows, actor=actor, atomic=atomic, reason=reason)
    return outcome_of(planned)


def plan(rows: Iterable[Any]) -> list[PlannedRow]:
    """What `upsert_accounts` would do with each row, as things stand."""
    planned = planning.read_rows(rows)
    planning.compare(planned)
    return planned


def outcome_of(planned: Sequence[PlannedRow]) -> BulkOutcome:
    outcome = BulkOutcome(received=len(planned))
    for row in planned:
        if row.errors:
            outcome.reject(*row.errors)
        else:
            setattr(outcome, row.outcome, getattr(outcome, row.outcome) + 1)
    return outcome


class _LostRaceError(Exception):
    """Somebody else created one of our new accounts a moment ago."""


def store(
    rows: Iterable[Any], *, actor: User, atomic: bool = False, reason: str = ""
) -> list[PlannedRow]:
    """`upsert_accounts`, telling what came of each row."""
    rows = list(rows)
    while True:
        try:
            with transaction.atomic():
                return _store_once(rows, actor=actor, atomic=atomic, reason=reason)
        except _LostRaceError:
            continue  # it is there now, and will be updated


def _store_once(rows: Sequence[Any], *, actor: User, atomic: bool, reason: str) -> list[PlannedRow]:
    """Locks by ascending id, then inserts by ascending number: two calls cannot deadlock.

    FOR NO KEY UPDATE lets orders of these accounts be stored meanwhile.
    """
    planned = planning.read_rows(rows)
    if any(row.values.get("parent") for row in planned):
        lock_parents()
    keys = [row.key for row in planned if not row.errors]
    locked = Account.objects.filter(account_number__in=keys).order_by("pk")
    list(locked.select_for_update(no_key=True).values_list("pk"))
    planning.compare(planned)
    if atomic and any(row.errors for row in planned):
        raise BulkRejected(outcome_of(planned))
    _apply(planned, actor=actor, reason=reason)
    return planned


def lock_parents() -> None:
    """Wait for everybody else who sets parent companies, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.parent'))")


def _apply(planned: Sequence[PlannedRow], *, actor: User, reason: str) -> None:
    created = [row for row in planned if row.outcome == "created"]
    updated = [row for row in planned if row.outcome == "updated"]
    references = _references([*created, *updated])
    if created:
        ids = rowsets.reserve_ids(Account, len(created))
        references["parent"] |= {row.key: pk for row, pk in zip(created, ids, strict=True)}
        names = {name for row in created for name in row.values}
        stored = [_stored(row.values, names, references) for row in created]
        if len(_insert(stored, ids)) < len(created):
            raise _LostRaceError
        entries: list[Entry] = [
            (pk, _called(row), {}) for row, pk in zip(created, ids, strict=True)
        ]
        _record("accounts.account_created", entries, actor=actor, reason=reason)
    if updated:
        _update(updated, references)
        entries = [(row.account_id or 0, _called(row), _spelled(row)) for row in updated]
        _record("accounts.account_changed", entries, actor=actor, reason=reason)
    if given := [row.account_id or 0 for row in updated if "manager" in row.changes]:
        listeners.hands_changed(given, actor, reason)


def _references(rows: Sequence[PlannedRow]) -> dict[str, dict[str, int]]:
    """`{field: {name: id}}` of all that these rows refer to; regions and industries are made."""
    given = [values for row in rows for values in (row.before, row.values)]
    named = {
        field: sorted({str(values[field]) for values in given if values.get(field)})
        for field in REFERENCES
    }
    users = User.objects.filter(username__in=named["manager"])
    return {
        "region": _made_if_missing(Region, named["region"]),
        "industry": _made_if_missing(Industry, named["industry"]),
        "manager": dict(users.values_list("username", "pk")),
        "parent": Account.objects.ids_by_number(named["parent"]),
    }


def _made_if_missing(model: type[Region] | type[Industry], names: list[str]) -> dict[str, int]:
    rows = model._default_manager.filter(name__in=names)
    found = dict(rows.values_list("name", "pk"))
    if missing := [name for name in names if name not in found]:
        rowsets.insert(model, {"name": missing}, {}, unless="name")
        found = dict(rows.values_list("name", "pk"))
    return found


def _stored(
    values: dict[str, Any], names: Iterable[str], references: dict[str, dict[str, int]]
) -> dict[str, Any]:
    """The values of these fields as the columns hold them: ids instead of names."""
    stored: dict[str, Any] = {}
    for name in names:
        value = values.get(name)
        if name in references:
            stored[name] = references[name][value] if value else None
        else:
            stored[name] = value if FIELDS[name].kind == "date" else value or ""
    return stored


def _update(rows: Sequence[PlannedRow], references: dict[str, dict[str, int]]) -> None:
    names = sorted({name for row in rows for name in row.changes})
    kept = [{**row.before, **row.values} for row in rows]
    stored = [_stored(values, names, references) for values in kept]
    columns: dict[str, list[Any]] = {"id": [row.account_id for row in rows]}
    columns |= {name: [values[name] for values in stored] for name in names}
    if set(names) & set(rules.DERIVED_FROM):
        columns |= _derived(kept)
    rowsets.update(Account, columns, {"updated_at": timezone.now()})


def _insert(rows: Sequence[dict[str, Any]], ids: Sequence[int] = ()) -> list[int]:
    """Insert accounts by ascending number; the ids of those that nobody else inserted."""
    order = sorted(range(len(rows)), key=lambda position: rows[position]["account_number"])
    rows = [rows[position] for position in order]
    columns = {name: [row[name] for row in rows] for name in rows[0]} | _derived(rows)
    if ids:
        columns["id"] = [ids[position] for position in order]
    now = timezone.now()
    due = rules.review_due_on(timezone.localdate())  # nobody has looked at these yet
    constants = {"created_at": now, "updated_at": now, "review_due_on": due}
    return rowsets.insert(Account, columns, constants, unless="account_number")


def _derived(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """The columns that follow from others, for search, sorting and duplicates."""
    derived = [
        rules.derived_fields(**{name: row.get(name, "") for name in rules.DERIVED_FROM})
        for row in rows
    ]
    return {name: [values[name] for values in derived] for name in rules.DERIVED_FIELDS}


def _called(row: PlannedRow) -> str:
    values = {**row.before, **row.values}
    return f"{row.key} {values.get('short_name') or values['name']}"


def _spelled(row: PlannedRow) -> dict[str, list[str]]:
    return {name: [str(old or ""), str(new or "")] for name, (old, new) in row.changes.items()}


def _record(
    action: str,
    entries: Sequence[Entry],
    *,
    actor: User,
    reason: str = "",
) -> None:
    """An audit entry and an event for each account."""
    ids = [pk for pk, _called, _changes in entries]
    now = timezone.now()
    rowsets.insert(
        AuditEntry,
        {
            "subject_id": ids,
            "subject_name": [called[:200] for _pk, called, _changes in entries],
            "changes": [changes for _pk, _called, changes in entries],
        },
        {
            "at": now,
            "actor": actor.pk,
            "action": action,
            "subject_type": Account._meta.label,
            "reason": reason,
        },
    )
    data = [{"fields": list(changes)} if changes else {} for _pk, _called, changes in entries]
    rowsets.insert(
        Event, {"account": ids, "data": data}, {"at": now, "kind": action, "actor": actor.pk}
    )


@transaction.atomic
def create_missing(numbers: Iterable[str], *, actor: User) -> dict[str, int]:
    """The ids of the accounts with these numbers; an archive with only a number where none is.

    A number that was merged away gives its survivor. Numbers that break the form of account
    numbers or are reserved are left out. Two callers at once neither duplicate nor deadlock: rows
    go in by ascending number, and who comes second takes the other's row.
    """
    wanted = sorted(
        {
            number
            for number in numbers
            if _NUMBER_FORM.fullmatch(number) and number not in rules.RESERVED_NUMBERS
        }
    )
    ids = Account.objects.ids_by_number(wanted)
    if missing := [number for number in wanted if number not in ids]:
        created = set(_insert([{"account_number": number, "name": number} for number in missing]))
        ids |= Account.objects.ids_by_number(missing)
        entries: list[Entry] = [
            (ids[number], f"{number} {number}", {}) for number in missing if ids[number] in created
        ]
        _record("accounts.account_created", entries, actor=actor)
    return ids
