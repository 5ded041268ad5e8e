"""How one order is judged under the lock of its party, and what is written of it.

Source: docs/policies/credit.md sections 6 and 7.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils import timezone

from accounts.models import Event
from credit.models import Decision, OrderCredit
from credit.rules.decisions import Reason, Release, still_held
from credit.services.standing import ZERO, Standing
from kam.core.policy_data import to_json
from kam.core.prepared import Prepared
from sales.models import Order

if TYPE_CHECKING:
    from staff.models import User

Status = Order.CreditStatus
Cause = Decision.Cause

_CASES = Prepared(
    name="credit_cases",
    types={"orders": "bigint[]"},
    sql="""
SELECT orders.id, orders.order_number, orders.account_id, orders.status, orders.credit_status,
    orders.net_amount,
    coalesce((SELECT sum(amount) FROM credit_invoice AS invoice
              WHERE invoice.order_number = orders.order_number AND invoice.order_number <> ''
                  AND invoice.amount > 0), 0),
    EXISTS (SELECT FROM credit_reservation AS reserved
            WHERE reserved.order_number = orders.order_number AND reserved.order_number <> ''
                AND reserved.status = 'live')
FROM sales_order AS orders
WHERE orders.id = ANY(%(orders)s)
""",
)
_ROW = {
    "order_id": "bigint",
    "account_id": "bigint",
    "amount": "numeric",
    "uninvoiced": "numeric",
    "delivered": "boolean",
    "status": "text",
    "released_amount": "numeric",
    "released_until": "date",
    "release_requested_by_id": "bigint",
    "release_request": "text",
    "held_since": "timestamptz",
    "decided_at": "timestamptz",
}
_DECISION = {
    "account_id": "bigint",
    "order_id": "bigint",
    "order_number": "text",
    "cause": "text",
    "outcome": "text",
    "amount": "numeric",
    "reasons": "jsonb",
    "limit": "numeric",
    "exposure": "numeric",
    "policy_version": "integer",
    "actor_id": "bigint",
    "comment": "text",
    "at": "timestamptz",
}


_PUBLISHED = {"id": "bigint", "status": "text"}


def _given(prefix: str, columns: Mapping[str, str]) -> str:
    return f"unnest({', '.join(f'%({prefix}_{name})s' for name in columns)})"


def _names(columns: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


# One statement for all of it, so that the lock is short.
_WRITE = Prepared(
    name="credit_write",
    types={
        f"{prefix}_{name}": f"{kind}[]"
        for prefix, columns in (("row", _ROW), ("decision", _DECISION), ("order", _PUBLISHED))
        for name, kind in columns.items()
    },
    sql=f"""
WITH credit AS (
    INSERT INTO credit_ordercredit ({_names(_ROW)}) SELECT * FROM {_given("row", _ROW)}
    ON CONFLICT (order_id) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in _ROW)}
), decided AS (
    INSERT INTO credit_decision ({_names(_DECISION)})
    SELECT * FROM {_given("decision", _DECISION)}
)
UPDATE sales_order SET credit_status = given.status, updated_at = now()
FROM {_given("order", _PUBLISHED)} AS given (id, status)
WHERE sales_order.id = given.id AND sales_order.credit_status <> given.status
""",  # noqa: S608  put together from the names above
)


class Stored(NamedTuple):
    """An order as the ledger has it, `invoiced` being what of it has been invoiced."""

    pk: int
    order_number: str
    account_id: int | None
    status: str
    credit_status: str
    net_amount: Decimal
    invoiced: Decimal
    is_reserved: bool

    @property
    def debtor(self) -> int:
        """The account, of an order that credit has to do with."""
        assert self.account_id is not None  # noqa: S101  walk-in sales are left out before
        return self.account_id

    @property
    def uninvoiced(self) -> Decimal:
        return max(self.net_amount - self.invoiced, ZERO)


@dataclass
class Work:
    """What a transaction has decided and is going to write."""

    standing: Standing
    cause: Cause
    actor: User | None
    at: datetime = field(default_factory=timezone.now)
    rows: list[OrderCredit] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    published: dict[int, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


def stored_orders(order_ids: Collection[int]) -> dict[int, Stored]:
    rows = _CASES.rows({"orders": list(order_ids)})
    return {row[0]: Stored(*row) for row in rows}


def judge(order: Stored, row: OrderCredit | None, work: Work) -> tuple[tuple[Reason, ...], Status]:
    """The reasons that hold the order, and what becomes of it; it does not count at this time."""
    decision = work.standing.decide(
        order.debtor,
        order.net_amount,
        part_invoiced=max(order.net_amount, ZERO) - order.uninvoiced,
    )
    release = _release_of(order, row)
    reasons = still_held(decision, release, amount=order.net_amount, on=work.standing.on)
    if reasons:
        return reasons, Status.HELD
    return (), Status.RELEASED if decision.reasons else Status.APPROVED


def _release_of(order: Stored, row: OrderCredit | None) -> Release | None:
    """The envelope the order was released with, for the account it was released for."""
    if row is None or row.status != Status.RELEASED or row.account_id != order.debtor:
        return None
    if row.released_amount is None or row.released_until is None:
        return None
    given = order_release(row)
    released_on = timezone.localdate(given.at)
    return Release(
        amount=row.released_amount,
        released_on=released_on,
        codes=frozenset(reason["code"] for reason in given.reasons),
        days=(row.released_until - released_on).days,
    )


def order_release(row: OrderCredit) -> Decision:
    """The decision by which an order was released last."""
    return Decision.objects.filter(
        order_id=row.order_id, outcome=Decision.Outcome.RELEASED, cause=Cause.RELEASE
    ).latest("at", "pk")


def note(order: Stored, row: OrderCredit | None, status: str, work: Work) -> OrderCredit:
    """The row as it is to be written."""
    held_before = row is not None and row.status == Status.HELD
    row = row or OrderCredit(order_id=order.pk)
    row.account_id = order.debtor
    row.amount, row.uninvoiced = order.net_amount, order.uninvoiced
    row.delivered = order.status == Order.Status.DELIVERED
    row.decided_at, row.status = work.at, status
    if status != Status.HELD:
        row.held_since, row.release_requested_by, row.release_request = None, None, ""
    elif not held_before:
        row.held_since = work.at
    if status != Status.RELEASED:
        row.released_amount = row.released_until = None
    work.rows.append(row)
    work.published[order.pk] = status
    return row


def record(
    order: Stored,
    row: OrderCredit | None,
    status: Status,
    reasons: tuple[Reason, ...],
    work: Work,
) -> None:
    """Keep the decision and the figures it was taken on; tell the timeline what changed."""
    work.decisions.append(
        {
            "account_id": order.debtor,
            "order_id": order.pk,
            "order_number": order.order_number,
            "cause": work.cause,
            "outcome": status,
            "amount": order.net_amount,
            "reasons": json.dumps(to_json(reasons)),
            "limit": work.standing.limit(order.debtor),
            "exposure": work.standing.exposure(order.debtor),
            "policy_version": work.standing.policy.version,
            "actor_id": work.actor and work.actor.pk,
            "comment": "",
            "at": work.at,
        }
    )
    before = row.status if row is not None else Status.APPROVED
    if status != before:
        data = {
            "order_number": order.order_number,
            "amount": str(order.net_amount),
            "reasons": [reason.code for reason in reasons],
            "delivered": order.status == Order.Status.DELIVERED,
        }
        kind = "credit.order_held" if status == Status.HELD else "credit.order_cleared"
        event = Event(account_id=order.debtor, kind=kind, actor=work.actor, data=data)
        work.events.append(event)


def write(work: Work) -> None:
    """Write all of it; the exposure follows in the same statements (trigger)."""
    if work.gone:
        OrderCredit.objects.filter(pk__in=work.gone).delete()
    rows, decided, published = work.rows, work.decisions, work.published
    _WRITE.rows(
        {f"row_{name}": [getattr(row, name) for row in rows] for name in _ROW}
        | {f"decision_{name}": [row[name] for row in decided] for name in _DECISION}
        | {"order_id": list(published), "order_status": list(published.values())}
    )
    Event.objects.bulk_create(work.events)
