"""Statements that are planned once for a connection: for a few that come many at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

# The statements that each connection of the driver holds.
_held: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A statement with named parameters, `%(account)s`, of the SQL types that `types` gives.

    `name` is taken once in the database session. A rollback keeps what was prepared.
    """

    name: str
    types: Mapping[str, str]
    sql: str

    def execute(self, cursor: Any, values: Mapping[str, Any], *, before: str = "") -> None:
        """Execute it on a cursor; `before` is SQL that goes first, in the same round trip."""
        held = _held.setdefault(cursor.connection, set())
        if self.name not in held:
            places = {name: f"${n}" for n, name in enumerate(self.types, 1)}
            types = ", ".join(self.types.values())
            cursor.execute(f"PREPARE {self.name} ({types}) AS {self.sql % places}")
            held.add(self.name)
        given = ", ".join(f"%({name})s" for name in self.types)
        cursor.execute(f"{before}EXECUTE {self.name} ({given})", values)
