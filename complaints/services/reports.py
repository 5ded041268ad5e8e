"""The 8D report 8D报告, its actions, and the customers who may have the same trouble.

docs/policies/complaints.md section 6.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.services import kept_live, survivor_locked
from accounts.services.timeline import record_event
from complaints.models import Action, Complaint, Report, SimilarCustomer
from complaints.notices import WORK_GIVEN
from complaints.queries import similar_accounts
from complaints.services import moves
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from kam.core.models import AuditEntry
    from staff.models import User

PARTS = ("team", "problem", "containment", "occurrence_cause", "escape_cause", "lessons")


@transaction.atomic
def write_report(complaint_id: int, *, version: int, actor: User, **parts: str) -> Report:
    """Write the report; parts that are not given stay as they are.

    version: of the report that the writer had before them, 0 for none. Refused: moved (closed),
    stale (somebody has written it since).
    """
    complaint = moves.locked_open(complaint_id)
    report = Report.objects.filter(complaint=complaint).first()
    if version != (report.version if report else 0):
        message = _("Somebody has changed the report since you read it; please reload.")
        raise RuleViolation("stale", message)
    report = report or Report(complaint=complaint, version=0)
    given = {name: parts[name].strip() for name in PARTS if name in parts}
    if not (changes := audit.diff(report, given)):
        return report
    for name, value in given.items():
        setattr(report, name, value)
    report.version, report.updated_by = report.version + 1, actor
    report.save()
    moves.tell(complaint, "report_written", actor=actor, data={"parts": sorted(changes)})
    return report


# --- actions


@transaction.atomic
def add_action(
    complaint_id: int, *, kind: str, text: str, owner: User, due_on: date, actor: User
) -> Action:
    """Have somebody do something by a day. Refused: moved (closed), empty."""
    complaint = moves.locked_open(complaint_id)
    action = Action.objects.create(
        complaint=complaint,
        kind=Action.Kind(kind),
        text=moves.required(text),
        owner=owner,
        due_on=due_on,
        added_by=actor,
    )
    data = {"kind": kind, "owner": owner, "owner_id": owner.pk, "due_on": due_on}
    entry = moves.tell(complaint, "action_added", actor=actor, data=data, reason=action.text)
    _give(action, complaint, cause=entry)
    return action


@transaction.atomic
def give_action(action_id: int, *, to: User, actor: User, reason: str = "") -> Action:
    """Have another person do it. Refused: moved (closed), done."""
    complaint, action = _locked_action(action_id)
    if action.done_at:
        raise RuleViolation("done", _("This action is done already."))
    if action.owner_id == to.pk:
        return action
    data = {"from": str(action.owner), "to": str(to), "owner_id": to.pk}
    action.owner = to
    action.save(update_fields=["owner"])
    entry = moves.tell(complaint, "action_given", actor=actor, data=data, reason=reason)
    _give(action, complaint, cause=entry)
    return action


def _give(action: Action, complaint: Complaint, *, cause: AuditEntry) -> None:
    data = {"text": action.text[:200]}
    moves.notify(complaint, [action.owner_id], WORK_GIVEN, cause=cause, data=data)


@transaction.atomic
def finish_action(action_id: int, *, note: str, actor: User) -> Action:
    """Say that it is done, and what was done. Refused: moved (closed), done, not_owner, empty.

    Its owner says so, or who may change every such complaint.
    """
    complaint, action = _locked_action(action_id)
    if action.done_at:
        raise RuleViolation("done", _("This action is done already."))
    if action.owner_id != actor.pk and not actor.has_perm("complaints.change_complaint"):
        raise RuleViolation("not_owner", _("Its owner says when it is done."))
    action.done_at, action.done_by = timezone.now(), actor
    action.done_note = moves.required(note)
    action.save(update_fields=["done_at", "done_by", "done_note"])
    moves.tell(complaint, "action_done", actor=actor, reason=action.done_note, subject=action)
    return action


@transaction.atomic
def verify_action(action_id: int, *, is_effective: bool, verification: str, actor: User) -> Action:
    """Another person than who did it looks whether it worked; if not it is to be done again.

    Refused: moved (closed), not_done, verified, own_action, empty.
    """
    complaint, action = _locked_action(action_id)
    if action.verified_at:
        raise RuleViolation("verified", _("This action is verified already."))
    if not action.done_at:
        raise RuleViolation("not_done", _("This action is not done yet."))
    if action.done_by_id == actor.pk:
        raise RuleViolation("own_action", _("Another person verifies what you did."))
    verification = moves.required(verification)
    if is_effective:
        action.verified_at, action.verified_by = timezone.now(), actor
        action.verification = verification
    else:
        action.done_at = action.done_by = None
    action.save()
    verb = "action_verified" if is_effective else "action_returned"
    moves.tell(complaint, verb, actor=actor, reason=verification, subject=action)
    return action


@transaction.atomic
def drop_action(action_id: int, *, reason: str, actor: User) -> None:
    """Take back an action that is not done. Refused: moved (closed), done, empty."""
    complaint, action = _locked_action(action_id)
    if action.done_at:
        raise RuleViolation("done", _("This action is done already."))
    data = {"text": action.text, "owner": action.owner}
    reason = moves.required(reason)
    moves.tell(complaint, "action_dropped", actor=actor, data=data, reason=reason, subject=action)
    action.delete()


def _locked_action(action_id: int) -> tuple[Complaint, Action]:
    """An action under the lock of its complaint."""
    complaint_id = Action.objects.values_list("complaint", flat=True).get(pk=action_id)
    complaint = moves.locked_open(complaint_id)
    return complaint, complaint.actions.select_related("owner").get(pk=action_id)


# --- similar customers


@transaction.atomic
def find_similar(complaint_id: int, *, actor: User) -> int:
    """List who bought the same product within a year; how many were added. Refused: moved."""
    complaint = moves.locked_open(complaint_id)
    found = similar_accounts(complaint, timezone.localdate())
    return _add_similar(complaint, found, actor=actor)


@transaction.atomic
def add_similar(complaint_id: int, *, account: Account, actor: User) -> int:
    """List one more customer. Refused: moved (closed), own_account (the one who complained)."""
    complaint = moves.locked_open(complaint_id, beside=account)
    account = survivor_locked(account.pk)
    if complaint.account_id == account.pk:
        raise RuleViolation("own_account", _("This customer has complained itself."))
    if complaint.similar_customers.filter(account=account).exists():
        return 0
    return _add_similar(complaint, [account.pk], actor=actor)


@transaction.atomic
def tell_similar(similar_id: int, *, note: str, actor: User) -> SimilarCustomer:
    """Note that a customer was told, how and by whom. Refused: moved (closed), told, empty."""
    complaint, similar = _locked_similar(similar_id)
    if similar.told_at:
        raise RuleViolation("told", _("This customer has been told already."))
    similar.told_at, similar.told_by = timezone.now(), actor
    similar.note = moves.required(note)
    similar.save(update_fields=["told_at", "told_by", "note"])
    data = {"account": similar.account.account_number}
    moves.tell(complaint, "similar_customer_told", actor=actor, data=data, reason=similar.note)
    return similar


@transaction.atomic
def drop_similar(similar_id: int, *, reason: str, actor: User) -> None:
    """It does not concern this customer. Refused: moved (closed), told, empty."""
    complaint, similar = _locked_similar(similar_id)
    if similar.told_at:
        raise RuleViolation("told", _("This customer has been told already."))
    data = {"account": similar.account.account_number}
    reason = moves.required(reason)
    moves.tell(complaint, "similar_customer_dropped", actor=actor, data=data, reason=reason)
    similar.delete()


def _locked_similar(similar_id: int) -> tuple[Complaint, SimilarCustomer]:
    complaint_id = SimilarCustomer.objects.values_list("complaint", flat=True).get(pk=similar_id)
    complaint = moves.locked_open(complaint_id)
    return complaint, complaint.similar_customers.select_related("account").get(pk=similar_id)


def _add_similar(complaint: Complaint, account_ids: list[int], *, actor: User) -> int:
    """Their managers read it on the timelines: the product, not who complained."""
    account_ids = sorted(kept_live(account_ids))
    SimilarCustomer.objects.bulk_create(
        SimilarCustomer(complaint=complaint, account_id=pk, added_by=actor) for pk in account_ids
    )
    if account_ids:
        data = {"product": str(complaint.product or ""), "category": complaint.category}
        record_event(account_ids, "complaints.similar_trouble_noted", actor=actor, data=data)
        count = {"number": len(account_ids)}
        moves.tell(complaint, "similar_customers_listed", actor=actor, data=count)
    return len(account_ids)
