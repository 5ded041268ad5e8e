"""Thousands of rows in one statement: columns go to the server as arrays, not row by row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

_ARRAY_TYPES = {
    "BigAutoField": "bigint",
    "ForeignKey": "bigint",
    "BigIntegerField": "bigint",
    "DateField": "date",
    "DateTimeField": "timestamptz",
}

Columns = Mapping[str, Sequence[Any]]


def insert(
    model: type[models.Model], columns: Columns, constants: Mapping[str, Any], *, unless: str = ""
) -> list[int]:
    """Insert one row per position of `columns`; the ids, in order.

    Fields in neither mapping get their default. `unless` names the column of a unique
    constraint: rows that would break it are left out (and missing from the ids).
    """
    fields = {field.name: field for field in model._meta.concrete_fields}
    if "id" not in columns:
        del fields["id"]
    selected, fixed = [], []
    for name, field in fields.items():
        if name in columns:
            selected.append(_from_array(field))
        else:
            selected.append("%s")
            value = constants[name] if name in constants else field.get_default()
            fixed.append(field.get_db_prep_save(value, connection))
    names = ", ".join(f'"{field.column}"' for field in fields.values())
    conflict = f' ON CONFLICT ("{unless}") DO NOTHING' if unless else ""
    source, arrays = _arrays(fields, columns)
    sql = (
        f'INSERT INTO "{model._meta.db_table}" ({names})'  # noqa: S608 - names of our own models
        f" SELECT {', '.join(selected)} FROM {source}{conflict} RETURNING id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*fixed, *arrays])
        return [pk for (pk,) in cursor.fetchall()]


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """Ids for rows that are about to be inserted, so that they can refer to each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]


def update(model: type[models.Model], columns: Columns, constants: Mapping[str, Any]) -> None:
    """Set, in the rows whose ids stand in `columns["id"]`, the other columns and the constants."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    assignments = [f'"{fields[name].column}" = %s' for name in constants]
    fixed = [fields[name].get_db_prep_save(value, connection) for name, value in constants.items()]
    assignments += [
        f'"{fields[name].column}" = {_from_array(fields[name])}' for name in columns if name != "id"
    ]
    source, arrays = _arrays(fields, columns)
    table = model._meta.db_table
    sql = f'UPDATE "{table}" SET {", ".join(assignments)} FROM {source} WHERE "{table}".id = v.id'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [*fixed, *arrays])


def _from_array(field: models.Field[Any, Any]) -> str:
    """The expression that turns an array's element into the column's type."""
    element = f'v."{field.name}"'
    if isinstance(field, ArrayField):
        return f"string_to_array({element}, ' ')"
    return f"{element}::jsonb" if isinstance(field, models.JSONField) else element


def _arrays(
    fields: Mapping[str, models.Field[Any, Any]], columns: Columns
) -> tuple[str, list[list[Any]]]:
    types, arrays = [], []
    for name, values in columns.items():
        field = fields[name]
        types.append(_ARRAY_TYPES.get(type(field).__name__, "text"))
        if isinstance(field, ArrayField):
            arrays.append([" ".join(value) for value in values])
        elif isinstance(field, models.JSONField):
            arrays.append([json.dumps(value, ensure_ascii=False) for value in values])
        else:
            arrays.append(list(values))
    names = ", ".join(f'"{name}"' for name in columns)
    return f"unnest({', '.join(f'%s::{kind}[]' for kind in types)}) AS v({names})", arrays
