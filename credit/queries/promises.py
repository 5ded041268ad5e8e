"""Promises to pay beside the payments that keep them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from credit import policies
from credit.models import Allocation, Payment, PaymentPromise, Policy
from credit.rules.collections import Given, Judged, Promise, Received, judge_promises


def judged(account_ids: Collection[int], on: date) -> dict[int, Judged]:
    """What became of the promises of these accounts by a day, and the payments that prove it.

    By promise id. Five queries for any number of accounts, one where nothing was promised.
    """
    rows = (
        PaymentPromise.objects.standing()
        .filter(case__account__in=account_ids)
        .values_list("pk", "case__account_id", "amount", "made_on", "pay_by")
    )
    promises = {
        pk: (account_id, Promise(made_on=made_on, pay_by=pay_by, amount=amount))
        for pk, account_id, amount, made_on, pay_by in rows
    }
    if not promises:
        return {}
    counts = _counts(promises)
    given: dict[int, list[Given]] = defaultdict(list)
    for pk, (account_id, promise) in promises.items():
        given[account_id].append(Given(key=pk, promise=promise, counts=counts.get(pk)))
    received = _received(given, min(promise.made_on for _account, promise in promises.values()), on)
    policy = policies.in_force(Policy.Kind.COLLECTIONS, on).rules.promises
    found: dict[int, Judged] = {}
    for account_id, theirs in given.items():
        found |= judge_promises(theirs, received.get(account_id, ()), on, policy)
    return found


def _received(account_ids: Collection[int], since: date, on: date) -> dict[int, list[Received]]:
    payments = Payment.objects.filter(
        account__in=account_ids, received_on__gte=since, received_on__lte=on
    )
    found: dict[int, list[Received]] = defaultdict(list)
    for pk, account_id, day, amount in payments.values_list(
        "pk", "account_id", "received_on", "amount"
    ):
        found[account_id].append(Received(key=pk, on=day, amount=amount))
    return found


def _counts(promise_ids: Collection[int]) -> dict[int, dict[int, Decimal]]:
    """Of promises that name invoices: what of which payment settled these."""
    named: dict[int, set[int]] = defaultdict(set)
    through = PaymentPromise.invoices.through
    links = through.objects.filter(paymentpromise__in=promise_ids)
    for promise_id, invoice_id in links.values_list("paymentpromise_id", "invoice_id"):
        named[promise_id].add(invoice_id)
    if not named:
        return {}
    settled = Allocation.objects.filter(
        invoice__in=set().union(*named.values()), payment__isnull=False
    )
    parts = settled.values_list("invoice_id", "payment_id").annotate(total=Sum("amount"))
    found: dict[int, dict[int, Decimal]] = {pk: defaultdict(Decimal) for pk in named}
    for invoice_id, payment_id, amount in parts.order_by():
        for promise_id, invoices in named.items():
            if invoice_id in invoices:
                found[promise_id][payment_id] += amount
    return found
