"""What credit does with every order that is written, and with those on hold when room appears.

Source: docs/policies/credit.md sections 6 and 7. Locks: accounts are kept by who begins the
transaction, then orders, then parties by id; where the parties come first, orders that somebody
holds are passed over: he decides them himself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.services import kept_live
from credit.models import CreditLine, CreditParty, OrderCredit
from credit.services.deciding import (
    Cause,
    Status,
    Stored,
    Work,
    judge,
    note,
    record,
    stored_orders,
    write,
)
from credit.services.standing import Standing
from kam.core.prepared import Prepared
from sales.models import Order

if TYPE_CHECKING:
    from staff.models import User

# What of a new line or a hold takes an approval back; time and payments never do (section 6.3).
TAKES_BACK = {
    Cause.LINE: {"no_credit_line", "line_expired", "exposure_over_limit", "group_limit"},
    Cause.HOLD: {"manual_hold"},
}

# One look at what was written leaves out the deliveries of which credit knows nothing.
_CONCERNED = Prepared(
    name="credit_concerned",
    types={"orders": "bigint[]"},
    sql="""
SELECT orders.id, orders.account_id, credit.account_id, reserved.account_id
FROM sales_order AS orders
LEFT JOIN credit_ordercredit AS credit ON credit.order_id = orders.id
LEFT JOIN credit_reservation AS reserved
    ON reserved.order_number = orders.order_number AND reserved.status = 'live'
    AND reserved.order_number <> ''
WHERE orders.id = ANY(%(orders)s)
    AND (orders.account_id IS NOT NULL AND orders.status = 'open'
         OR credit.order_id IS NOT NULL OR reserved.id IS NOT NULL)
""",
)
_USE_UP = """
UPDATE credit_reservation SET status = 'used', closed_at = now()
WHERE status = 'live' AND order_number = ANY(%s) AND order_number <> '' AND account_id = ANY(%s)
RETURNING order_number, account_id, amount
"""
_RECOUNT = """
UPDATE credit_ordercredit SET uninvoiced = counted.uninvoiced
FROM (
    SELECT orders.id, greatest(orders.net_amount - coalesce(sum(invoice.amount), 0), 0)
        AS uninvoiced
    FROM sales_order AS orders
    JOIN credit_ordercredit AS credit ON credit.order_id = orders.id
    LEFT JOIN credit_invoice AS invoice
        ON invoice.order_number = orders.order_number AND invoice.order_number <> ''
        AND invoice.amount > 0
    WHERE orders.order_number = ANY(%s)
    GROUP BY orders.id, orders.net_amount
) AS counted
WHERE credit_ordercredit.order_id = counted.id
    AND credit_ordercredit.uninvoiced <> counted.uninvoiced
"""


def orders_written(order_ids: Sequence[int], actor: User) -> None:
    """Decide on the orders just written, in this sequence, in the transaction that wrote them.

    Nothing of an order is refused: one that does not fit is stored and held. Orders without an
    account, and those that came as delivered and were never open here, are left alone. What they
    leave free goes to the orders on hold.
    """
    concerned = _CONCERNED.rows({"orders": list(order_ids)})
    if not concerned:
        return
    accounts = {account for _order, *ids in concerned for account in ids if account}
    parties = CreditParty.objects.locked(accounts)
    ids = {order for order, *_accounts in concerned}
    stored = stored_orders(ids)
    standing = Standing(parties)
    reserved = [order.order_number for order in stored.values() if order.is_reserved]
    arrived = _use_up(reserved, standing) if reserved else set()
    # Who holds the orders keeps others from adding a row.
    seen_before = [order for order, _account, credit, _reserved in concerned if credit]
    known = OrderCredit.objects.in_bulk(seen_before) if seen_before else {}
    work = Work(standing=standing, cause=Cause.ORDER, actor=actor)
    for order_id in order_ids:
        if order := stored.get(order_id):
            was_reserved = order.order_number in arrived
            _take_in(order, known.get(order_id), work, was_reserved=was_reserved)
    write(work)
    if freed := standing.freed():
        redecide(freed, cause=Cause.ORDER, actor=actor)


def _use_up(order_numbers: list[str], standing: Standing) -> set[str]:
    """Give back what was reserved for orders that are here now; the numbers of these."""
    with connection.cursor() as cursor:
        cursor.execute(_USE_UP, [order_numbers, list(standing.parties)])
        freed = cursor.fetchall()
    for _number, account_id, amount in freed:
        standing.add(account_id, -amount)
    return {number for number, _account_id, _amount in freed}


def _take_in(order: Stored, row: OrderCredit | None, work: Work, *, was_reserved: bool) -> None:
    """Bring what credit knows of one order up to what was written."""
    if order.status == Order.Status.CANCELLED or order.account_id is None:
        _let_go(order, row, work)
    elif row is None and order.status != Order.Status.OPEN and not was_reserved:
        return
    elif row is None or _is_to_decide(order, row, work.standing):
        _decide(order, row, work)
    else:
        work.standing.add(row.account_id, -row.counted)
        work.standing.add(row.account_id, note(order, row, row.status, work).counted)


def _let_go(order: Stored, row: OrderCredit | None, work: Work) -> None:
    if row is not None:
        work.standing.add(row.account_id, -row.counted)
        work.gone.append(order.pk)
    work.published[order.pk] = ""


def _is_to_decide(order: Stored, row: OrderCredit, standing: Standing) -> bool:
    """Whether what was decided does not cover the order as it is now (section 6.3)."""
    if row.status == Status.HELD or row.account_id != order.account_id:
        return True
    reopened = row.delivered and order.status == Order.Status.OPEN
    changed_since = [*standing.granted_at(row.account_id), standing.parties[row.account_id].held_at]
    return (
        order.net_amount > row.amount
        or reopened
        or any(moment and moment > row.decided_at for moment in changed_since)
    )


def _decide(order: Stored, row: OrderCredit | None, work: Work) -> None:
    """Decide on an order as it is now, whatever was decided before."""
    if row is not None:
        work.standing.add(row.account_id, -row.counted)
    reasons, status = judge(order, row, work)
    record(order, row, status, reasons, work)
    work.standing.add(order.debtor, note(order, row, status, work).counted)


@transaction.atomic
def redecide(account_ids: Collection[int], *, cause: str, actor: User | None = None) -> list[str]:
    """Look again at the orders on hold of these accounts and of their groups, the oldest first.

    Approved is what fits now. After a change of the line or a manual hold, approved orders that
    are not delivered are looked at before them, and held where the line or the hold says so.
    Returns the numbers of the orders whose status changed. Source: section 6.3.
    """
    if not (accounts := with_groups(set(account_ids))):
        return []
    parties = CreditParty.objects.locked(accounts)
    rows = _to_look_at(accounts, cause)
    if not rows:
        return []
    stored = stored_orders({row.order_id for row in rows})
    work = Work(standing=Standing(parties), cause=Cause(cause), actor=actor)
    before = {row.order_id: row.status for row in rows}
    for row in rows:
        if row.status != Status.HELD:  # what they take is given out anew, the oldest first
            work.standing.add(row.account_id, -row.counted)
    for row in rows:
        _look_again(stored[row.order_id], row, work)
    write(work)
    return [stored[row.order_id].order_number for row in rows if row.status != before[row.order_id]]


@transaction.atomic
def look_again(account_ids: Collection[int], *, cause: str) -> list[str]:
    """`redecide` as all there is of a transaction: the accounts are kept from being merged."""
    kept_live(with_groups(set(account_ids)))
    return redecide(account_ids, cause=cause)


def with_groups(account_ids: set[int]) -> set[int]:
    """These accounts and all that share a group with one of them, or are its subsidiaries."""
    heads = CreditParty.objects.filter(pk__in=account_ids).exclude(group=None)
    groups = account_ids | set(heads.values_list("group_id", flat=True))
    members = CreditParty.objects.filter(group__in=groups).values_list("pk", flat=True)
    return groups | set(members)


def _to_look_at(account_ids: set[int], cause: str) -> list[OrderCredit]:
    """Orders to look at, those that were let go first; locked, those of others passed over."""
    wanted = Q(credit__status=Status.HELD)
    if cause in TAKES_BACK:
        wanted |= Q(status=Order.Status.OPEN)
    if cause == Cause.DAY:
        wanted |= Q(status=Order.Status.OPEN) & _released_before(timezone.localdate())
    orders = Order.objects.filter(wanted, credit__account__in=account_ids)
    locked = orders.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("pk")
    rows = OrderCredit.objects.in_bulk([order.pk for order in locked.only("pk")])
    return sorted(rows.values(), key=_let_go_first)


def _released_before(day: date) -> Q:
    return Q(credit__status=Status.RELEASED, credit__released_until__lt=day)


def _let_go_first(row: OrderCredit) -> tuple[bool, datetime, int]:
    return row.status == Status.HELD, row.held_since or row.decided_at, row.order_id


def _look_again(order: Stored, row: OrderCredit, work: Work) -> None:
    """Decide an order on hold; take an approval back where the line or a hold says so."""
    was_held = row.status == Status.HELD
    if was_held:
        work.standing.add(row.account_id, -row.counted)
    reasons, status = judge(order, row, work)
    if not (was_held or _ran_out(row, work.standing.on)):
        reasons = tuple(each for each in reasons if each.code in TAKES_BACK.get(work.cause, ()))
        status = Status.HELD if reasons else Status(row.status)
    if status != row.status:
        record(order, row, status, reasons, work)
    if not was_held or status != Status.HELD:
        note(order, row, status, work)
    work.standing.add(row.account_id, row.counted)


def _ran_out(row: OrderCredit, on: date) -> bool:
    """Whether the order was released, and the days of that are over."""
    return row.released_until is not None and row.released_until < on


@transaction.atomic
def recount(order_numbers: Iterable[str]) -> None:
    """Work out anew what of these orders is not invoiced yet; their parties are locked first.

    Call it in the transaction that writes the invoices, before `redecide`.
    """
    numbers = [number for number in set(order_numbers) if number]
    rows = OrderCredit.objects.filter(order__order_number__in=numbers)
    if accounts := set(rows.values_list("account_id", flat=True)):
        CreditParty.objects.locked(accounts)
        with connection.cursor() as cursor:
            cursor.execute(_RECOUNT, [numbers])


def new_day(on: date, *, since: date | None = None) -> list[str]:
    """Look again at what a new day may change: orders on hold, releases, lines that begin.

    since: the last day that was looked at, the one before `on` where it is left out. Each group
    of accounts in a transaction of its own. The numbers of the orders that changed.
    """
    since = since or on - timedelta(days=1)
    lines = CreditLine.objects.filter(valid_from__gt=since, valid_from__lte=on)
    begun = lines.values_list("account_id", flat=True)
    waiting = Order.objects.filter(Q(credit__status=Status.HELD) | _released_before(on))
    changed = []
    for cause, accounts in (
        (Cause.LINE, begun),
        (Cause.DAY, waiting.values_list("credit__account_id", flat=True)),
    ):
        for account_id in sorted(set(accounts)):
            changed += look_again({account_id}, cause=cause)
    return changed
