"""Bad debts written off 坏账核销, and taken back; both need another person's signature.

docs/policies/credit.md section 10.5.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import Request
from approvals.services import open_request
from credit.models import Allocation, Invoice, WriteOff
from credit.services import receiving
from credit.services.ledger import Ledger
from credit.services.telling import tell
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

WRITE_OFF = "credit.write_off"
REVERSAL = "credit.write_off_reversal"
Status = WriteOff.Status


@transaction.atomic
def propose(invoice_id: int, *, amount: Decimal, reason: str, actor: User) -> WriteOff:
    """Ask to give up a receivable or a part of it; it counts once others have signed.

    Refused: already_proposed, amount (not positive, or more than what is open) and what
    `approvals.services.open_request` refuses.
    """
    invoice = receiving.locked_invoice(invoice_id)
    if invoice.write_offs.filter(status=Status.PROPOSED).exists():
        raise RuleViolation("already_proposed", _("A write-off of this invoice is proposed."))
    _refuse_amount(amount, invoice)
    write_off = WriteOff.objects.create(
        invoice=invoice, amount=amount, reason=reason.strip(), proposed_by=actor
    )
    title = _("Write off %(amount)s of invoice %(invoice)s of %(account)s") % {
        "amount": f"{amount:,.2f}",
        "invoice": invoice,
        "account": invoice.account,
    }
    open_request(
        kind=WRITE_OFF, subject=write_off, reason=reason, amount=amount, title=title, actor=actor
    )
    _tell(write_off, "proposed", actor=actor, reason=reason)
    return write_off


@transaction.atomic
def propose_reversal(write_off_id: int, *, reason: str, actor: User) -> WriteOff:
    """Ask to take a write-off back, as the debtor pays after all. Refused: not_approved and
    what `approvals.services.open_request` refuses."""
    write_off = _locked(write_off_id)
    if write_off.status != Status.APPROVED:
        raise RuleViolation("not_approved", _("Only an approved write-off is reversed."))
    title = _("Reverse the write-off of %(amount).2f of invoice %(invoice)s") % {
        "amount": write_off.amount,
        "invoice": write_off.invoice,
    }
    open_request(
        kind=REVERSAL,
        subject=write_off,
        reason=reason,
        amount=write_off.amount,
        title=title,
        actor=actor,
    )
    _tell(write_off, "reversal_proposed", actor=actor, reason=reason)
    return write_off


def approve(request: Request, actor: User) -> None:
    """The last signature is there: the invoice is settled by the write-off.

    Refused: amount (less is open by now).
    """
    write_off = _locked(request.object_id)
    invoice = receiving.locked_invoice(write_off.invoice_id)
    _refuse_amount(write_off.amount, invoice)
    _close(write_off, Status.APPROVED)
    Allocation.objects.create(
        invoice=invoice,
        write_off=write_off,
        amount=write_off.amount,
        effective_on=timezone.localdate(),
    )
    _settle(invoice, write_off.amount)
    _tell(write_off, "approved", actor=actor, reason=write_off.reason)
    receiving.decide_again([invoice.account_id], {invoice.order_number} - {""}, actor=actor)


def reject(request: Request, actor: User | None) -> None:
    """The request came to nothing."""
    write_off = _locked(request.object_id)
    _close(write_off, Status.REJECTED)
    _tell(write_off, "rejected", actor=actor)


def reverse(request: Request, actor: User) -> None:
    """The last signature is there: the invoice is open again; unallocated money settles it."""
    write_off = _locked(request.object_id)
    invoice = receiving.locked_invoice(write_off.invoice_id)
    parts = Allocation.objects.filter(write_off=write_off)
    amount = parts.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    parts.delete()
    _settle(invoice, -amount)
    _close(write_off, Status.REVERSED)
    ledger = Ledger([invoice.account_id])
    if invoice.pk in ledger.bills:
        ledger.take_up([ledger.bills[invoice.pk]])
        ledger.write()
    _tell(write_off, "reversed", actor=actor, reason=request.reason)
    receiving.decide_again([invoice.account_id], {invoice.order_number} - {""}, actor=actor)


def keep(request: Request, actor: User | None) -> None:
    """The reversal came to nothing: the write-off stands."""


def snapshot(write_off: WriteOff) -> dict[str, Any]:
    """What signers see; a payment that comes in between makes their signature stale."""
    invoice = write_off.invoice
    return {
        "account": invoice.account.name,
        "invoice": invoice.invoice_number,
        "due_on": invoice.due_on,
        "invoice_amount": invoice.amount,
        "open_amount": invoice.open_amount,
        "amount": write_off.amount,
    }


def _locked(write_off_id: int) -> WriteOff:
    rows = WriteOff.objects.select_related("invoice__account").select_for_update(of=("self",))
    return rows.get(pk=write_off_id)


def _refuse_amount(amount: Decimal, invoice: Invoice) -> None:
    if not 0 < amount <= invoice.open_amount:
        raise RuleViolation(
            "amount",
            _("Written off is more than 0 and at most what is open: %.2f.") % invoice.open_amount,
        )


def _close(write_off: WriteOff, status: str) -> None:
    write_off.status, write_off.closed_at = Status(status), timezone.now()
    write_off.save(update_fields=["status", "closed_at"])


def _settle(invoice: Invoice, amount: Decimal) -> None:
    rows = Invoice.objects.filter(pk=invoice.pk)
    rows.update(settled=F("settled") + amount, updated_at=timezone.now())


def _tell(write_off: WriteOff, verb: str, *, actor: User | None, reason: str = "") -> None:
    invoice = write_off.invoice
    tell(
        write_off,
        f"credit.write_off_{verb}",
        account_id=invoice.account_id,
        actor=actor,
        data={"invoice": invoice.invoice_number, "amount": write_off.amount},
        reason=reason,
    )
