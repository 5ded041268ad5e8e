"""What is decided at once, many times a day: approved by one message under the lock of the party.

Only the ordinary case: an account on its own, nothing overdue, no hold, no ceiling, nothing run
out, an order number not seen before. Everything else takes the way of
`CreditParty.objects.locked` and `Standing`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from credit.models import Decision
from credit.rules.decisions import Decision as Judgement
from credit.rules.decisions import decide
from credit.services.facts import LINE_IN_FORCE, PAST_DUE, RUN_OUT, read_facts
from credit.services.standing import Standing
from kam.core.prepared import Prepared, in_one_message

if TYPE_CHECKING:
    from staff.models import User

# Of a party that is locked; `Room.values` has what is asked. What runs out between `at` and the
# lock still counts: that leaves less room, never more.
ORDINARY = f"""
party.account_id = %(account)s AND party.group_id IS NULL AND party.hold_reason = ''
    AND EXISTS (SELECT FROM accounts_account WHERE id = %(account)s AND merged_into_id IS NULL)
    AND party.exposure <= %(most)s
    AND %(line)s = ({LINE_IN_FORCE.format(columns="id", account="%(account)s")})
    AND NOT EXISTS (SELECT FROM credit_receivablesceiling)
    AND NOT {RUN_OUT.format(account="%(account)s", at="%(at)s")}
    AND NOT EXISTS (SELECT FROM credit_reservation
                    WHERE order_number = %(order_number)s AND order_number <> ''
                        AND status = 'live')
    AND NOT {PAST_DUE.format(account="%(account)s")}
"""  # noqa: S608  put together from the names above
ASKED = {
    "account": "bigint",
    "order_number": "text",
    "amount": "numeric",
    "most": "numeric",
    "line": "bigint",
    "limit": "numeric",
    "policy_version": "integer",
    "actor": "bigint",
    "on": "date",
    "at": "timestamptz",
}
# Statements of their own: the next one sees what was committed while they waited. A merge takes
# the account first, and so do we; else each waits for the other.
_KEEP = Prepared(
    name="credit_keep_account",
    types={"account": "bigint"},
    sql="SELECT FROM accounts_account WHERE id = %(account)s FOR KEY SHARE",
)
# The party of a group is left alone: its head comes first.
LOCK = Prepared(
    name="credit_lock_one",
    types={"account": "bigint"},
    sql="""
SELECT FROM credit_creditparty WHERE account_id = %(account)s AND group_id IS NULL
FOR NO KEY UPDATE
""",
)
_APPROVE = Prepared(
    name="credit_check_approve",
    types=ASKED | {"reserve": "boolean", "expires_at": "timestamptz"},
    sql=f"""
WITH party AS (
    SELECT party.account_id, party.exposure FROM credit_creditparty AS party
    WHERE {ORDINARY}
        AND NOT EXISTS (SELECT FROM sales_order
                        WHERE %(order_number)s <> '' AND order_number = %(order_number)s)
), reserved AS (
    INSERT INTO credit_reservation
        (account_id, order_number, amount, status, created_at, expires_at)
    SELECT account_id, %(order_number)s, %(amount)s, 'live', %(at)s, %(expires_at)s
    FROM party WHERE %(reserve)s
)
INSERT INTO credit_decision (account_id, order_number, cause, outcome, amount, reasons, "limit",
    exposure, policy_version, actor_id, comment, at)
SELECT account_id, %(order_number)s, 'check', 'approved', %(amount)s, '[]', %(limit)s,
    exposure, %(policy_version)s, %(actor)s, '', %(at)s
FROM party
RETURNING id, exposure
""",  # noqa: S608  put together from the names above
)


@dataclass(frozen=True, kw_only=True)
class Room:
    """That an amount is approved if under the lock all still is as it was when it was judged.

    values: of `ASKED`, where `most` is the largest exposure that leaves room for the amount.
    reserved: what is reserved for the order number; `standing` and the judgement leave it out.
    """

    standing: Standing
    judgement: Judgement
    reserved: Decimal
    values: dict[str, Any]


def room_for(account_id: int, amount: Decimal, *, order_number: str, actor: User) -> Room | None:
    """Judge an ordinary case before the party is locked; None where it is none or not approved."""
    on = timezone.localdate()
    facts = read_facts([account_id], on, order_number=order_number)
    party = facts.parties.get(account_id)
    if party is None or party.group_id or party.hold_reason or account_id not in facts.lines:
        return None
    if facts.is_past_due or facts.is_capped or facts.has_run_out or facts.is_known:
        return None
    standing = Standing(facts.parties, on=on, facts=facts)
    standing.add(account_id, -facts.reserved)
    position = standing.position(account_id)
    most = position.usable_limit - amount
    if position.exposure > most:
        return None
    judgement = decide(replace(position, exposure=most), amount, standing.policy.rules.checks)
    if judgement.reasons:
        return None
    values = {
        "account": account_id,
        "order_number": order_number,
        "amount": amount,
        "most": most,
        "line": standing.lines[account_id].pk,
        "limit": standing.limit(account_id),
        "policy_version": standing.policy.version,
        "actor": actor.pk,
        "on": on,
        "at": timezone.now(),
    }
    return Room(standing=standing, judgement=judgement, reserved=facts.reserved, values=values)


def in_own_transaction() -> AbstractContextManager[None]:
    """A transaction for one message: the one it is by itself, or a savepoint of the caller's."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def approve(
    account_id: int, *, amount: Decimal, order_number: str, reserve: bool, actor: User
) -> tuple[Standing, Judgement, Decision] | None:
    """Approve a check and write it; None where it takes more than that, nothing being written.

    The line and the policies are read before the party is locked, and the check is judged at the
    largest exposure that leaves room for the amount. That counts if under the lock the line is
    the same, the exposure not larger, and the case an ordinary one. The standing is that after
    the check.
    """
    room = room_for(account_id, amount, order_number=order_number, actor=actor)
    if room is None or room.reserved:
        return None
    decision = Decision(
        account_id=account_id,
        order_number=order_number,
        cause=Decision.Cause.CHECK,
        outcome=Decision.Outcome.APPROVED,
        amount=amount,
        limit=room.values["limit"],
        policy_version=room.values["policy_version"],
        actor=actor,
        at=room.values["at"],
    )
    minutes = room.standing.policy.rules.reservation_minutes
    values = room.values | {
        "reserve": reserve,
        "expires_at": decision.at + timedelta(minutes=minutes),
    }
    with in_own_transaction():
        written = in_one_message((_KEEP, values), (LOCK, values), (_APPROVE, values))
    for row in written:
        decision.pk, decision.exposure = row
        owed = decision.exposure + (amount if reserve else 0)
        room.standing.add(account_id, owed - room.standing.exposure(account_id))
        return room.standing, room.judgement, decision
    return None
