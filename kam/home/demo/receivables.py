"""Lines, invoices and payments of the demo customers, by the services that the ERP calls."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import msgspec

from credit.models import Invoice
from credit.rules.documents import InvoiceIn, PaymentIn
from credit.services import instalments
from credit.services import invoices as invoicing
from credit.services import payments as receipts
from credit.services.opening import OpeningLine, import_opening_lines
from kam.home.demo import debtors as plans
from kam.home.demo.debtors import Bill, Debtor
from staff.models import User

CASH_ON_HOLD = 5  # customers without a line whose open orders wait for one


def take_over_lines(debtors: Sequence[Debtor], users: dict[str, User]) -> None:
    """The lines that these customers had before this system."""
    import_opening_lines(
        [
            OpeningLine(
                account_number=debtor.account_number,
                limit=debtor.limit,
                terms_days=debtor.terms_days,
                rating=debtor.rating,
                valid_from=debtor.valid_from,
                valid_until=debtor.valid_until,
            )
            for debtor in debtors
        ],
        reason="由原授信台账导入的期初额度，已经总经理办公会确认。",
        approved_by=users["lin.feng"],
    )


def sold_for_cash(
    orders: Sequence[dict[str, Any]], debtors: Sequence[Debtor]
) -> list[dict[str, Any]]:
    """The orders, where those without credit pay and take their goods at once 现款现货."""
    on_credit = {debtor.account_number for debtor in debtors}
    waiting: set[str] = set()
    made = []
    for order in orders:
        number = order["account_number"]
        if order["status"] == "open" and number not in on_credit and number not in waiting:
            if len(waiting) < CASH_ON_HOLD:
                waiting.add(number)
            else:
                order = {**order, "status": "delivered", "delivered_on": order["ordered_on"]}
        made.append(order)
    return made


def load_documents(
    rng: Random,
    debtors: Sequence[Debtor],
    orders: Sequence[dict[str, Any]],
    today: date,
    erp: User,
    finance: User,
) -> None:
    """Invoices and payments up to today; one invoice disputed, one in instalments."""
    documents = plans.invoices(debtors, orders, today)
    rows = msgspec.convert(documents, list[InvoiceIn], strict=False)
    invoicing.upsert_invoices(list(enumerate(rows)), actor=erp, atomic=True)
    paid = plans.payments(rng, debtors, _bills(), today)
    receipts.upsert_payments(
        list(enumerate(msgspec.convert(paid, list[PaymentIn], strict=False))),
        actor=erp,
        atomic=True,
    )
    _in_instalments(debtors[0], today, finance)


def _bills() -> list[Bill]:
    """The invoices in the reporting currency; credit notes are taken off them already."""
    rows = Invoice.objects.filter(amount__gt=0).order_by("issued_on", "invoice_number")
    return [
        Bill(*row)
        for row in rows.values_list(
            "invoice_number", "account__account_number", "issued_on", "due_on", "open_amount"
        )
        if row[-1] > 0
    ]


def _in_instalments(debtor: Debtor, today: date, finance: User) -> None:
    """The largest unpaid invoice of the largest customer is paid in six parts."""
    owed = Invoice.objects.unpaid().filter(account__account_number=debtor.account_number)
    invoice = owed.filter(settled=Decimal(0)).order_by("-amount", "pk").first()
    if invoice is not None:
        first = max(invoice.issued_on, today - timedelta(days=20))
        instalments.set_instalments(invoice, count=6, first_due_on=first, actor=finance)
