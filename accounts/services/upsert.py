"""Accounts in bulk, from the ERP or from a file: a few statements for thousands of rows."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import rules
from accounts.models import Account, Event
from accounts.services import rowsets
from kam.core.models import AuditEntry
from staff.models import User

_NUMBER_FORM = re.compile(rules.ACCOUNT_NUMBER_PATTERN)


@transaction.atomic
def create_missing(numbers: Iterable[str], *, actor: User) -> dict[str, int]:
    """The ids of the accounts with these numbers; an archive with only a number where none is.

    A number that was merged away gives its survivor. Numbers that break the form of account
    numbers are left out. Two callers at once neither duplicate nor deadlock: rows go in by
    ascending number, and who comes second takes the other's row.
    """
    wanted = sorted({number for number in numbers if _NUMBER_FORM.fullmatch(number)})
    ids = Account.objects.ids_by_number(wanted)
    if missing := [number for number in wanted if number not in ids]:
        created = set(_insert([{"account_number": number, "name": number} for number in missing]))
        ids |= Account.objects.ids_by_number(missing)
        new = [(ids[number], f"{number} {number}") for number in missing if ids[number] in created]
        _record("accounts.account_created", new, actor=actor)
    return ids


def _insert(rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert accounts (rows have the same keys); the ids of those that nobody else inserted."""
    rows = sorted(rows, key=lambda row: row["account_number"])
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    columns |= _derived(rows)
    now = timezone.now()
    return rowsets.insert(
        Account, columns, {"created_at": now, "updated_at": now}, unless="account_number"
    )


def _derived(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """The derived columns of these rows, which name all fields that they follow from."""
    derived = [
        rules.derived_fields(**{name: row.get(name, "") for name in rules.DERIVED_FROM})
        for row in rows
    ]
    return {name: [values[name] for values in derived] for name in rules.DERIVED_FIELDS}


def _record(action: str, accounts: Sequence[tuple[int, str]], *, actor: User) -> None:
    """An audit entry and an event for each account, given as (id, how it is called)."""
    ids = [pk for pk, _ in accounts]
    now = timezone.now()
    rowsets.insert(
        AuditEntry,
        {"subject_id": ids, "subject_name": [name[:200] for _, name in accounts]},
        {"at": now, "actor": actor.pk, "action": action, "subject_type": Account._meta.label},
    )
    rowsets.insert(Event, {"account": ids}, {"at": now, "kind": action, "actor": actor.pk})
