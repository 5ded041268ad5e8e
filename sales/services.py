"""Every write to the sales ledger; REST API, pages, imports and commands call these.

Locks are taken in one sequence: accounts by id, products by code, orders by number. So two
calls with the same rows wait for each other and never deadlock (docs/adr: order sync).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO
from itertools import batched
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Collate
from django.utils.translation import gettext as _

from accounts.services.upsert import create_missing
from kam.core import audit
from kam.core.bulk import BulkOutcome, BulkRejected, RowError
from kam.core.errors import RuleViolation
from kam.core.prepared import Prepared
from sales import listeners
from sales.models import ExchangeRate, Product
from sales.rules import (
    FieldError,
    OrderIn,
    PreparedOrder,
    ProductIn,
    check_product,
    description_of,
    is_news,
    prepare_order,
)
from sales.wording import refusal

if TYPE_CHECKING:
    from staff.models import User

# A call may hold 400,000 lines and name as many products: what is made of them to be sent to
# PostgreSQL need not be in memory all at the same time.
COPIED_AT_ONCE = 500  # orders
PRODUCTS_AT_ONCE = 10_000
_NAMELESS = b"\t\t"  # in the row of a line without description

# What it waits for and locks is in the order of the numbers, whether a row is new or not; the
# guard is evaluated under the row's lock. A row that is not returned was left as it is.
_UPSERT_ORDERS = Prepared(
    name="sales_upsert_orders",
    types={
        "order_number": "text[]",
        "account_id": "bigint[]",
        "ordered_on": "date[]",
        "currency": "text[]",
        "exchange_rate": "numeric[]",
        "status": "text[]",
        "promised_on": "date[]",
        "delivered_on": "date[]",
        "version": "bigint[]",
        "net_amount": "numeric[]",
        "digest": "bytea[]",
    },
    sql="""
INSERT INTO sales_order AS stored
    (order_number, account_id, ordered_on, currency, exchange_rate, status, promised_on,
     delivered_on, version, net_amount, content_digest, created_at, updated_at)
SELECT given.*, now(), now()
FROM unnest(%(order_number)s, %(account_id)s, %(ordered_on)s, %(currency)s, %(exchange_rate)s,
            %(status)s, %(promised_on)s, %(delivered_on)s, %(version)s, %(net_amount)s,
            %(digest)s) AS given
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
""",
)
_COPY_LINES = """
COPY sales_orderline (order_id, product_id, line_number, description, quantity, unit_price,
                      unit_cost, amount) FROM STDIN
"""
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


# --- orders ------------------------------------------------------------------
@transaction.atomic
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
    _finish(outcome, "sales.orders_synced", actor)
    if written:  # the last thing: who hears of it takes locks that others wait for
        listeners.orders_written(list(written), actor)
    return outcome


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


def stored_rates() -> Callable[[str, date], Decimal | None]:
    """The rate of a currency on a day: the latest one that began by then."""

    @cache
    def all_rates() -> dict[str, list[ExchangeRate]]:
        rates = defaultdict(list)
        for rate in ExchangeRate.objects.order_by("valid_from"):
            rates[rate.currency].append(rate)
        return rates

    def rate_on(currency: str, day: date) -> Decimal | None:
        rates = all_rates().get(currency, [])
        place = bisect_right(rates, day, key=attrgetter("valid_from"))
        return rates[place - 1].rate if place else None

    return rate_on


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
    product_ids = _product_ids(orders)
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


def _product_ids(orders: list[PreparedOrder]) -> dict[str, int]:
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


def _write_heads(
    orders: list[PreparedOrder], account_ids: dict[str, int]
) -> dict[str, tuple[int, bool]]:
    """Write the orders without lines; `{order_number: (id, whether it is new)}` of the written."""
    given = {
        name: [getattr(order, name, None) for order in orders] for name in _UPSERT_ORDERS.types
    }
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


def _finish(outcome: BulkOutcome, action: str, actor: User) -> BulkOutcome:
    """Fill in what is left over as unchanged and leave an audit entry if anything was written."""
    outcome.unchanged = outcome.received - outcome.created - outcome.updated - outcome.rejected
    if outcome.created or outcome.updated:
        counts = {"created": outcome.created, "updated": outcome.updated}
        audit.record(actor, action, actor=actor, changes=counts)
    return outcome


# --- products ----------------------------------------------------------------
@transaction.atomic
def upsert_products(
    rows: Iterable[tuple[int, ProductIn]],
    *,
    actor: User,
    atomic: bool = False,
    outcome: BulkOutcome | None = None,
) -> BulkOutcome:
    """Create each product or bring it to what is said here; what is left out stays.

    rows, atomic, outcome: as in `upsert_orders`.
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
    return _finish(outcome, "sales.products_synced", actor)


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


# --- exchange rates ----------------------------------------------------------
@transaction.atomic
def set_exchange_rate(
    *, currency: str, valid_from: date, rate: Decimal, actor: User
) -> ExchangeRate:
    """Add the rate of a currency from a day on, or correct it; stored orders keep theirs."""
    if currency == settings.REPORTING_CURRENCY:
        message = _("%s is the reporting currency: it needs no rate.") % currency
        raise RuleViolation("reporting_currency", message)
    known, is_new = ExchangeRate.objects.select_for_update(of=("self",)).get_or_create(
        currency=currency, valid_from=valid_from, defaults={"rate": rate}
    )
    changes = {"rate": ["", str(rate)]} if is_new else audit.diff(known, {"rate": rate})
    if changes:
        known.rate = rate
        known.save(update_fields=["rate"])
        audit.record(known, "sales.exchange_rate_set", actor=actor, changes=changes)
    return known
