"""Orders as the ERP reports them: REST API, demo and commands call these.

Locks are taken in one sequence: accounts by id, products by code, orders by number. So two
calls with the same rows wait for each other and never deadlock (docs/adr: order sync).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from itertools import batched
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.services.upsert import create_missing
from kam.core import audit
from kam.core.bulk import BulkOutcome, BulkRejected, RowError
from kam.core.prepared import Prepared
from sales import listeners
from sales.rules import FieldError, OrderIn, PreparedOrder, is_news, prepare_order
from sales.services.products import product_ids_of
from sales.services.rates import stored_rates
from sales.wording import refusal

if TYPE_CHECKING:
    from staff.models import User

# A call may hold 400,000 lines: what is made of them to be sent to PostgreSQL need not be in
# memory all at the same time.
COPIED_AT_ONCE = 500  # orders
ACTION = "sales.orders_synced"

# What is stored of an order, `account_id` being looked up, and of a line in the sequence of
# `PreparedOrder.line_rows`.
ORDER_COLUMNS = {
    "order_number": "text",
    "account_id": "bigint",
    "ordered_on": "date",
    "currency": "text",
    "exchange_rate": "numeric",
    "status": "text",
    "promised_on": "date",
    "delivered_on": "date",
    "version": "bigint",
    "net_amount": "numeric",
    "content_digest": "bytea",
}
LINE_COLUMNS = {
    "line_number": "integer",
    "description": "text",
    "quantity": "numeric",
    "unit_price": "numeric",
    "unit_cost": "numeric",
    "amount": "numeric",
}

# What it waits for and locks is in the order of the numbers, whether a row is new or not; the
# guard is evaluated under the row's lock. A row that is not returned was left as it is.
_UPSERT_ORDERS = Prepared(
    name="sales_upsert_orders",
    types={name: f"{kind}[]" for name, kind in ORDER_COLUMNS.items()},
    sql=f"""
INSERT INTO sales_order AS stored ({", ".join(ORDER_COLUMNS)}, created_at, updated_at)
SELECT given.*, now(), now()
FROM unnest({", ".join(f"%({name})s" for name in ORDER_COLUMNS)}) AS given
ORDER BY 1
ON CONFLICT (order_number) DO UPDATE SET
    account_id = excluded.account_id, ordered_on = excluded.ordered_on,
    currency = excluded.currency, exchange_rate = excluded.exchange_rate,
    status = excluded.status, promised_on = excluded.promised_on,
    delivered_on = excluded.delivered_on,
    version = coalesce(excluded.version, stored.version),
    net_amount = excluded.net_amount, content_digest = excluded.content_digest,
    updated_at = excluded.updated_at
WHERE coalesce(excluded.version >= stored.version, true)
    AND (excluded.content_digest <> stored.content_digest
         OR excluded.account_id IS DISTINCT FROM stored.account_id
         OR coalesce(excluded.version, stored.version) IS DISTINCT FROM stored.version)
RETURNING order_number, id, xmax = 0
""",  # noqa: S608  put together from the names above
)
_COPY_LINES = f"COPY sales_orderline (order_id, product_id, {', '.join(LINE_COLUMNS)}) FROM STDIN"
_FIND_ORDERS = Prepared(
    name="sales_find_orders",
    types={"numbers": "text[]"},
    sql="""
SELECT order_number, content_digest, version, account_id FROM sales_order
WHERE order_number = ANY(%(numbers)s)
""",
)
# Merging takes accounts FOR UPDATE and so waits for us, or we for it; nothing else does.
_KEEP_ACCOUNTS = Prepared(
    name="sales_keep_accounts",
    types={"numbers": "text[]", "merged_into": "bigint[]"},
    sql="""
SELECT id, account_number, merged_into_id FROM accounts_account
WHERE id IN (
    SELECT unnest(ARRAY[id, merged_into_id]) FROM accounts_account
    WHERE account_number = ANY(%(numbers)s)
    UNION ALL SELECT unnest(%(merged_into)s))
ORDER BY id FOR KEY SHARE
""",
)


def upsert_orders(
    rows: Iterable[tuple[int, OrderIn]],
    *,
    actor: User,
    atomic: bool = False,
    create_missing_accounts: bool = False,
    outcome: BulkOutcome | None = None,
) -> BulkOutcome:
    """Store each order, or bring the stored one to what is said here; lines are replaced.

    rows: orders with their place in the call, each order number once; taken one by one.
    outcome: what is counted of this call, `rows` may reject some more while they are taken.
    Nothing is written for an order that is stored just so, or with a higher version. With
    `atomic`, one bad row raises BulkRejected and nothing is stored.
    """
    if outcome is None:
        rows = list(rows)
        outcome = BulkOutcome(received=len(rows))
    orders = _prepare_orders(rows, outcome)
    one = next(iter(orders.values()), None) if outcome.received == 1 else None
    if one is not None and listeners.stored_at_once(one, actor):
        outcome.created = 1
    else:
        _upsert(
            orders,
            outcome,
            actor=actor,
            atomic=atomic,
            create_missing_accounts=create_missing_accounts,
        )
    return outcome


@transaction.atomic
def _upsert(
    orders: dict[int, PreparedOrder],
    outcome: BulkOutcome,
    *,
    actor: User,
    atomic: bool,
    create_missing_accounts: bool,
) -> None:
    account_ids = kept_account_ids(
        {order.account_number for order in orders.values() if order.account_number is not None},
        actor=actor if create_missing_accounts else None,
    )
    _reject_unknown_accounts(orders, account_ids, outcome, create_missing=create_missing_accounts)
    if atomic and outcome.rejected:
        raise BulkRejected(outcome)
    written = _store_orders(list(orders.values()), account_ids)
    outcome.created = sum(written.values())
    outcome.updated = len(written) - outcome.created
    audit.record_call(outcome, ACTION, actor=actor)
    if written:  # the last thing: who hears of it takes locks that others wait for
        listeners.orders_written(list(written), actor)


def _prepare_orders(
    rows: Iterable[tuple[int, OrderIn]], outcome: BulkOutcome
) -> dict[int, PreparedOrder]:
    stored_rate = stored_rates()
    orders = {}
    for index, row in rows:
        try:
            orders[index] = prepare_order(
                row, reporting_currency=settings.REPORTING_CURRENCY, stored_rate=stored_rate
            )
        except FieldError as error:
            outcome.reject(refusal(index, row.order_number, error))
    return orders


def _reject_unknown_accounts(
    orders: dict[int, PreparedOrder],
    account_ids: dict[str, int],
    outcome: BulkOutcome,
    *,
    create_missing: bool,
) -> None:
    """Those that are missing although missing ones are made have numbers that cannot be."""
    said = (
        _("There is no account %s, and none can be made with this number.")
        if create_missing
        else _("There is no account %s.")
    )
    for index, order in list(orders.items()):
        number = order.account_number
        if number is not None and number not in account_ids:
            key = order.order_number
            outcome.reject(RowError(index, key, "account_number", "unknown_account", said % number))
            del orders[index]


def kept_account_ids(numbers: set[str], *, actor: User | None) -> dict[str, int]:
    """The live accounts of these numbers, kept from being merged until the transaction ends.

    With an actor, archives are made for the unknown ones.
    """
    if actor:
        create_missing(numbers, actor=actor)
    ids: dict[str, int] = {}
    merged: dict[int, int] = {}
    unknown: set[str] = set()
    while numbers:
        asked = {"numbers": list(numbers), "merged_into": list(merged.values())}
        kept = _KEEP_ACCOUNTS.rows(asked)
        ids = {number: pk for pk, number, _into in kept}
        merged = {pk: into for pk, _number, into in kept if into}
        # What a statement waited for and somebody else has changed, it may leave out: who is not
        # there is asked for once more.
        unknown, before = numbers - ids.keys(), unknown
        if set(merged.values()) <= set(ids.values()) and unknown == before:
            break  # else one was merged twice, or while we waited
    return {number: _survivor(ids[number], merged) for number in numbers & ids.keys()}


def _survivor(account_id: int, merged: Mapping[int, int]) -> int:
    """The account that one was merged into, at the end of the chain."""
    while account_id in merged:
        account_id = merged[account_id]
    return account_id


def _store_orders(orders: list[PreparedOrder], account_ids: dict[str, int]) -> dict[int, bool]:
    """Write what differs from the ledger; `{id: whether it is new}` of it, as it was sent."""
    orders = _differing(orders, account_ids)
    if not orders:
        return {}
    product_ids = product_ids_of(orders)
    written = _write_heads(orders, account_ids)
    updated = [pk for pk, is_new in written.values() if not is_new]
    with connection.cursor() as cursor:
        if updated:
            cursor.execute("DELETE FROM sales_orderline WHERE order_id = ANY(%s)", [updated])
        ids = {number: pk for number, (pk, _is_new) in written.items()}
        for some in batched(orders, COPIED_AT_ONCE):
            cursor.copy_expert(_COPY_LINES, _lines_as_text(some, ids, product_ids), 1 << 16)
    return dict(written[o.order_number] for o in orders if o.order_number in written)


def _differing(orders: list[PreparedOrder], account_ids: dict[str, int]) -> list[PreparedOrder]:
    """Without those that are stored just so, so that a replay locks and writes no order.

    Only spares work: what is left is decided again under the lock of each row.
    """
    found = _FIND_ORDERS.rows({"numbers": [order.order_number for order in orders]})
    stored = {number: values for number, *values in found}

    def differs(order: PreparedOrder) -> bool:
        if order.order_number not in stored:
            return True
        digest, version, account_id = stored[order.order_number]
        number = order.account_number
        moved = account_id != (None if number is None else account_ids[number])
        return is_news(order, bytes(digest), version, moved=moved)

    return [order for order in orders if differs(order)]


def _write_heads(
    orders: list[PreparedOrder], account_ids: dict[str, int]
) -> dict[str, tuple[int, bool]]:
    """Write the orders without lines; `{order_number: (id, whether it is new)}` of the written."""
    given = {name: [getattr(order, name, None) for order in orders] for name in ORDER_COLUMNS}
    numbers = (order.account_number for order in orders)
    given["account_id"] = [None if each is None else account_ids[each] for each in numbers]
    return {number: (pk, is_new) for number, pk, is_new in _UPSERT_ORDERS.rows(given)}


def _lines_as_text(
    orders: Iterable[PreparedOrder], order_ids: dict[str, int], product_ids: dict[str, int]
) -> BytesIO:
    """The lines of the orders in `order_ids`, in PostgreSQL's text format for COPY."""
    text = BytesIO()  # not StringIO, which takes four bytes for a character
    for order in orders:
        if order_id := order_ids.get(order.order_number):
            text.writelines(
                b"%d\t%d\t%b\n" % (order_id, product_ids[code], row)
                for code, row in zip(order.product_codes, order.line_rows, strict=True)
            )
    text.seek(0)
    return text
