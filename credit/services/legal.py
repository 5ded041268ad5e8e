"""Legal cases 诉讼: prepared, filed, moved on to their end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services import kept_row, live_locked
from credit.models import CollectionAction, CollectionCase, Invoice, LegalCase
from credit.services import collections
from credit.services.telling import tell
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

Status = LegalCase.Status


@transaction.atomic
def open_legal_case(
    account_id: int,
    *,
    invoices: Collection[Invoice],
    claim_amount: Decimal,
    actor: User,
    court: str = "",
) -> LegalCase:
    """Prepare to claim these invoices in court.

    Refused: no_invoice, merged, other_invoice, amount (not positive). The claim may be higher than
    what is open: interest and costs.
    """
    if not invoices:
        raise RuleViolation("no_invoice", _("Choose the invoices that are claimed."))
    live_locked(account_id)
    if any(invoice.account_id != account_id for invoice in invoices):
        raise RuleViolation("other_invoice", _("This invoice belongs to another account."))
    if claim_amount <= 0:
        raise RuleViolation("amount", _("The amount claimed is above 0."))
    legal_case = LegalCase.objects.create(
        account_id=account_id,
        claim_amount=claim_amount,
        court=court.strip(),
        opened_on=timezone.localdate(),
        opened_by=actor,
    )
    legal_case.invoices.set(invoices)
    _tell(legal_case, "opened", actor=actor)
    return legal_case


@transaction.atomic
def move_on(
    legal_case_id: int,
    *,
    status: str,
    on: date,
    expected: str,
    actor: User,
    court: str = "",
    case_number: str = "",
    outcome: str = "",
) -> LegalCase:
    """Bring a legal case to its next status; filed, it lets the limitation begin anew.

    expected: the status the actor saw. Refused: stale, not_next, future, before_filing,
    court_missing (filed needs court and case number), outcome_missing (an end says how it ended).
    """
    legal_case = kept_row(LegalCase.objects.all(), legal_case_id)
    _refuse(legal_case, status, on, expected)
    legal_case.court = court.strip() or legal_case.court
    legal_case.case_number = case_number.strip() or legal_case.case_number
    legal_case.outcome = outcome.strip() or legal_case.outcome
    if status == Status.FILED:
        if not (legal_case.court and legal_case.case_number):
            raise RuleViolation("court_missing", _("Give the court and the case number."))
        legal_case.filed_on = on
        _note_step(legal_case, on, actor)
    if not LegalCase.NEXT[status]:
        if not legal_case.outcome:
            raise RuleViolation("outcome_missing", _("Say how the case ended."))
        legal_case.closed_on = on
    legal_case.status = Status(status)
    legal_case.save()
    _tell(legal_case, "moved", actor=actor, reason=outcome.strip())
    return legal_case


def _refuse(legal_case: LegalCase, status: str, on: date, expected: str) -> None:
    if legal_case.status != expected:
        raise RuleViolation(
            "stale",
            _("The legal case is now “%s”; please reload.") % legal_case.get_status_display(),
        )
    if status not in LegalCase.NEXT[legal_case.status]:
        raise RuleViolation("not_next", _("A legal case cannot go on like this."))
    if on > timezone.localdate():
        raise RuleViolation("future", _("What was done cannot lie in the future."))
    if legal_case.filed_on is not None and on < legal_case.filed_on:
        raise RuleViolation("before_filing", _("That was before the case was filed."))


def _note_step(legal_case: LegalCase, on: date, actor: User) -> None:
    """Legal action is a step of the open collection case too."""
    case = CollectionCase.objects.open().filter(account=legal_case.account_id).first()
    if case is not None:
        collections.record_action(
            case.pk,
            kind=CollectionAction.Kind.LEGAL,
            done_on=on,
            note=f"{legal_case.court} {legal_case.case_number}",
            actor=actor,
        )


def _tell(legal_case: LegalCase, verb: str, *, actor: User, reason: str = "") -> None:
    data = {
        "legal_case": legal_case.pk,
        "amount": legal_case.claim_amount,
        "number": legal_case.case_number,
        "status": legal_case.status,
    }
    tell(
        legal_case,
        f"credit.legal_case_{verb}",
        account_id=legal_case.account_id,
        actor=actor,
        data=data,
        reason=reason,
    )
