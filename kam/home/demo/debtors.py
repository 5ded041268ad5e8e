"""The customers who buy on credit: their terms, and their invoices and payments as an ERP has them.

Most pay about the due day, some weeks late, a few months late; what a few never paid stands in
every bucket of the aging.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from kam.home.demo.ledger import CURRENCIES

DEBTORS = 60
HEAD = "K1001"
SUBSIDIARIES = ("K1031", "K1032", "K1045")  # of the largest customer, with limits of their own
EXPIRED, EXPIRING = 41, 27  # places in the ranking of sales
LATE = {5, 11, 17, 22, 29, 33, 38, 44, 48, 52, 55, 58}
VERY_LATE = {14, 25, 36, 46, 50}
DISPUTED, PREPAID = 29, 8
LATENESS = {"good": (-14, 3), "late": (6, 42), "very_late": (38, 130)}  # days after the due day
# What very late payers still owe: one invoice of each, this many days after its delivery.
LEFT_UNPAID = ((455, 590), (260, 330), (150, 215), (105, 148))
INVOICED_DAYS = {"good": 365, "late": 365, "very_late": 600}


@dataclass(frozen=True)
class Debtor:
    """One customer on credit; `place` in the ranking of sales, the largest 0."""

    account_number: str
    place: int
    sales: Decimal  # of the last twelve months
    limit: Decimal
    terms_days: int
    habit: str  # a key of LATENESS
    rating: str
    valid_from: date
    valid_until: date


def amount(order: Mapping[str, Any]) -> Decimal:
    """What an order comes to, in its own currency."""
    lines = order["lines"]
    total = sum(Decimal(line["quantity"]) * Decimal(line["unit_price"]) for line in lines)
    return Decimal(total).quantize(Decimal("0.01"))


def debtors(rng: Random, orders: Sequence[Mapping[str, Any]], today: date) -> list[Debtor]:
    """The customers who bought most in twelve months, and the largest one's subsidiaries."""
    year_ago = (today - timedelta(days=365)).isoformat()
    sales: defaultdict[str, Decimal] = defaultdict(Decimal)
    largest: defaultdict[str, Decimal] = defaultdict(Decimal)
    for order in orders:
        number = order["account_number"]
        if number and order["ordered_on"] > year_ago and order["status"] != "cancelled":
            value = amount(order) * CURRENCIES.get(order["currency"], Decimal(1))
            sales[number] += value
            largest[number] = max(largest[number], value)
    ranked = sorted(sales, key=lambda number: (-sales[number], number))
    chosen = [number for number in ranked if number not in SUBSIDIARIES][: DEBTORS - 3]
    chosen += SUBSIDIARIES
    return [
        _debtor(rng, number, place, sales[number], largest[number], today)
        for place, number in enumerate(chosen)
    ]


def _debtor(
    rng: Random, number: str, place: int, sales: Decimal, largest: Decimal, today: date
) -> Debtor:
    habit = "late" if place in LATE else "very_late" if place in VERY_LATE else "good"
    terms_days = 60 if place < 3 else rng.choice([30, 30, 45, 60])
    need = sales * terms_days * rng.randint(150, 175) / 100 / 365
    step = 100_000 if need > 1_000_000 else 10_000
    limit = max(round(max(need, largest * 3 / 2) / step), 5) * Decimal(step)
    began = today - timedelta(days=rng.randint(200, 420))
    ends = today + timedelta(days=rng.randint(75, 400))
    if place == EXPIRED:
        ends = today - timedelta(days=12)
    elif place == EXPIRING:
        ends = today + timedelta(days=20)
    grades = {"good": ["AA", "A", "A", "BBB"], "late": ["BBB", "BB"], "very_late": ["B", "C"]}
    grade = rng.choice(grades[habit])
    return Debtor(number, place, sales, limit, terms_days, habit, grade, began, ends)


def invoices(
    debtors: Sequence[Debtor], orders: Sequence[Mapping[str, Any]], today: date
) -> list[dict[str, Any]]:
    """An invoice for every delivery, a credit note for every return, as in the contract."""
    known = {debtor.account_number: debtor for debtor in debtors}
    made = []
    for order in orders:
        debtor = known.get(order["account_number"])
        if debtor is None or order["status"] != "delivered":
            continue
        issued = date.fromisoformat(order["delivered_on"])
        if (today - issued).days >= INVOICED_DAYS[debtor.habit]:
            continue
        value = amount(order)
        days = debtor.terms_days if value > 0 else 0
        made.append(
            {
                "invoice_number": f"{'IN' if value > 0 else 'CN'}{order['order_number'][2:]}",
                "account_number": debtor.account_number,
                "order_number": order["order_number"],
                "issued_on": issued.isoformat(),
                "due_on": (issued + timedelta(days=days)).isoformat(),
                "currency": order["currency"],
                "amount": str(value),
            }
        )
    return made


@dataclass(frozen=True)
class Bill:
    """An invoice as it was stored, in the reporting currency, less what was credited of it."""

    number: str
    account_number: str
    issued_on: date
    due_on: date
    amount: Decimal


def payments(
    rng: Random, debtors: Sequence[Debtor], bills: Sequence[Bill], today: date
) -> list[dict[str, Any]]:
    """The payments of these invoices up to today, in the form of the contract, the oldest first.

    A customer pays on Fridays what he means to pay by then, several invoices at once.
    """
    by_account: defaultdict[str, list[Bill]] = defaultdict(list)
    for bill in bills:
        by_account[bill.account_number].append(bill)
    made: list[dict[str, Any]] = []
    for debtor in debtors:
        own = by_account[debtor.account_number]
        kept_back = _kept_back(own, today) if debtor.habit == "very_late" else set()
        due: defaultdict[date, list[Bill]] = defaultdict(list)
        for bill in own:
            meant = bill.due_on + timedelta(days=rng.randint(*LATENESS[debtor.habit]))
            day = max(meant, bill.issued_on)
            friday = day + timedelta(days=(4 - day.weekday()) % 7)
            if friday <= today and bill.number not in kept_back:
                due[friday].append(bill)
        made += [_payment(debtor, day, paid) for day, paid in due.items()]
        if debtor.place == PREPAID:
            made.append(_prepayment(debtor, today))
    made.sort(key=lambda row: (row["received_on"], row["account_number"]))
    for place, row in enumerate(made):
        row["payment_number"] = f"SK{row['received_on'][2:7].replace('-', '')}{place + 1:05}"
    return made


def _kept_back(bills: Sequence[Bill], today: date) -> set[str]:
    """The smallest invoice of each span of days that is never paid."""
    found = set()
    for since, until in LEFT_UNPAID:
        span = [bill for bill in bills if since <= (today - bill.issued_on).days <= until]
        if span:
            found.add(min(span, key=lambda bill: (bill.amount, bill.number)).number)
    return found


def _payment(debtor: Debtor, day: date, paid: Sequence[Bill]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "account_number": debtor.account_number,
        "received_on": day.isoformat(),
        "amount": str(sum((bill.amount for bill in paid), Decimal(0))),
    }
    if debtor.habit == "very_late":  # else the oldest would be settled first
        row["allocations"] = [
            {"invoice_number": bill.number, "amount": str(bill.amount)} for bill in paid
        ]
    return row


def _prepayment(debtor: Debtor, today: date) -> dict[str, Any]:
    """Money ahead of an order, meant for no invoice."""
    return {
        "account_number": debtor.account_number,
        "received_on": (today - timedelta(days=3)).isoformat(),
        "amount": "80000.00",
        "allocations": [],
    }
