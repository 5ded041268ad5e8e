"""A party locked and read in one round trip, for credit checks that come many at a time.

Only the ordinary case: an account on its own, no ceiling, nothing run out. Everything else takes
the way of `CreditParty.objects.locked` and `Standing`.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from credit import policies
from credit.models import CreditLine, CreditParty
from credit.policies import InForce
from credit.queries.overdue import overdue
from credit.services.standing import Facts, Standing

_PARTY = ("account_id", "invoiced", "ordered", "reserved", "subsidiaries", "hold_reason")
_LINE = (
    *("id", "account_id", "limit", "currency", "terms_days", "valid_from", "valid_until"),
    *("extra", "extra_until", "rating", "created_at"),
)
# Two statements: the second one sees what was committed while the first one waited.
_LOCK_AND_READ = f"""
SELECT FROM credit_creditparty WHERE account_id = %(account)s AND group_id IS NULL
FOR NO KEY UPDATE;
SELECT {", ".join(f"party.{name}" for name in _PARTY)},
    {", ".join(f'line."{name}"' for name in _LINE)},
    checks.version, checks.content::text, supervision.version, supervision.content::text,
    EXISTS (SELECT FROM credit_invoice AS invoice
            WHERE invoice.account_id = %(account)s AND open_amount > 0
                AND (due_on < %(on)s OR EXISTS (
                    SELECT FROM credit_instalment AS part
                    WHERE part.invoice_id = invoice.id AND part.due_on < %(on)s)))
FROM credit_creditparty AS party
LEFT JOIN LATERAL (
    SELECT * FROM credit_creditline WHERE account_id = %(account)s AND valid_from <= %(on)s
    ORDER BY valid_from DESC, id DESC LIMIT 1
) AS line ON true
CROSS JOIN LATERAL (
    SELECT version, content FROM credit_policy
    WHERE kind = 'checks' AND status = 'approved' AND effective_from <= %(on)s
    ORDER BY effective_from DESC, version DESC LIMIT 1
) AS checks
CROSS JOIN LATERAL (
    SELECT version, content FROM credit_policy
    WHERE kind = 'supervision' AND status = 'approved' AND effective_from <= %(on)s
    ORDER BY effective_from DESC, version DESC LIMIT 1
) AS supervision
WHERE party.account_id = %(account)s AND party.group_id IS NULL
    AND NOT EXISTS (SELECT FROM credit_receivablesceiling)
    AND NOT EXISTS (SELECT FROM credit_reservation
                    WHERE account_id = %(account)s AND status = 'live'
                        AND expires_at <= clock_timestamp())
"""  # noqa: S608  put together from the names above


def quick_standing(account_id: int) -> Standing | None:
    """The standing of an account, its party locked; None where it takes more than that."""
    on = timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_AND_READ, {"account": account_id, "on": on})
        row = cursor.fetchone()
    if row is None:
        return None
    return _standing(row, account_id, on)


def _standing(row: tuple[Any, ...], account_id: int, on: date) -> Standing:
    party = CreditParty(**dict(zip(_PARTY, row, strict=False)))
    line = dict(zip(_LINE, row[len(_PARTY) :], strict=False))
    checks, checks_text, supervision, supervision_text, has_overdue = row[-5:]
    facts = Facts(
        policy=_rules("checks", checks, checks_text),
        reviews=_rules("supervision", supervision, supervision_text).rules.review,
        lines={account_id: CreditLine(**line)} if line["id"] else {},
        overdue=overdue([account_id], on) if has_overdue else {},
        headroom=None,
    )
    return Standing({account_id: party}, on=on, facts=facts)


@lru_cache(maxsize=16)
def _rules(kind: str, version: int, text: str) -> InForce:
    return InForce(version=version, rules=policies.read(kind, msgspec.json.decode(text)))
