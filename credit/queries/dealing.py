"""How long accounts have dealt with us, what was found out about them, their lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Min

from accounts.models import Account
from credit.models import CreditLine, Investigation
from credit.rules.months import full_months
from sales.models import Order


def months_of_dealing(account_ids: Sequence[int], on: date) -> dict[int, int]:
    """Full months since the first order in the ledger; accounts without one are left out."""
    firsts = (
        Order.objects.counted()
        .filter(account__in=account_ids, ordered_on__lte=on)
        .order_by()
        .values_list("account")
        .annotate(first=Min("ordered_on"))
    )
    return {account: full_months(first, on) for account, first in firsts if account}


def dealing_since(account_ids: Sequence[int], on: date) -> dict[int, date]:
    """The day on which the archive says that dealing began, or the first order where earlier."""
    rows = (
        Account.objects.filter(pk__in=account_ids)
        .order_by()
        .annotate(first=Min("orders__ordered_on"))
        .values_list("pk", "dealing_since", "first")
    )
    known = {pk: [day for day in days if day and day <= on] for pk, *days in rows}
    return {pk: min(days) for pk, days in known.items() if days}


def latest_investigations(account_ids: Sequence[int], on: date) -> dict[int, Investigation]:
    """The latest investigation of accounts as of a day."""
    found = (
        Investigation.objects.filter(account__in=account_ids, investigated_on__lte=on)
        .order_by("account_id", "-investigated_on", "-pk")
        .distinct("account_id")
    )
    return {each.account_id: each for each in found}


def lines_in_force(account_ids: Sequence[int], on: date) -> dict[int, CreditLine]:
    """The line of accounts that has begun last by a day, expired ones included."""
    found = CreditLine.objects.filter(account__in=account_ids).in_force(on)
    return {line.account_id: line for line in found}
