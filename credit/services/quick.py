"""Credit checks that come many at a time: approved by one statement under the lock of the party.

Only the ordinary case: an account on its own, nothing overdue, no hold, no ceiling, nothing run
out, an order number not seen before. Everything else takes the way of
`CreditParty.objects.locked` and `Standing`.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils import timezone

from credit.models import Decision
from credit.rules.decisions import Decision as Judgement
from credit.rules.decisions import decide
from credit.services.facts import LINE_IN_FORCE, Facts, read_facts
from credit.services.standing import Standing
from kam.core.prepared import Prepared

if TYPE_CHECKING:
    from staff.models import User

# What runs out between `at` and the lock still counts: that leaves less room, never more.
_ORDINARY = """
party.account_id = %(account)s AND party.group_id IS NULL AND party.hold_reason = ''
    AND NOT EXISTS (SELECT FROM credit_receivablesceiling)
    AND NOT EXISTS (SELECT FROM credit_reservation
                    WHERE account_id = %(account)s AND status = 'live'
                        AND expires_at <= %(at)s)
    AND NOT EXISTS (SELECT FROM credit_reservation
                    WHERE order_number = %(order_number)s AND order_number <> ''
                        AND status = 'live')
    AND NOT EXISTS (SELECT FROM sales_order
                    WHERE %(order_number)s <> '' AND order_number = %(order_number)s)
    AND NOT EXISTS (
        SELECT FROM credit_invoice AS invoice
        WHERE invoice.account_id = %(account)s AND open_amount > 0
            AND (due_on < %(on)s OR EXISTS (
                SELECT FROM credit_instalment AS part
                WHERE part.invoice_id = invoice.id AND part.due_on < %(on)s)))
"""
_LOCK = """
SELECT FROM credit_creditparty WHERE account_id = %(account)s AND group_id IS NULL
FOR NO KEY UPDATE;
"""
# One message, two statements: the second one sees what was committed while the first waited.
# Outside of a transaction they are one of their own, that ends before the answer is sent.
_APPROVE = Prepared(
    name="credit_check_approve",
    types={
        "account": "bigint",
        "on": "date",
        "order_number": "text",
        "most": "numeric",
        "line": "bigint",
        "reserve": "boolean",
        "amount": "numeric",
        "reasons": "jsonb",
        "limit": "numeric",
        "policy_version": "integer",
        "actor": "bigint",
        "at": "timestamptz",
        "expires_at": "timestamptz",
    },
    sql=f"""
WITH party AS (
    SELECT party.account_id, party.exposure FROM credit_creditparty AS party
    WHERE {_ORDINARY} AND party.exposure <= %(most)s
        AND %(line)s = ({LINE_IN_FORCE.format(columns="id", account="%(account)s")})
), reserved AS (
    INSERT INTO credit_reservation
        (account_id, order_number, amount, status, created_at, expires_at)
    SELECT account_id, %(order_number)s, %(amount)s, 'live', %(at)s, %(expires_at)s
    FROM party WHERE %(reserve)s
)
INSERT INTO credit_decision (account_id, order_number, cause, outcome, amount, reasons, "limit",
    exposure, policy_version, actor_id, comment, at)
SELECT account_id, %(order_number)s, 'check', 'approved', %(amount)s, %(reasons)s, %(limit)s,
    exposure, %(policy_version)s, %(actor)s, '', %(at)s
FROM party
RETURNING id, exposure
""",  # noqa: S608  put together from the names above
)


def approve(
    account_id: int, *, amount: Decimal, order_number: str, reserve: bool, actor: User
) -> tuple[Standing, Judgement, Decision] | None:
    """Approve a check and write it; None where it takes more than that, nothing being written.

    The line and the policies are read before the party is locked, and the check is judged at the
    largest exposure that leaves room for the amount. That counts if under the lock the line is
    the same, the exposure not larger, and the case an ordinary one. The standing is that after
    the check.
    """
    on = timezone.localdate()
    facts = read_facts([account_id], on)
    if not _is_ordinary(facts, account_id):
        return None
    standing = Standing(facts.parties, on=on, facts=facts)
    position = standing.position(account_id)
    most = position.usable_limit - amount
    if position.exposure > most:
        return None
    judgement = decide(replace(position, exposure=most), amount, standing.policy.rules.checks)
    if judgement.reasons:
        return None
    decision = Decision(
        account_id=account_id,
        order_number=order_number,
        cause=Decision.Cause.CHECK,
        outcome=Decision.Outcome.APPROVED,
        amount=amount,
        limit=standing.limit(account_id),
        policy_version=standing.policy.version,
        actor=actor,
    )
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        written = _write(decision, standing, most=most, reserve=reserve)
    if not written:
        return None
    owed = decision.exposure + (amount if reserve else 0)
    standing.add(account_id, owed - position.exposure)
    return standing, judgement, decision


def _is_ordinary(facts: Facts, account_id: int) -> bool:
    """Whether it is worth a try: under the lock it is looked at again."""
    party = facts.parties.get(account_id)
    alone = party is not None and party.group_id is None and account_id in facts.lines
    return alone and not (facts.overdue or facts.is_capped or facts.has_run_out)


def _write(decision: Decision, standing: Standing, *, most: Decimal, reserve: bool) -> bool:
    """Lock the party and write what was approved, if it may still be."""
    minutes = standing.policy.rules.reservation_minutes
    values = {
        "account": decision.account_id,
        "on": standing.on,
        "order_number": decision.order_number,
        "most": most,
        "reserve": reserve,
        "line": standing.lines[decision.account_id].pk,
        "amount": decision.amount,
        "reasons": json.dumps(decision.reasons),
        "limit": decision.limit,
        "policy_version": decision.policy_version,
        "actor": decision.actor_id,
        "at": decision.at,
        "expires_at": decision.at + timedelta(minutes=minutes),
    }
    written = _APPROVE.rows(values, before=_LOCK)
    for row in written:
        decision.pk, decision.exposure = row
    return bool(written)
