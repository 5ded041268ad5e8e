"""Disputes 争议: what a customer contests, until it is settled. docs/policies/credit.md 10.4."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from credit import policies
from credit.models import Dispute, Invoice, Policy
from credit.services import receiving
from credit.services.telling import tell
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def open_dispute(
    invoice_id: int, *, amount: Decimal, reason: str, actor: User, note: str = ""
) -> Dispute:
    """Record that a part of an invoice is contested: from today it is not overdue.

    Refused: already_disputed, amount (not positive, or more than what is open).
    """
    invoice = receiving.locked_invoice(invoice_id)
    if invoice.disputes.filter(settled_on=None).exists():
        raise RuleViolation("already_disputed", _("A dispute about this invoice is open already."))
    if not 0 < amount <= invoice.open_amount:
        raise RuleViolation(
            "amount",
            _("Disputed is more than 0 and at most what is open: %.2f.") % invoice.open_amount,
        )
    today = timezone.localdate()
    policy = policies.in_force(Policy.Kind.COLLECTIONS, today).rules.disputes
    dispute = Dispute.objects.create(
        invoice=invoice,
        amount=amount,
        reason=Dispute.Reason(reason),
        note=note.strip(),
        opened_on=today,
        opened_by=actor,
        suspends_until=today + timedelta(days=policy.days),
    )
    _mark(invoice, disputed=True, actor=actor)
    data = {"amount": amount, "cause": reason}
    _tell(dispute, "opened", actor=actor, data=data, reason=dispute.note)
    return dispute


@transaction.atomic
def settle_dispute(dispute_id: int, *, outcome: str, actor: User, note: str = "") -> Dispute:
    """End a dispute: what is open of the invoice counts again. Refused: settled."""
    found = Dispute.objects.values_list("invoice_id", flat=True).get(pk=dispute_id)
    invoice = receiving.locked_invoice(found)
    dispute = Dispute.objects.select_for_update(of=("self",)).get(pk=dispute_id)
    if dispute.settled_on is not None:
        raise RuleViolation("settled", _("This dispute is settled already."))
    dispute.settled_on, dispute.settled_by = timezone.localdate(), actor
    dispute.outcome, dispute.outcome_note = Dispute.Outcome(outcome), note.strip()
    dispute.save(update_fields=["settled_on", "settled_by", "outcome", "outcome_note"])
    dispute.invoice = invoice
    _mark(invoice, disputed=False, actor=actor)
    _tell(dispute, "settled", actor=actor, data={"outcome": outcome}, reason=dispute.outcome_note)
    return dispute


def _mark(invoice: Invoice, *, disputed: bool, actor: User) -> None:
    """Say so on the invoice and look again at what is held for being overdue."""
    invoice.disputed = disputed
    invoice.save(update_fields=["disputed", "updated_at"])
    receiving.decide_again([invoice.account_id], (), actor=actor)


def _tell(dispute: Dispute, verb: str, *, actor: User, data: dict[str, Any], reason: str) -> None:
    tell(
        dispute,
        f"credit.dispute_{verb}",
        account_id=dispute.invoice.account_id,
        actor=actor,
        data={"invoice": dispute.invoice.invoice_number, **data},
        reason=reason,
    )
