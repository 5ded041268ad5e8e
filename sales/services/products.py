"""Products as the ERP reports them, and those that are known by the lines of an order only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import batched
from typing import TYPE_CHECKING

import msgspec
from django.db import connection, transaction
from django.db.models.functions import Collate

from kam.core import audit
from kam.core.bulk import BulkOutcome, BulkRejected
from kam.core.prepared import Prepared
from sales.models import Product
from sales.rules import FieldError, PreparedOrder, ProductIn, check_product, description_of
from sales.wording import refusal

if TYPE_CHECKING:
    from staff.models import User

# A call may name as many products as it has lines: not all are sent to PostgreSQL at once.
PRODUCTS_AT_ONCE = 10_000
_NAMELESS = b"\t\t"  # in the row of a line without description

_FIND_PRODUCTS = Prepared(
    name="sales_find_products",
    types={"codes": "text[]"},
    sql="SELECT code, id FROM sales_product WHERE code = ANY(%(codes)s)",
)
_CREATE_PRODUCTS = """
INSERT INTO sales_product (code, name, category, unit, created_at, updated_at)
SELECT given.*, now(), now()
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS given (code, name, category, unit)
ORDER BY given.code COLLATE "C"
ON CONFLICT (code) DO NOTHING
RETURNING code
"""
_UPDATE_PRODUCTS = """
UPDATE sales_product
SET name = given.name, category = given.category, unit = given.unit, updated_at = now()
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS given (code, name, category, unit)
WHERE sales_product.code = given.code
"""


@transaction.atomic
def upsert_products(
    rows: Iterable[tuple[int, ProductIn]],
    *,
    actor: User,
    atomic: bool = False,
    outcome: BulkOutcome | None = None,
) -> BulkOutcome:
    """Create each product or bring it to what is said here; what is left out stays.

    rows, atomic, outcome: as in `sales.services.orders.upsert_orders`.
    """
    if outcome is None:
        rows = list(rows)
        outcome = BulkOutcome(received=len(rows))
    products: dict[str, ProductIn] = {}
    for index, row in rows:
        try:
            check_product(row)
        except FieldError as error:
            outcome.reject(refusal(index, row.product_code, error))
        else:
            products[row.product_code] = row
    if atomic and outcome.rejected:
        raise BulkRejected(outcome)
    created = _create_products(list(products.values()))
    outcome.created = len(created)
    rest = {code: row for code, row in products.items() if code not in created}
    outcome.updated = _update_products(rest)
    return audit.record_call(outcome, "sales.products_synced", actor=actor)


def _create_products(rows: Sequence[ProductIn]) -> set[str]:
    columns = [
        [row.product_code for row in rows],
        [row.name or "" for row in rows],
        [row.category or "" for row in rows],
        [row.unit or "" for row in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_CREATE_PRODUCTS, columns)
        return {code for (code,) in cursor.fetchall()}


def _update_products(given: dict[str, ProductIn]) -> int:
    """Write the products that differ, under their locks; how many did."""
    locked = Product.objects.select_for_update(of=("self",), no_key=True).order_by(
        Collate("code", "C")
    )
    changed = []
    for product in locked.filter(code__in=list(given)):
        row = given[product.code]
        before = (product.name, product.category, product.unit)
        after = tuple(
            old if new is msgspec.UNSET else new
            for new, old in zip((row.name, row.category, row.unit), before, strict=True)
        )
        if after != before:
            changed.append((product.code, *after))
    if changed:
        with connection.cursor() as cursor:
            columns = [list(column) for column in zip(*changed, strict=True)]
            cursor.execute(_UPDATE_PRODUCTS, columns)
    return len(changed)


def product_ids_of(orders: list[PreparedOrder]) -> dict[str, int]:
    """The products of all lines; those that are not there yet are made from their first line."""
    rows = _naming_rows(orders)
    ids: dict[str, int] = {}
    for codes in batched(sorted(rows), PRODUCTS_AT_ONCE):
        ids |= _FIND_PRODUCTS.rows({"codes": list(codes)})
        if missing := [code for code in codes if code not in ids]:
            blank = [""] * len(missing)
            names = [description_of(rows[code]) for code in missing]
            with connection.cursor() as cursor:
                cursor.execute(_CREATE_PRODUCTS, [missing, names, blank, blank])
            ids |= _FIND_PRODUCTS.rows({"codes": missing})
    return ids


def _naming_rows(orders: list[PreparedOrder]) -> dict[str, bytes]:
    """Of each product the first line that says what it is, or else its first line."""
    rows: dict[str, bytes] = {}
    for order in orders:
        for code, row in zip(order.product_codes, order.line_rows, strict=True):
            if code not in rows or (_NAMELESS in rows[code] and _NAMELESS not in row):
                rows[code] = row
    return rows
