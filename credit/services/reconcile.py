# ruff: noqa: S608 - put together from nothing but the constants of this module
"""The stored figures of credit against the ledger they come from; every difference is named.

One statement compares them all, so that all figures are of the same moment.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection, transaction

from accounts.models import Account
from accounts.services import kept_live
from credit.models import CreditParty
from kam.core import audit

if TYPE_CHECKING:
    from staff.models import User

_SETTLED = """
    SELECT invoice.id, invoice.account_id, invoice.invoice_number, invoice.settled,
        coalesce(paid.amount, 0) - coalesce(given.amount, 0) AS counted
    FROM credit_invoice AS invoice
    LEFT JOIN (SELECT invoice_id, sum(amount) AS amount FROM credit_allocation
               GROUP BY invoice_id) AS paid ON paid.invoice_id = invoice.id
    LEFT JOIN (SELECT credit_note_id, sum(amount) AS amount FROM credit_allocation
               GROUP BY credit_note_id) AS given ON given.credit_note_id = invoice.id
"""
_ALLOCATED = """
    SELECT payment.id, payment.account_id, payment.payment_number, payment.allocated,
        coalesce(used.amount, 0) AS counted
    FROM credit_payment AS payment
    LEFT JOIN (SELECT payment_id, sum(amount) AS amount FROM credit_allocation
               GROUP BY payment_id) AS used ON used.payment_id = payment.id
"""
_UNINVOICED = """
    SELECT credit.order_id, credit.account_id, orders.order_number, credit.uninvoiced,
        CASE WHEN orders.status = 'cancelled' THEN 0
             ELSE greatest(orders.net_amount - coalesce(invoiced.amount, 0), 0) END AS counted
    FROM credit_ordercredit AS credit
    JOIN sales_order AS orders ON orders.id = credit.order_id
    LEFT JOIN (SELECT order_number, sum(amount) AS amount FROM credit_invoice
               WHERE amount > 0 AND order_number <> '' GROUP BY order_number) AS invoiced
        ON invoiced.order_number = orders.order_number
"""
_OWN = """
    SELECT account_id, sum(invoiced) AS invoiced, sum(ordered) AS ordered,
        sum(reserved) AS reserved
    FROM (
        SELECT account_id, exposed AS invoiced, 0 AS ordered, 0 AS reserved FROM credit_invoice
        WHERE exposed > 0
        UNION ALL SELECT account_id, 0, exposed, 0 FROM credit_ordercredit WHERE exposed > 0
        UNION ALL SELECT account_id, 0, 0, exposed FROM credit_reservation WHERE status = 'live'
    ) AS each GROUP BY account_id
"""
_PARTIES = """
    SELECT account_id, party.invoiced, party.ordered, party.reserved, party.subsidiaries,
        coalesce(own.invoiced, 0) AS counted_invoiced, coalesce(own.ordered, 0) AS counted_ordered,
        coalesce(own.reserved, 0) AS counted_reserved,
        coalesce(below.amount, 0) AS counted_subsidiaries
    FROM (SELECT account_id, invoiced, ordered, reserved, subsidiaries FROM credit_creditparty
          UNION ALL
          SELECT account_id, 0, 0, 0, 0 FROM own
          WHERE NOT EXISTS (SELECT FROM credit_creditparty AS known
                            WHERE known.account_id = own.account_id)) AS party
    LEFT JOIN own USING (account_id)
    LEFT JOIN (SELECT member.group_id, sum(own.invoiced + own.ordered + own.reserved) AS amount
               FROM own JOIN credit_creditparty AS member USING (account_id)
               WHERE member.group_id IS NOT NULL GROUP BY member.group_id) AS below
        ON below.group_id = party.account_id
"""
_COMPARE = f"""
WITH own AS MATERIALIZED ({_OWN}), party AS MATERIALIZED ({_PARTIES})
SELECT 'invoice.settled', account_id, invoice_number, settled, counted
FROM ({_SETTLED}) AS invoice WHERE settled <> counted
UNION ALL
SELECT 'payment.allocated', account_id, payment_number, allocated, counted
FROM ({_ALLOCATED}) AS payment WHERE allocated <> counted
UNION ALL
SELECT 'order.uninvoiced', account_id, order_number, uninvoiced, counted
FROM ({_UNINVOICED}) AS orders WHERE uninvoiced <> counted
UNION ALL
SELECT 'account.' || figure.name, account_id, '', figure.stored, figure.counted
FROM party CROSS JOIN LATERAL (VALUES
    ('invoiced', invoiced, counted_invoiced), ('ordered', ordered, counted_ordered),
    ('reserved', reserved, counted_reserved), ('subsidiaries', subsidiaries, counted_subsidiaries)
) AS figure (name, stored, counted) WHERE figure.stored <> figure.counted
ORDER BY 2, 1, 3
"""
_REPAIRS = [
    f"""UPDATE credit_invoice SET settled = right_one.counted
    FROM ({_SETTLED}) AS right_one
    WHERE right_one.id = credit_invoice.id AND credit_invoice.settled <> right_one.counted
        AND credit_invoice.account_id = ANY(%s)""",
    f"""UPDATE credit_payment SET allocated = right_one.counted
    FROM ({_ALLOCATED}) AS right_one
    WHERE right_one.id = credit_payment.id AND credit_payment.allocated <> right_one.counted
        AND credit_payment.account_id = ANY(%s)""",
    f"""UPDATE credit_ordercredit SET uninvoiced = right_one.counted
    FROM ({_UNINVOICED}) AS right_one
    WHERE right_one.order_id = credit_ordercredit.order_id
        AND credit_ordercredit.uninvoiced <> right_one.counted
        AND credit_ordercredit.account_id = ANY(%s)""",
    # Own figures, which bring the heads' with them, then what is wrong with the heads.
    f"""WITH own AS MATERIALIZED ({_OWN}), party AS MATERIALIZED ({_PARTIES})
    UPDATE credit_creditparty AS stored SET invoiced = party.counted_invoiced,
        ordered = party.counted_ordered, reserved = party.counted_reserved
    FROM party WHERE party.account_id = stored.account_id AND stored.account_id = ANY(%s)""",
    f"""WITH own AS MATERIALIZED ({_OWN}), party AS MATERIALIZED ({_PARTIES})
    UPDATE credit_creditparty AS stored SET subsidiaries = party.counted_subsidiaries
    FROM party WHERE party.account_id = stored.account_id AND stored.account_id = ANY(%s)
        AND stored.subsidiaries <> party.counted_subsidiaries""",
]


class Difference(NamedTuple):
    """A stored figure that is not what the ledger says.

    what: invoice.settled, payment.allocated, order.uninvoiced, or account.invoiced, .ordered,
    .reserved, .subsidiaries; key: the number of the document, empty for a figure of the account.
    """

    what: str
    account_id: int
    key: str
    stored: Decimal
    counted: Decimal


def differences() -> list[Difference]:
    """Every figure of every account that is not what the ledger says, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE)
        return [Difference(*row) for row in cursor]


@transaction.atomic
def repair(*, actor: User | None) -> list[Difference]:
    """Bring every stored figure to what the ledger says; the differences there were.

    The parties concerned are locked, looked at again, and each account gets an audit entry.
    """
    if not (accounts := {each.account_id for each in differences()}):
        return []
    kept_live(accounts)
    parties = CreditParty.objects.locked(accounts)
    found = [each for each in differences() if each.account_id in parties]
    with connection.cursor() as cursor:
        for statement in _REPAIRS:
            cursor.execute(statement, [sorted(parties)])
    for account in Account.objects.filter(pk__in={each.account_id for each in found}):
        changes = {
            f"{each.what} {each.key}".strip(): [str(each.stored), str(each.counted)]
            for each in found
            if each.account_id == account.pk
        }
        audit.record(account, "credit.figures_repaired", actor=actor, changes=changes)
    return found
