"""Instalment schedules 分期付款 of invoices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from credit.models import Instalment, Invoice
from credit.rules import receivables
from credit.services import receiving
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def set_instalments(
    invoice: Invoice, *, count: int, first_due_on: date, every_months: int = 1, actor: User
) -> Sequence[Instalment]:
    """Let an invoice be paid in equal parts; one part takes the schedule away again.

    RuleViolation: `credit_note`, `due_before_issue`, `invalid_schedule`.
    """
    invoice = receiving.locked_invoice(invoice.pk)
    if invoice.amount <= 0:
        raise RuleViolation("credit_note", _("There is nothing to be paid of this document."))
    if first_due_on < invoice.issued_on:
        raise RuleViolation("due_before_issue", _("The first part is due before the invoice."))
    try:
        parts = receivables.instalments(
            invoice.amount, count=count, first_due_on=first_due_on, every_months=every_months
        )
    except (ValueError, OverflowError) as error:
        message = _("Each part must be at least a cent.")
        raise RuleViolation("invalid_schedule", message) from error
    invoice.instalments.all().delete()
    rows = [
        Instalment(invoice=invoice, number=part.position, due_on=part.due_on, amount=part.amount)
        for part in parts
    ]
    schedule = Instalment.objects.bulk_create(rows) if count > 1 else []
    changes = {"instalments": [str(part.due_on) for part in schedule]}
    audit.record(invoice, "credit.instalments_set", actor=actor, changes=changes)
    receiving.decide_again({invoice.account_id}, (), actor=actor)
    return schedule


def fit(invoice_ids: Collection[int]) -> None:
    """Let the schedules of amended invoices make up their amounts again.

    What an invoice rose by is added to the last part; what it fell by is taken from the last ones.
    """
    schedules: dict[int, list[Instalment]] = defaultdict(list)
    parts = Instalment.objects.filter(invoice__in=invoice_ids).select_related("invoice")
    for part in parts.order_by("invoice", "number"):
        schedules[part.invoice_id].append(part)
    for schedule in schedules.values():
        _fit(schedule, schedule[0].invoice.amount)


def _fit(schedule: list[Instalment], amount: Decimal) -> None:
    missing = amount - sum((part.amount for part in schedule), Decimal(0))
    while missing and schedule:
        last = schedule[-1]
        last.amount += missing
        if last.amount > 0:
            last.save(update_fields=["amount"])
            return
        missing = last.amount
        last.delete()
        schedule.pop()
