"""Indicators of receivables 应收账款指标 for the company or some accounts, from the ledger.

docs/policies/credit.md section 9.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth

from accounts.models import Account
from credit.models import Invoice
from credit.queries.receivables import aging, narrow, total
from credit.rules import indicators
from credit.rules.indicators import Experience, PaymentIndexPolicy, SalesPeriod
from credit.rules.receivables import NOT_DUE, AgingPolicy
from kam.core import money
from sales.rules import month_of, months_up_to

COUNTBACK_MONTHS = 24

# Each payment of an invoice against the due days of its parts: an invoice that is not in
# instalments is one part. Paid parts and due parts lie on one scale from 0 to the amount.
_EXPERIENCES = """
WITH bill AS (
    SELECT invoice.id, account_id, due_on, amount FROM credit_invoice AS invoice
    WHERE amount > 0 AND issued_on <= %(until)s {accounts}
),
paid AS (
    SELECT id, invoice_id, amount, effective_on, payment_id IS NOT NULL AS counts,
        sum(amount) OVER (PARTITION BY invoice_id ORDER BY effective_on, id) AS through
    FROM credit_allocation
    WHERE effective_on <= %(until)s AND invoice_id IN (SELECT id FROM bill)
),
due AS (
    SELECT bill.id, account_id, bill.due_on, bill.amount, bill.amount AS through FROM bill
    WHERE NOT EXISTS (SELECT FROM credit_instalment WHERE invoice_id = bill.id)
    UNION ALL
    SELECT bill.id, account_id, part.due_on, part.amount,
        sum(part.amount) OVER (PARTITION BY bill.id ORDER BY part.number)
    FROM bill JOIN credit_instalment AS part ON part.invoice_id = bill.id
),
settled AS (SELECT invoice_id, sum(amount) AS amount FROM paid GROUP BY invoice_id)
SELECT account_id, days, sum(amount) FROM (
    SELECT account_id, paid.effective_on - due.due_on AS days,
        least(paid.through, due.through)
            - greatest(paid.through - paid.amount, due.through - due.amount) AS amount
    FROM due JOIN paid ON paid.invoice_id = due.id
        AND paid.through > due.through - due.amount AND paid.through - paid.amount < due.through
    WHERE paid.counts AND paid.effective_on >= %(since)s
    UNION ALL
    SELECT account_id, %(until)s - due_on,
        least(due.amount, due.through - coalesce(settled.amount, 0))
    FROM due LEFT JOIN settled ON settled.invoice_id = due.id
    WHERE due_on < %(until)s AND due.through > coalesce(settled.amount, 0)
) AS experience
GROUP BY account_id, days
"""

_PUNCTUALITY = """
SELECT account_id, count(*), count(*) FILTER (WHERE days > 0), avg(greatest(days, 0))
FROM (
    SELECT account_id, max(part.effective_on) - due_on AS days
    FROM credit_invoice AS invoice JOIN credit_allocation AS part ON part.invoice_id = invoice.id
    WHERE open_amount = 0 AND part.write_off_id IS NULL {accounts}
    GROUP BY invoice.id
    HAVING max(part.effective_on) BETWEEN %(since)s AND %(until)s
) AS paid
GROUP BY account_id
"""


@dataclass(frozen=True, kw_only=True)
class Punctuality:
    """How an account paid its invoices: each counts once, by the day it was settled in full."""

    paid: int
    late: int
    mean_days_late: Decimal  # early ones count as 0


@dataclass(frozen=True, kw_only=True)
class Indicators:
    """The figures of a period; None where one has no meaning."""

    receivables: Decimal
    overdue: Decimal
    credit_sales: Decimal
    dso: Decimal | None
    best_possible_dso: Decimal | None
    average_days_delinquent: Decimal | None
    collection_effectiveness: Decimal | None
    countback_dso: Decimal | None
    payment_index: Decimal | None
    paid_on_time_share: Decimal | None
    average_days_late: Decimal | None


def indicators_of(
    since: date,
    until: date,
    *,
    accounts: QuerySet[Account] | None,
    buckets: AgingPolicy,
    points: PaymentIndexPolicy,
) -> Indicators:
    """All indicators of a period, both days included; `accounts` None: the company."""
    days = (until - since).days + 1
    closing = aging(until, accounts=accounts, policy=buckets)
    opening = total(aging(since - timedelta(days=1), accounts=accounts, policy=buckets)).amount
    receivables, not_due = total(closing).amount, closing[NOT_DUE].amount
    sales = credit_sales(since, until, accounts=accounts)
    lived = [
        each for found in experiences(since, until, accounts=accounts).values() for each in found
    ]
    return Indicators(
        receivables=receivables,
        overdue=receivables - not_due,
        credit_sales=sales,
        dso=indicators.days_sales_outstanding(receivables, sales, days),
        best_possible_dso=indicators.best_possible_dso(not_due, sales, days),
        average_days_delinquent=indicators.average_days_delinquent(
            receivables - not_due, sales, days
        ),
        collection_effectiveness=indicators.collection_effectiveness(
            opening=opening, credit_sales=sales, closing=receivables, closing_not_due=not_due
        ),
        countback_dso=indicators.countback_dso(
            receivables, monthly_credit_sales(until, accounts=accounts)
        ),
        payment_index=indicators.payment_index(lived, points),
        paid_on_time_share=indicators.paid_on_time_share(lived),
        average_days_late=indicators.average_days_late(lived),
    )


def _issued(accounts: QuerySet[Account] | None) -> QuerySet[Invoice]:
    invoices = Invoice.objects.order_by()
    return invoices if accounts is None else invoices.filter(account__in=accounts)


def credit_sales(since: date, until: date, *, accounts: QuerySet[Account] | None) -> Decimal:
    """What was invoiced in a period, credit notes taken off."""
    issued = _issued(accounts).filter(issued_on__range=(since, until))
    return issued.aggregate(amount=Sum("amount"))["amount"] or Decimal(0)


def monthly_credit_sales(until: date, *, accounts: QuerySet[Account] | None) -> list[SalesPeriod]:
    """Credit sales by month up to a day, newest first; its own month counts to the day."""
    firsts = months_up_to(until, COUNTBACK_MONTHS)
    rows = dict(
        _issued(accounts)
        .filter(issued_on__range=(firsts[0], until))
        .annotate(month=TruncMonth("issued_on"))
        .values_list("month")
        .annotate(amount=Sum("amount"))
    )
    return [
        SalesPeriod(
            days=(min(month_of(first)[1], until) - first).days + 1,
            credit_sales=rows.get(first, Decimal(0)),
        )
        for first in reversed(firsts)
    ]


def experiences(
    since: date, until: date, *, accounts: QuerySet[Account] | None
) -> dict[int, list[Experience]]:
    """Payment experiences by account: paid in the period, or overdue and unpaid at its end.

    What came equally late is one experience: the indices are weighted by amount.
    """
    found: dict[int, list[Experience]] = defaultdict(list)
    for account_id, days, amount in _run(_EXPERIENCES, since, until, accounts):
        found[account_id].append(Experience(amount=amount, days_late=days))
    return found


def punctuality(
    since: date, until: date, *, accounts: QuerySet[Account] | None
) -> dict[int, Punctuality]:
    """How accounts paid the invoices that they settled in a period."""
    return {
        account_id: Punctuality(paid=paid, late=late, mean_days_late=money.display(days))
        for account_id, paid, late, days in _run(_PUNCTUALITY, since, until, accounts)
    }


def payers(
    since: date, until: date, *, accounts: QuerySet[Account] | None
) -> list[tuple[int, Punctuality]]:
    """The same as a list: who pays latest on average first, then who was late most often."""
    found = punctuality(since, until, accounts=accounts).items()
    return sorted(found, key=lambda each: (-each[1].mean_days_late, -each[1].late, each[0]))


def _run(sql: str, since: date, until: date, accounts: QuerySet[Account] | None) -> list[Any]:
    try:
        narrowed, values = narrow(accounts)
    except EmptyResultSet:  # of no account at all
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql.format(accounts=narrowed), {"since": since, "until": until, **values})
        return cursor.fetchall()


def payment_indices(
    account_ids: Collection[int], since: date, until: date, *, points: PaymentIndexPolicy
) -> dict[int, Decimal]:
    """The payment index 付款指数 of accounts; those without a payment experience are left out."""
    accounts = Account.objects.filter(pk__in=account_ids)
    lived = experiences(since, until, accounts=accounts)
    known = {pk: indicators.payment_index(each, points) for pk, each in lived.items()}
    return {pk: index for pk, index in known.items() if index is not None}
