"""Statements that are planned once for a connection: for a few that come many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.models import Model

# To plan takes longer than most of these do, but what was planned for a few of a small table is
# no way to find thousands in a large one.
FEW = 100
_PLANNED_ONCE = "SET LOCAL plan_cache_mode = force_generic_plan"
# The statements that each connection of the driver holds.
_held: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A statement with named parameters, `%(account)s`, of the SQL types that `types` gives.

    Planned once; where one of the values is a long list it is sent as it is, and planned for
    that. `name` is taken once in the database session. A rollback keeps what was prepared.
    """

    name: str
    types: Mapping[str, str]
    sql: str

    def rows(self, values: Mapping[str, Any], *, before: str = "") -> list[tuple[Any, ...]]:
        """What it returns; `before` is SQL that goes first, in the same round trip."""
        is_long = any(isinstance(each, list) and len(each) > FEW for each in values.values())
        with connection.cursor() as cursor:
            if not is_long:
                self.prepare(cursor)
            asked = self._unprepared if is_long else f"{_PLANNED_ONCE}; {self.execution()}"
            cursor.execute(before + asked, values)
            return cursor.fetchall() if cursor.description else []

    def prepare(self, cursor: Any) -> None:
        """Have it planned in the database session of this cursor, if it was not yet."""
        held = _held.setdefault(cursor.connection, set())
        if self.name not in held:
            with connection.wrap_database_errors:
                cursor.cursor.execute(self._preparation)  # no query of the caller's
            held.add(self.name)

    @cached_property
    def _preparation(self) -> str:
        places = {name: f"${n}" for n, name in enumerate(self.types, 1)}
        return f"PREPARE {self.name} ({', '.join(self.types.values())}) AS {self.sql % places}"

    def execution(self, step: str = "") -> str:
        """SQL that executes it; `step` goes before the names of its parameters."""
        if step not in self._executions:
            given = ", ".join(self._typed(step).values())
            self._executions[step] = f"EXECUTE {self.name} ({given})"
        return self._executions[step]

    @cached_property
    def _executions(self) -> dict[str, str]:
        return {}

    @cached_property
    def _unprepared(self) -> str:
        """Without a setting of plans: triggers would keep to it for the whole transaction, and
        plan their statements for every row."""
        return self.sql % self._typed()

    def _typed(self, step: str = "") -> dict[str, str]:
        return {name: f"%({step}{name})s::{kind}" for name, kind in self.types.items()}


Step = tuple[Prepared, Mapping[str, Any]]


def in_one_message(*steps: Step) -> list[tuple[Any, ...]]:
    """Execute statements with their values in a single round trip; the rows of the last one.

    Each sees what was committed while the one before it waited. Outside of a transaction they
    are one of their own, which ends before the answer is sent. No value may be a long list.
    """
    sql: list[str] = [_PLANNED_ONCE]
    bound: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for place, (statement, values) in enumerate(steps):
            statement.prepare(cursor)
            sql.append(statement.execution(f"{place}_"))
            bound |= {f"{place}_{name}": values[name] for name in statement.types}
        cursor.execute("; ".join(sql), bound)
        return cursor.fetchall() if cursor.description else []


def columns(model: type[Model], table: str) -> str:
    """All columns of a model, in SQL, as `instance` takes them."""
    return ", ".join(f'{table}."{each.column}"' for each in model._meta.concrete_fields)


def instance[M: Model](model: type[M], row: Iterable[object]) -> M:
    """What is stored in these columns of a model."""
    names = [each.attname for each in model._meta.concrete_fields]
    return model.from_db(connection.alias, names, tuple(row))
