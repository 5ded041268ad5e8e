"""A new order and the entry of its call as statements, for who stores it with what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kam.core import audit
from kam.core.bulk import BulkOutcome
from kam.core.prepared import FEW, Prepared, Step
from sales.rules import PreparedOrder, line_values
from sales.services.orders import ACTION, LINE_COLUMNS, ORDER_COLUMNS

if TYPE_CHECKING:
    from staff.models import User

_FIND = Prepared(
    name="sales_find_for_new_order",
    types={"account_number": "text", "codes": "text[]"},
    sql="""
SELECT id, ARRAY(
    SELECT product.id FROM unnest(%(codes)s) WITH ORDINALITY AS asked (code, place)
    JOIN sales_product AS product USING (code) ORDER BY place)
FROM accounts_account WHERE account_number = %(account_number)s AND merged_into_id IS NULL
""",
)
# Merging takes accounts FOR UPDATE: who waited for it stores nothing for the absorbed one.
_ADD = Prepared(
    name="sales_add_order",
    types=ORDER_COLUMNS
    | {"credit_status": "text", "products": "bigint[]"}
    | {name: f"{kind}[]" for name, kind in LINE_COLUMNS.items()},
    sql=f"""
WITH account AS (
    SELECT FROM accounts_account WHERE id = %(account_id)s AND merged_into_id IS NULL
    FOR KEY SHARE
), stored AS (
    INSERT INTO sales_order ({", ".join(ORDER_COLUMNS)}, credit_status, created_at, updated_at)
    SELECT {", ".join(f"%({name})s" for name in ORDER_COLUMNS)}, %(credit_status)s, now(), now()
    FROM account
    RETURNING id
)
INSERT INTO sales_orderline (order_id, product_id, {", ".join(LINE_COLUMNS)})
SELECT stored.id, line.*
FROM stored, unnest(%(products)s, {", ".join(f"%({name})s" for name in LINE_COLUMNS)}) AS line
""",  # noqa: S608  put together from the names above
)


class Known(NamedTuple):
    """The live account of an order, and the product of each of its lines."""

    account_id: int
    product_ids: list[int]


def find(order: PreparedOrder) -> Known | None:
    """Whom and what the order is about; None where not all of it is there, or it is long."""
    if order.account_number is None or len(order.line_rows) > FEW:
        return None
    asked = {"account_number": order.account_number, "codes": order.product_codes}
    for row in _FIND.rows(asked):
        known = Known(*row)
        return known if len(known.product_ids) == len(order.line_rows) else None
    return None


def adding(
    order: PreparedOrder, known: Known, *, credit_status: str, actor: User
) -> tuple[Step, Step]:
    """What stores the order with this status, and leaves the audit entry of its call.

    The first raises IntegrityError where there is such an order. It stores nothing where the
    account has been merged into another one since `find`.
    """
    lines = [line_values(row) for row in order.line_rows]
    columns = {name: [line[place] for line in lines] for place, name in enumerate(LINE_COLUMNS)}
    values = {name: getattr(order, name, None) for name in ORDER_COLUMNS}
    found = {"account_id": known.account_id, "products": known.product_ids}
    stored = _ADD, values | columns | found | {"credit_status": credit_status}
    outcome = BulkOutcome(received=1, created=1)
    return stored, audit.recording_call(outcome, ACTION, actor=actor)
