"""Paging by keys: the same cost at any depth, no OFFSET and no COUNT.

A cursor is the key columns of the row at a page's edge, opaque to clients.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, Q, QuerySet


class InvalidCursor(ValueError):  # noqa: N818
    """The cursor was not made by us, or for another order of the rows."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows with the cursors of its neighbours ("" where there is none)."""

    rows: list[Any]
    next: str
    previous: str


type First = Callable[[QuerySet[Any], Sequence[str], int], Iterable[Any]]


def _first(rows: QuerySet[Any], order: Sequence[str], number: int) -> QuerySet[Any]:
    return rows.order_by(*order)[:number]


def fetch(
    queryset: QuerySet[Any],
    *,
    keys: Sequence[str],
    cursor: str,
    size: int,
    first: First = _first,
) -> Page:
    """The page that `cursor` points at ("": the first), in the order of `keys`.

    keys: names of columns or annotations, "-" before descending ones, unique together (end
    with "pk") and never null. first: gives so many rows of a queryset, the first in an order.
    """
    backward, values = _decode(cursor, queryset, keys) if cursor else (False, [])
    order = [_flip(key) for key in keys] if backward else list(keys)
    if cursor:
        queryset = queryset.filter(_after(order, values))
    rows = list(first(queryset, order, size + 1))
    more = len(rows) > size
    rows = rows[:size]
    if backward:
        rows.reverse()
    has_next, has_previous = (True, more) if backward else (more, bool(cursor))
    return Page(
        rows,
        next=_encode(rows[-1], keys, backward=False) if rows and has_next else "",
        previous=_encode(rows[0], keys, backward=True) if rows and has_previous else "",
    )


def _flip(key: str) -> str:
    return key[1:] if key.startswith("-") else f"-{key}"


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows behind `values`: a > x, or a = x and b > y, … (< for descending keys).

    The plain bound on the first key is implied; it lets PostgreSQL begin in the index.
    """
    names = [key.removeprefix("-") for key in order]
    behind = Q()
    for place, key in enumerate(order):
        same = Q(**dict(zip(names[:place], values[:place], strict=True)))
        lookup = "lt" if key.startswith("-") else "gt"
        behind |= same & Q(**{f"{names[place]}__{lookup}": values[place]})
    bound = "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{names[0]}__{bound}": values[0]}) & behind


def _encode(row: Any, keys: Sequence[str], *, backward: bool) -> str:
    names = [key.removeprefix("-") for key in keys]
    values = [row[name] if isinstance(row, dict) else getattr(row, name) for name in names]
    text = json.dumps(["<" if backward else ">", *map(str, values)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, queryset: QuerySet[Any], keys: Sequence[str]) -> tuple[bool, list[Any]]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        direction, *texts = json.loads(base64.b64decode(padded, b"-_", validate=True))
        if direction not in ("<", ">") or len(texts) != len(keys):
            raise InvalidCursor
        values = [
            _field(queryset, key.removeprefix("-")).to_python(_text(text))
            for key, text in zip(keys, texts, strict=True)
        ]
    except (ValueError, TypeError, binascii.Error, RecursionError, ValidationError) as error:
        raise InvalidCursor from error
    if None in values:
        raise InvalidCursor
    return direction == "<", values


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value or not value.isprintable():
        raise InvalidCursor
    return value


def _field(queryset: QuerySet[Any], name: str) -> "Field[Any, Any]":
    if name in queryset.query.annotations:
        return queryset.query.annotations[name].output_field
    options = queryset.model._meta
    try:
        return options.pk if name == "pk" else options.get_field(name)
    except FieldDoesNotExist as error:
        raise InvalidCursor from error
