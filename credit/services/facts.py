# ruff: noqa: S608 - put together from nothing but the names below
"""What decisions look at besides an exposure: read in one prepared statement for any parties."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice

import msgspec
from django.db.models import Model

from credit import policies
from credit.models import CreditLine, CreditParty, Rating
from credit.policies import InForce
from credit.queries.overdue import OVERDUE, Overdue
from credit.rules.supervision import ReviewPolicy
from kam.core.prepared import Prepared, columns, instance

LINE_IN_FORCE = """
SELECT {columns} FROM credit_creditline WHERE account_id = {account} AND valid_from <= %(on)s
ORDER BY valid_from DESC, id DESC LIMIT 1
"""
# The first of them in the index: to look for any that has run out might be to look at all.
RUN_OUT = """coalesce((
        SELECT min(expires_at) FROM credit_reservation
        WHERE account_id = {account} AND status = 'live') <= {at}, false)"""
# In the first row only: one is as long as all the rest.
_POLICY = """
LEFT JOIN LATERAL (
    SELECT version, content FROM credit_policy
    WHERE kind = '{kind}' AND status = 'approved' AND effective_from <= %(on)s
    ORDER BY effective_from DESC, version DESC LIMIT 1
) AS {kind} ON asked.place = 1
"""
# An invoice past its due date, or a part of one, whatever was paid of it or is in dispute.
PAST_DUE = """EXISTS (
        SELECT FROM credit_invoice AS invoice
        WHERE invoice.account_id = {account} AND open_amount > 0
            AND (due_on < %(on)s OR EXISTS (
                SELECT FROM credit_instalment AS part
                WHERE part.invoice_id = invoice.id AND part.due_on < %(on)s)))"""
_READ = Prepared(
    name="credit_facts",
    types={
        "accounts": "bigint[]",
        "on": "date",
        "without_disputed": "boolean",
        "order_number": "text",
    },
    sql=f"""
SELECT checks.version, checks.content::text, supervision.version, supervision.content::text,
    EXISTS (SELECT FROM credit_receivablesceiling),
    {RUN_OUT.format(account="asked.account_id", at="clock_timestamp()")},
    %(order_number)s <> '' AND (
        EXISTS (SELECT FROM sales_order WHERE order_number = %(order_number)s)
        OR EXISTS (SELECT FROM credit_invoice
                   WHERE order_number = %(order_number)s AND order_number <> '')
        OR reserved.account_id <> asked.account_id),
    coalesce(reserved.amount, 0),
    asked.place = 1 AND {PAST_DUE.format(account="asked.account_id")},
    (SELECT max(confirmed_at) FROM credit_groupmove WHERE account_id = asked.account_id),
    asked.account_id, due.amount, due.days, rating.grade, rating.rated_at,
    coalesce(proposal.proposed_at, line.created_at),
    {columns(CreditParty, "party")}, {columns(CreditLine, "line")}
FROM unnest(%(accounts)s) WITH ORDINALITY AS asked (account_id, place)
LEFT JOIN credit_creditparty AS party ON party.account_id = asked.account_id
LEFT JOIN LATERAL (
    {LINE_IN_FORCE.format(columns="*", account="asked.account_id")}
) AS line ON true
LEFT JOIN credit_lineproposal AS proposal ON proposal.id = line.proposal_id
LEFT JOIN LATERAL (
    SELECT grade, rated_at FROM credit_rating
    WHERE account_id = asked.account_id AND as_of <= %(on)s AND counts AND grade <> ''
    ORDER BY as_of DESC, id DESC LIMIT 1
) AS rating ON true
LEFT JOIN ({OVERDUE}) AS due ON due.account_id = asked.account_id
LEFT JOIN credit_reservation AS reserved
    ON reserved.order_number = %(order_number)s AND reserved.order_number <> ''
    AND reserved.status = 'live'
{_POLICY.format(kind="checks")}
{_POLICY.format(kind="supervision")}
ORDER BY asked.place
""",
)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The facts of parties on a day; accounts without a row, a line… are left out.

    parties: with their figures as they are now, and no more of them. is_capped: whether there is
    a ceiling on receivables, in force or not. has_run_out: whether a reservation is to be ended.
    is_known: whether there is an order or an invoice of the number asked for, or another account's
    reservation. reserved: what is reserved for that number. is_past_due: whether the first account
    has an invoice, or a part of one, past its due date, be it paid in part or in dispute.
    moved_at: when accounts came into the credit group they are in, or left one.
    """

    policy: InForce
    reviews: ReviewPolicy
    is_capped: bool
    has_run_out: bool
    is_known: bool
    reserved: Decimal
    is_past_due: bool
    parties: dict[int, CreditParty] = field(default_factory=dict)
    lines: dict[int, CreditLine] = field(default_factory=dict)
    ratings: dict[int, Rating] = field(default_factory=dict)
    overdue: dict[int, Overdue] = field(default_factory=dict)
    moved_at: dict[int, datetime] = field(default_factory=dict)


def read_facts(account_ids: Collection[int], on: date, *, order_number: str = "") -> Facts:
    """The facts of these accounts, at least one, on a day: one query.

    order_number: of an order that is asked for, of the first account.
    """
    rows = _READ.rows(
        {
            "accounts": list(account_ids),
            "on": on,
            "without_disputed": True,
            "order_number": order_number,
        }
    )
    checks, checks_text, supervision, supervision_text, is_capped, *_rest = rows[0]
    facts = Facts(
        policy=_rules("checks", checks, checks_text),
        reviews=_rules("supervision", supervision, supervision_text).rules.review,
        is_capped=is_capped,
        has_run_out=any(row[5] for row in rows),
        is_known=bool(rows[0][6]),
        reserved=rows[0][7],
        is_past_due=rows[0][8],
    )
    for row in rows:
        values = iter(row[9:])
        moved_at, account_id, amount, days, grade, graded_at, line_rated_at = islice(values, 7)
        if moved_at:
            facts.moved_at[account_id] = moved_at
        if amount is not None:
            facts.overdue[account_id] = Overdue(amount, days)
        if grade:
            facts.ratings[account_id] = Rating(grade=grade, rated_at=graded_at)
        if party := _instance(CreditParty, values):
            facts.parties[account_id] = party
        if line := _instance(CreditLine, values):
            line.rated_at = line_rated_at
            facts.lines[account_id] = line
    return facts


def _instance[M: Model](model: type[M], values: Iterator[object]) -> M | None:
    """A row of a model, made of as many of the values as it has columns; None without one."""
    found = instance(model, islice(values, len(model._meta.concrete_fields)))
    return None if found.pk is None else found


@lru_cache(maxsize=16)
def _rules(kind: str, version: int, text: str) -> InForce:
    return InForce(version=version, rules=policies.read(kind, msgspec.json.decode(text)))
