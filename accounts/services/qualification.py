"""From prospect to customer, or not: begun, assessed, decided with reasons (A8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import qualification_words
from accounts.models import Account, Qualification, Stage
from accounts.services.archive import create_account, live_locked
from accounts.services.timeline import record_event
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def create_prospect(
    *,
    account_number: str,
    name: str,
    actor: User,
    fields: Mapping[str, Any] | None = None,
    manager: User | None = None,
) -> Account:
    """Open the archive of a company that is no customer yet, and its qualification."""
    account = create_account(
        account_number=account_number,
        name=name,
        actor=actor,
        fields={**(fields or {}), "stage": Stage.PROSPECT},
        manager=manager,
    )
    _open(account, actor)
    return account


@transaction.atomic
def reopen(account_id: int, *, actor: User) -> Qualification:
    """Take up a company again that was not pursued; the earlier decision stays on record."""
    account = live_locked(account_id)
    if account.stage != Stage.REJECTED:
        raise RuleViolation(
            "not_rejected", _("Only a company that was given up is taken up again.")
        )
    account.stage = Stage.PROSPECT
    account.save(update_fields=["stage"])
    return _open(account, actor)


@transaction.atomic
def assess(
    qualification_id: int, *, answers: Mapping[str, Any], expected: datetime, actor: User
) -> Qualification:
    """Write down what is known. `expected`: the `updated_at` that the actor saw."""
    qualification = _open_one(qualification_id, expected)
    if changes := audit.diff(qualification, answers):
        for name in changes:
            setattr(qualification, name, answers[name])
        qualification.save(update_fields=[*changes, "updated_at"])
        audit.record(
            qualification.account, "accounts.prospect_assessed", actor=actor, changes=changes
        )
    return qualification


@transaction.atomic
def decide(
    qualification_id: int, *, accept: bool, reasons: str, expected: datetime, actor: User
) -> Qualification:
    """Make the prospect a customer, or give it up; with reasons, on the answers the actor saw.

    Refused: `customer_already`, `not_qualified` for what the answers do not allow,
    `reasons_required`, `stale`, `decided`.
    """
    qualification = _open_one(qualification_id, expected)
    account = qualification.account
    if account.stage == Stage.CUSTOMER:  # a merge put it together with one
        message = _("This company is a customer by now: there is nothing left to decide.")
        raise RuleViolation("customer_already", message)
    screening = qualification.screening()
    if not reasons.strip():
        raise RuleViolation("reasons_required", _("Say why."))
    if accept and not screening.may_accept:
        raise RuleViolation("not_qualified", qualification_words.advice(screening))
    status = Qualification.Status.ACCEPTED if accept else Qualification.Status.REJECTED
    qualification.status, qualification.reasons = status, reasons.strip()
    qualification.decided_by, qualification.decided_at = actor, timezone.now()
    qualification.save(
        update_fields=["status", "reasons", "decided_by", "decided_at", "updated_at"]
    )
    changes = audit.diff(account, {"stage": Stage.CUSTOMER if accept else Stage.REJECTED})
    kind = f"accounts.prospect_{status}"
    audit.record(account, kind, actor=actor, changes=changes, reason=reasons)
    account.stage = Stage.CUSTOMER if accept else Stage.REJECTED
    account.save(update_fields=["stage"])
    data = {"reasons": reasons.strip(), "advice": screening.advice}
    record_event([account.pk], kind, actor=actor, data=data)
    return qualification


def _open(account: Account, actor: User) -> Qualification:
    qualification = Qualification.objects.create(account=account, opened_by=actor)
    audit.record(account, "accounts.prospect_opened", actor=actor)
    record_event([account.pk], "accounts.prospect_opened", actor=actor)
    return qualification


def _open_one(qualification_id: int, expected: datetime) -> Qualification:
    """The open qualification with its account, both locked, as the actor saw it."""
    account_id = Qualification.objects.values_list("account", flat=True).get(pk=qualification_id)
    account = live_locked(account_id)
    rows = Qualification.objects.select_for_update(of=("self",))
    qualification = rows.get(pk=qualification_id)
    qualification.account = account
    if qualification.status != Qualification.Status.OPEN:
        message = _("%(person)s has decided this already.") % {"person": qualification.decided_by}
        raise RuleViolation("decided", message)
    if qualification.updated_at != expected:
        message = _("Somebody changed the answers meanwhile; please look at them again.")
        raise RuleViolation("stale", message)
    return qualification
