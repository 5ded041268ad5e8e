"""Collection cases 催收个案: opened, worked on, closed. docs/policies/credit.md section 10."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account, Contact
from accounts.services import kept_row, live_locked
from accounts.services.timeline import record_event
from credit.models import CollectionAction, CollectionCase, Invoice, OverdueMeasure
from credit.queries.overdue import past_due
from credit.services import measure_results, promises
from credit.services.cases import locked_case, refuse_other_contact, refuse_other_invoices
from credit.services.telling import tell
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

Kind = CollectionAction.Kind
CloseReason = CollectionCase.CloseReason


@transaction.atomic
def open_case(
    account_id: int,
    *,
    cause: str = CollectionCase.Cause.OVERDUE,
    actor: User | None = None,
    plan: str = "",
) -> CollectionCase:
    """The open case of an account, opened now when there is none; its manager collects.

    actor: None for the nightly job. Calling it again changes nothing. Refused: merged.
    """
    account = live_locked(account_id)
    case, is_new = CollectionCase.objects.get_or_create(
        account=account,
        status=CollectionCase.Status.OPEN,
        defaults={
            "cause": cause,
            "opened_on": timezone.localdate(),
            "opened_by": actor,
            "owner_id": account.manager_id,
            "plan": plan.strip(),
        },
    )
    if is_new:
        _tell(case, "case_opened", actor=actor, data={"cause": cause})
        _planned(case, actor)
    return case


@transaction.atomic
def open_cases(account_ids: Collection[int], *, on: date) -> int:
    """Open cases of overdue accounts that have none, by the nightly job; how many."""
    accounts = Account.objects.filter(pk__in=account_ids, merged_into=None).exclude(
        collection_cases__status=CollectionCase.Status.OPEN
    )
    managers = dict(accounts.order_by("pk").values_list("pk", "manager_id"))
    CollectionCase.objects.bulk_create(
        (
            CollectionCase(
                account_id=pk,
                owner_id=manager_id,
                cause=CollectionCase.Cause.OVERDUE,
                opened_on=on,
            )
            for pk, manager_id in managers.items()
        ),
        batch_size=2000,
        ignore_conflicts=True,
    )
    data = {"cause": CollectionCase.Cause.OVERDUE}
    record_event(managers, "credit.case_opened", actor=None, data=data)
    return len(managers)


@transaction.atomic
def record_action(
    case_id: int,
    *,
    kind: str,
    done_on: date,
    actor: User,
    contact: Contact | None = None,
    outcome: str = "",
    note: str = "",
    letter: str = "",
    invoices: Collection[Invoice] = (),
) -> CollectionAction:
    """Record what was done. It ends a putting-off.

    A letter or formal demand lets the limitation of its invoices begin anew. Refused: closed,
    future, other_contact, other_invoice, letter_missing (it is recorded with its text).
    """
    case = locked_case(case_id)
    if done_on > timezone.localdate():
        raise RuleViolation("future", _("What was done cannot lie in the future."))
    refuse_other_contact(case, contact)
    refuse_other_invoices(case, invoices)
    if kind in CollectionAction.PROVABLE and not letter.strip():
        raise RuleViolation("letter_missing", _("A letter is recorded with its text."))
    action = CollectionAction.objects.create(
        case=case,
        kind=Kind(kind),
        done_on=done_on,
        contact=contact,
        outcome=outcome,
        note=note.strip(),
        letter=letter.strip(),
        actor=actor,
    )
    action.invoices.set(invoices)
    if case.snoozed_until is not None:
        case.snoozed_until = None
        case.save(update_fields=["snoozed_until"])
    data = {"kind": action.kind, "done_on": done_on, "outcome": outcome, "note": action.note}
    tell(
        action,
        "credit.collection_step_taken",
        account_id=case.account_id,
        actor=actor,
        data=data | {"case": case.pk},
    )
    return action


@transaction.atomic
def snooze(case_id: int, *, until: date, actor: User, reason: str = "") -> CollectionCase:
    """Put the next step off until a day. Refused: closed, past (not after today)."""
    case = locked_case(case_id)
    if until <= timezone.localdate():
        raise RuleViolation("past", _("Put it off until a day after today."))
    case.snoozed_until = until
    case.save(update_fields=["snoozed_until"])
    _tell(case, "case_put_off", actor=actor, data={"until": until}, reason=reason)
    return case


@transaction.atomic
def plan_case(
    case_id: int, *, owner: User | None, plan: str, actor: User, reason: str = ""
) -> CollectionCase:
    """Say who collects, and how 收帐方案. Nothing is written when both are so already."""
    case = locked_case(case_id)
    if (case.owner, case.plan) == (owner, plan.strip()):
        return case
    case.owner, case.plan = owner, plan.strip()
    case.save(update_fields=["owner", "plan"])
    data = {"owner": owner or "", "plan": case.plan}
    _tell(case, "case_planned", actor=actor, data=data, reason=reason)
    _planned(case, actor)
    return case


def _planned(case: CollectionCase, actor: User | None) -> None:
    """A case with a plan is the plan that an overdue account was to get (section 11.5)."""
    if case.plan:
        measure_results.done(
            case.account_id,
            OverdueMeasure.Kind.COLLECTION_PLAN,
            on=timezone.localdate(),
            result=case.plan,
            actor=actor,
        )


@transaction.atomic
def close_case(
    case_id: int, *, reason: str, note: str = "", actor: User | None = None
) -> CollectionCase:
    """Close a case; what is still overdue then starts a new one only when it is opened again.

    Refused: closed, open_promise, note_required (for other reasons than those listed).
    """
    case = locked_case(case_id)
    if case.promises.filter(status="open").exists():
        raise RuleViolation("open_promise", _("A promise to pay is still open."))
    if reason == CloseReason.OTHER and not note.strip():
        raise RuleViolation("note_required", _("Say why the case is closed."))
    _close(case, reason, note=note.strip(), actor=actor)
    return case


def close_settled(account_ids: Collection[int] | None = None, *, on: date) -> int:
    """Close open cases of accounts that owe nothing past its due date any more; how many.

    Disputed invoices still keep a case open, and so does an open promise. Safe to repeat.
    account_ids: only of these; None: of all.
    """
    cases = CollectionCase.objects.open().exclude(promises__status="open")
    if account_ids is not None:
        cases = cases.filter(account__in=account_ids)
    accounts = dict(cases.values_list("account_id", "pk"))
    if not accounts:
        return 0
    owing = past_due(accounts, on)
    settled = sorted(pk for account_id, pk in accounts.items() if account_id not in owing)
    return sum(_close_settled(pk) for pk in settled)


@transaction.atomic
def _close_settled(case_id: int) -> bool:
    case = kept_row(CollectionCase.objects.all(), case_id)
    if case.is_open:
        _close(case, CloseReason.SETTLED, note="", actor=None)
        return True
    return False


def receivables_changed(account_ids: Collection[int], *, actor: User | None = None) -> None:
    """After a payment, a write-off or an amended invoice: promises kept, cases settled.

    Call it in the transaction of the change. One query where nobody collects.
    """
    concerned = set(
        CollectionCase.objects.filter(account__in=account_ids).values_list("account_id", flat=True)
    )
    if concerned:
        today = timezone.localdate()
        promises.evaluate(concerned, on=today, actor=actor)
        close_settled(concerned, on=today)


def collect_nightly(on: date) -> int:
    """Judge every promise that is open and close what is settled; how many rows changed."""
    waiting = CollectionCase.objects.filter(promises__status="open")
    accounts = set(waiting.values_list("account_id", flat=True))
    return promises.evaluate(accounts, on=on) + close_settled(on=on)


def _close(case: CollectionCase, reason: str, *, note: str, actor: User | None) -> None:
    case.status, case.closed_on = CollectionCase.Status.CLOSED, timezone.localdate()
    case.closed_by, case.close_reason, case.close_note = actor, CloseReason(reason), note
    case.save(update_fields=["status", "closed_on", "closed_by", "close_reason", "close_note"])
    _tell(case, "case_closed", actor=actor, data={"cause": reason}, reason=note)


def _tell(
    case: CollectionCase,
    verb: str,
    *,
    actor: User | None,
    data: Mapping[str, object],
    reason: str = "",
) -> None:
    tell(
        case,
        f"credit.{verb}",
        account_id=case.account_id,
        actor=actor,
        data={"case": case.pk, **data},
        reason=reason,
    )
