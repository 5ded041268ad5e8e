"""Promises to pay 付款承诺: recorded, and found kept or broken by the payments that came.

docs/policies/credit.md section 10.3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Contact
from credit import policies
from credit.models import CollectionCase, Invoice, PaymentPromise, Policy
from credit.queries.promises import judged
from credit.rules.collections import PromiseState
from credit.services.cases import locked_case, refuse_other_contact, refuse_other_invoices
from credit.services.telling import tell
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def promise(
    case_id: int,
    *,
    amount: Decimal,
    pay_by: date,
    actor: User,
    made_on: date | None = None,
    contact: Contact | None = None,
    invoices: Collection[Invoice] = (),
    note: str = "",
) -> PaymentPromise:
    """Record what the customer promised; the next step waits until it is kept or broken.

    made_on: today when left out. Refused: closed, span (promised before or in the future),
    amount (not positive, or more than what is open), other_contact, other_invoice.
    """
    case = locked_case(case_id)
    today = timezone.localdate()
    made_on = made_on or today
    if made_on > today or pay_by < made_on:
        raise RuleViolation("span", _("A promise is made by today, for that day or later."))
    refuse_other_contact(case, contact)
    _refuse_amount(case, amount, invoices)
    given = PaymentPromise.objects.create(
        case=case,
        amount=amount,
        made_on=made_on,
        pay_by=pay_by,
        contact=contact,
        note=note.strip(),
        recorded_by=actor,
    )
    given.invoices.set(invoices)
    grace = policies.in_force(Policy.Kind.COLLECTIONS, today).rules.promises.grace_days
    case.snoozed_until = max(pay_by, today) + timedelta(days=grace + 1)
    case.save(update_fields=["snoozed_until"])
    _tell(given, "made", case.account_id, actor=actor)
    evaluate([case.account_id], on=today, actor=actor)
    given.refresh_from_db()
    return given


def _refuse_amount(case: CollectionCase, amount: Decimal, invoices: Collection[Invoice]) -> None:
    refuse_other_invoices(case, invoices)
    owed = Invoice.objects.filter(account=case.account_id).unpaid()
    if invoices:
        owed = owed.filter(pk__in=[invoice.pk for invoice in invoices])
    most = owed.aggregate(total=Sum("open_amount"))["total"] or Decimal(0)
    if not 0 < amount <= most:
        raise RuleViolation(
            "amount", _("Promised is more than 0 and at most what is open: %.2f.") % most
        )


@transaction.atomic
def withdraw(promise_id: int, *, reason: str, actor: User) -> PaymentPromise:
    """Take back a promise that was recorded in error; it keeps its row and counts no more.

    Refused: reason_required, not_open (what was kept or broken stays).
    """
    if not reason.strip():
        raise RuleViolation("reason_required", _("Give a reason."))
    case_id = PaymentPromise.objects.values_list("case_id", flat=True).get(pk=promise_id)
    case = locked_case(case_id)
    given = PaymentPromise.objects.select_for_update(of=("self",)).get(pk=promise_id)
    if given.status != PaymentPromise.Status.OPEN:
        raise RuleViolation("not_open", _("Only a promise that is open can be withdrawn."))
    given.status, given.decided_on = PaymentPromise.Status.WITHDRAWN, timezone.localdate()
    given.save(update_fields=["status", "decided_on"])
    _tell(given, "withdrawn", case.account_id, actor=actor, reason=reason.strip())
    _take_up_again({case.pk})
    evaluate([case.account_id], on=timezone.localdate(), actor=actor)
    return given


@transaction.atomic
def evaluate(account_ids: Collection[int], *, on: date, actor: User | None = None) -> int:
    """Bring the promises of these accounts to what the payments by that day say; how many changed.

    A payment that is reported late may turn a broken promise into a kept one. Safe to repeat.
    """
    rows = PaymentPromise.objects.standing().filter(case__account__in=account_ids)
    _lock_cases(rows.values_list("case", flat=True))
    rows = rows.select_related("case")
    locked = list(rows.select_for_update(of=("self",)).order_by("pk"))
    found = judged(account_ids, on) if locked else {}
    changed = [each for each in locked if each.status != found[each.pk].state]
    for each in changed:
        state = found[each.pk].state
        each.status = PaymentPromise.Status(state.value)
        each.decided_on = None if state is PromiseState.OPEN else on
        each.save(update_fields=["status", "decided_on"])
        _tell(each, state.value, each.case.account_id, actor=actor)
    _take_up_again({each.case_id for each in changed})
    return len(changed)


def _lock_cases(case_ids: Iterable[int]) -> None:
    """Who records or withdraws a promise has its case first."""
    cases = CollectionCase.objects.filter(pk__in=list(case_ids)).order_by("pk")
    list(cases.select_for_update(of=("self",)).values_list("pk"))


def _take_up_again(case_ids: Collection[int]) -> None:
    """The next step of a case waits for a promise only while one is open."""
    cases = CollectionCase.objects.open().filter(pk__in=case_ids)
    cases.exclude(promises__status="open").update(snoozed_until=None)


def _tell(
    promise: PaymentPromise, verb: str, account_id: int, *, actor: User | None, reason: str = ""
) -> None:
    data = {
        "case": promise.case_id,
        "promise": promise.pk,
        "amount": promise.amount,
        "pay_by": promise.pay_by,
    }
    tell(
        promise,
        f"credit.promise_{verb}",
        account_id=account_id,
        actor=actor,
        data=data,
        reason=reason or promise.note,
    )
