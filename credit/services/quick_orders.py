"""New orders that come many at a time: stored and approved by one message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError

from credit.services.quick import ASKED, LOCK, ORDINARY, in_own_transaction, room_for
from kam.core.prepared import Prepared, in_one_message
from sales.models import Order
from sales.rules import PreparedOrder
from sales.services import new_order

if TYPE_CHECKING:
    from staff.models import User

_USE_UP = Prepared(
    name="credit_use_up_one",
    types={name: ASKED[name] for name in ("account", "order_number", "amount", "at")},
    sql="""
UPDATE credit_reservation SET status = 'used', closed_at = now()
WHERE order_number = %(order_number)s AND order_number <> '' AND status = 'live'
    AND account_id = %(account)s AND amount <= %(amount)s AND expires_at > %(at)s
""",
)
# Where the case is no longer an ordinary one the exposure is NULL. The table refuses that, and
# the order that the statements before have stored is undone with it.
_APPROVE = Prepared(
    name="credit_order_approve",
    types=ASKED,
    sql=f"""
WITH ordinary AS (
    SELECT orders.id, party.exposure FROM credit_creditparty AS party, sales_order AS orders
    WHERE orders.order_number = %(order_number)s AND orders.account_id = party.account_id
        AND orders.credit_status = 'approved' AND {ORDINARY}
        AND NOT EXISTS (SELECT FROM credit_invoice
                        WHERE order_number = %(order_number)s AND order_number <> '')
), credit AS (
    INSERT INTO credit_ordercredit
        (order_id, account_id, amount, uninvoiced, status, release_request, decided_at)
    SELECT id, %(account)s, %(amount)s, %(amount)s, 'approved', '', %(at)s FROM ordinary
)
INSERT INTO credit_decision (account_id, order_id, order_number, cause, outcome, amount, reasons,
    "limit", exposure, policy_version, actor_id, comment, at)
SELECT %(account)s, id, %(order_number)s, 'order', 'approved', %(amount)s, '[]', %(limit)s,
    exposure, %(policy_version)s, %(actor)s, '', %(at)s
FROM (SELECT) AS always LEFT JOIN ordinary ON true
""",  # noqa: S608  put together from the names above
)


def store(order: PreparedOrder, actor: User) -> bool:
    """Store a new order and approve it, in the ordinary case; False where nothing was written.

    What is written is what `sales.services.orders` and `orders_written` write of such an order.
    A reservation for it is used up, if the order is not smaller: it leaves no room to others.
    The order is stored before the party is locked, as everywhere, so nobody waits in a circle.
    """
    if order.status != Order.Status.OPEN or order.net_amount <= 0:
        return False
    known = new_order.find(order)
    if known is None:
        return False
    room = room_for(
        known.account_id, order.net_amount, order_number=order.order_number, actor=actor
    )
    if room is None or room.reserved > order.net_amount:
        return False
    steps = [
        *new_order.adding(order, known, credit_status=Order.CreditStatus.APPROVED, actor=actor),
        (LOCK, room.values),
        *([(_USE_UP, room.values)] if room.reserved else []),
        (_APPROVE, room.values),
    ]
    try:
        with in_own_transaction():
            in_one_message(*steps)
    except IntegrityError:  # something changed meanwhile: what, is found out under all the locks
        return False
    return True
