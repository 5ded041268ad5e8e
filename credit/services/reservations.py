"""Credit checks, with or without an amount held until its order arrives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, TypedDict

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts.services import kept_live, survivor_locked
from credit.models import CreditParty, Decision, OrderCredit, Reservation
from credit.models.party import ONE_LIVE_PER_ORDER
from credit.rules.decisions import Decision as Judgement
from credit.rules.decisions import Outcome
from credit.services import orders, quick
from credit.services.deciding import Cause, stored_orders
from credit.services.standing import ZERO, Standing
from kam.core import money
from kam.core.errors import RuleViolation
from kam.core.policy_data import to_json
from sales.models import Order

if TYPE_CHECKING:
    from staff.models import User

_REPLACE = """
UPDATE credit_reservation SET status = 'cancelled', closed_at = now()
WHERE account_id = %s AND status = 'live' AND order_number = %s
RETURNING amount
"""


@dataclass(frozen=True, kw_only=True)
class Check:
    """The answer to a credit check; exposure and available as they are after it."""

    judgement: Judgement
    limit: Decimal
    exposure: Decimal
    available: Decimal
    decision: Decision


class _Asked(TypedDict):
    amount: Decimal
    order_number: str
    reserve: bool
    actor: User


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What of an order stands here already, in the exposure or among the invoices."""

    order_id: int | None = None
    counted: Decimal = ZERO
    part_invoiced: Decimal = ZERO


def check(
    account_id: int,
    *,
    amount: Decimal,
    actor: User,
    order_number: str = "",
    reserve: bool = False,
) -> Check:
    """Decide whether an order of `amount` (reporting currency) may be delivered on credit.

    With `reserve` an approved amount is held until its order arrives or is cancelled, or its time
    is up. An account merged meanwhile is the one it was merged into. Of an order that is here
    already only what is more than that is held; a reservation takes the place of the former one
    for the same order number. Everything is written in one transaction: in the ordinary case that
    of a single message to the database.
    Raises RuleViolation: `other_account` (the order number belongs to another account).
    """
    asked = _Asked(
        amount=money.amount(amount), order_number=order_number, reserve=reserve, actor=actor
    )
    try:
        at_once = quick.approve(account_id, **asked)
        standing, judgement, decision = at_once or _in_full(account_id, **asked)
    except IntegrityError as error:  # another account reserved for this number meanwhile
        if ONE_LIVE_PER_ORDER not in str(error):
            raise
        raise _other_account(order_number) from error
    position = standing.position(decision.account_id)
    return Check(
        judgement=judgement,
        limit=position.usable_limit,
        exposure=position.exposure,
        available=position.left,
        decision=decision,
    )


@transaction.atomic
def _in_full(
    account_id: int, *, amount: Decimal, order_number: str, reserve: bool, actor: User
) -> tuple[Standing, Judgement, Decision]:
    """Decide with all there is to look at; the standing is that after the check."""
    account_id = survivor_locked(account_id).pk
    _refuse_foreign(account_id, order_number)
    standing = Standing(CreditParty.objects.locked({account_id}))
    former = (
        _replace(account_id, order_number, standing, for_good=reserve) if order_number else ZERO
    )
    known = _known(account_id, order_number)
    standing.add(account_id, -known.counted)
    judgement = standing.decide(account_id, amount, part_invoiced=known.part_invoiced)
    decision = Decision(
        account_id=account_id,
        order_id=known.order_id,
        order_number=order_number,
        cause=Cause.CHECK,
        outcome=judgement.outcome.value,
        amount=amount,
        reasons=to_json(judgement.reasons),
        limit=standing.limit(account_id),
        exposure=standing.exposure(account_id),
        policy_version=standing.policy.version,
        actor=actor,
    )
    decision.save(force_insert=True)
    standing.add(account_id, known.counted if reserve else known.counted + former)
    more = amount - known.part_invoiced - known.counted
    if reserve and judgement.outcome is Outcome.APPROVED and more > 0:
        _reserve(decision, standing, more)
    if orders.redecide(standing.freed(), cause=Cause.CHECK, actor=actor):
        standing = Standing(CreditParty.objects.locked({account_id}))
    return standing, judgement, decision


def _refuse_foreign(account_id: int, order_number: str) -> None:
    if not order_number:
        return
    stored = Order.objects.filter(order_number=order_number).exclude(account=account_id)
    reserved = Reservation.objects.live().filter(order_number=order_number)
    if stored.exists() or reserved.exclude(account=account_id).exists():
        raise _other_account(order_number)


def _other_account(order_number: str) -> RuleViolation:
    message = _("Order %s belongs to another account.") % order_number
    return RuleViolation("other_account", message)


def _replace(account_id: int, order_number: str, standing: Standing, *, for_good: bool) -> Decimal:
    """Leave the former reservation of this order out of account, and end it if `for_good`.

    Returns what was reserved.
    """
    if for_good:
        with connection.cursor() as cursor:
            cursor.execute(_REPLACE, [account_id, order_number])
            former = sum((amount for (amount,) in cursor.fetchall()), ZERO)
    else:
        live = Reservation.objects.live().filter(account=account_id, order_number=order_number)
        former = sum(live.values_list("amount", flat=True), ZERO)
    standing.add(account_id, -former)
    return former


def _known(account_id: int, order_number: str) -> _Known:
    row = (
        OrderCredit.objects.filter(account=account_id, order__order_number=order_number).first()
        if order_number
        else None
    )
    if row is None:
        return _Known()
    order = stored_orders([row.order_id])[row.order_id]
    return _Known(
        order_id=row.order_id,
        counted=row.counted,
        part_invoiced=max(order.net_amount, ZERO) - order.uninvoiced,
    )


def _reserve(decision: Decision, standing: Standing, amount: Decimal) -> None:
    minutes = standing.policy.rules.reservation_minutes
    Reservation.objects.create(
        account_id=decision.account_id,
        order_number=decision.order_number,
        amount=amount,
        expires_at=decision.at + timedelta(minutes=minutes),
    )
    standing.add(decision.account_id, amount)


@transaction.atomic
def end_reservations(at: datetime) -> int:
    """Give back what is reserved for longer than its time, and look at held orders again."""
    accounts = set(Reservation.objects.run_out(at).values_list("account_id", flat=True))
    if accounts:
        kept_live(orders.with_groups(accounts))
        Standing(CreditParty.objects.locked(accounts))  # ends them
        orders.redecide(accounts, cause=Cause.CHECK)
    return len(accounts)
