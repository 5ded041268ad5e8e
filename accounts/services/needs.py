"""What customers want of us 需求 (A13), from hearing it to their word that it is met.

Source: docs/policies/needs.md.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import need_rules as rules
from accounts.models import Account, Contact, Need
from accounts.people import out_of_hands, who_sees
from accounts.services.archive import kept_row, live_locked
from accounts.services.timeline import record_event
from kam.core import audit
from kam.core.calendar import is_workday
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

Status = Need.Status
MAY_ANSWER = "accounts.change_need"


@transaction.atomic
def collect(
    account: Account,
    *,
    text: str,
    source: str,
    actor: User,
    kind: str = Need.Kind.PRODUCT,
    product: str = "",
    contact: Contact | None = None,
    owner: User | None = None,
    source_url: str = "",
) -> Need:
    """Write down what a customer wants. The account's manager answers, unless an owner is given;
    where there is none, or they have left, it waits for the directors.

    source: of Need.Source. source_url: the page of the visit or complaint it came from, if any.
    Refused: merged, text_required, other_contact.
    """
    account = live_locked(account.pk)
    if not text.strip():
        raise RuleViolation("text_required", _("Write down what the customer wants."))
    if contact and contact.account_id != account.pk:
        raise RuleViolation("other_contact", _("This contact belongs to another account."))
    need = Need.objects.create(
        account=account,
        contact=contact,
        text=text.strip(),
        kind=Need.Kind(kind),
        source=Need.Source(source),
        source_url=source_url,
        product=product.strip(),
        owner=owner or _active(account.manager),
        collected_by=actor,
        answer_due_on=answer_due(timezone.localdate()),
    )
    _tell(need, "need_collected", actor=actor, data={"source": need.source})
    return need


@transaction.atomic
def analyse(
    need_id: int,
    *,
    feasibility: int,
    priority: int,
    analysis: str,
    actor: User,
    kind: str = "",
    product: str | None = None,
) -> Need:
    """Say what it takes and how much it matters; again when more is known.

    Also takes up again what was declined, and what the customer was not content with is analysed
    anew by `send_back`. Refused: stale, analysis_required.
    """
    need = _locked(need_id, Status.ANALYSED, refused=[Status.ANSWERED])
    if not analysis.strip():
        raise RuleViolation("analysis_required", _("Say how you come to this."))
    need.feasibility, need.priority = feasibility, priority
    need.analysis, need.analysed_by, need.analysed_at = analysis.strip(), actor, timezone.now()
    need.kind = Need.Kind(kind) if kind else need.kind
    need.product = need.product if product is None else product.strip()
    _reopen(need)
    need.save()
    data = {"feasibility": feasibility, "priority": priority, "course": need.course}
    _tell(need, "need_analysed", actor=actor, data=data)
    return need


@transaction.atomic
def answer(need_id: int, *, text: str, actor: User) -> Need:
    """Tell the customer how we meet the need. Refused: stale, text_required."""
    need = _locked(need_id, Status.ANSWERED)
    if not text.strip():
        raise RuleViolation("text_required", _("Write down the answer to the customer."))
    need.status = Status.ANSWERED
    need.answer, need.answered_by, need.answered_at = text.strip(), actor, timezone.now()
    need.save()
    _tell(need, "need_answered", actor=actor)
    return need


@transaction.atomic
def confirm(need_id: int, *, outcome: str, actor: User) -> Need:
    """Note that the customer confirms the answer; this closes it. Refused: stale, text_required."""
    need = _locked(need_id, Status.CONFIRMED)
    return _close(need, Status.CONFIRMED, outcome, actor=actor)


@transaction.atomic
def withdraw_confirmation(need_id: int, *, actor: User) -> Need:
    """The customer has not confirmed after all, says who noted it. Refused: not_yours."""
    need = Need.objects.select_for_update(of=("self",)).get(pk=need_id)
    if need.status != Status.CONFIRMED or need.closed_by_id != actor.pk:
        raise RuleViolation("not_yours", _("This is taken back by who noted the confirmation."))
    need.status, need.outcome = Status.ANSWERED, ""
    need.closed_by, need.closed_at = None, None
    need.save()
    _tell(need, "need_confirmation_withdrawn", actor=actor)
    return need


@transaction.atomic
def send_back(need_id: int, *, outcome: str, actor: User) -> Need:
    """Note that the customer wants something else; it is to be answered again within the time.

    Refused: stale (only an answer is sent back), text_required.
    """
    need = _locked(need_id, Status.ANALYSED, refused=[Status.DECLINED, *rules.TO_ANSWER])
    if not outcome.strip():
        raise RuleViolation("text_required", _("Write down what the customer says."))
    need.status, need.outcome = Status.ANALYSED, outcome.strip()
    need.rejections += 1
    need.answer_due_on = answer_due(timezone.localdate())
    need.save()
    _tell(need, "need_sent_back", actor=actor, reason=need.outcome)
    return need


@transaction.atomic
def decline(need_id: int, *, outcome: str, actor: User) -> Need:
    """We do not meet this need, and why; the customer is told. Refused: stale, text_required."""
    need = _locked(need_id, Status.DECLINED)
    return _close(need, Status.DECLINED, outcome, actor=actor)


@transaction.atomic
def give(need_id: int, *, owner: User, actor: User, reason: str = "") -> Need:
    """Let somebody else answer. Refused: closed, stranger (who does not see the account, or may
    not work on needs)."""
    need = Need.objects.select_for_update(of=("self",)).get(pk=need_id)
    if not need.is_open:
        raise RuleViolation("closed", _("This need is closed."))
    if not who_sees(need.account, may=MAY_ANSWER).filter(pk=owner.pk).exists():
        message = _("%(user)s does not see this customer, or may not work on needs.")
        raise RuleViolation("stranger", message % {"user": owner})
    _give(need, owner, actor=actor, reason=reason)
    return need


@transaction.atomic
def pass_on(account_ids: Collection[int], actor: User, reason: str) -> None:
    """Let the managers of these accounts answer what is in nobody's hands any more."""
    rows = Need.objects.open().filter(account__in=account_ids, account__manager__is_active=True)
    lost = out_of_hands(rows, may=MAY_ANSWER).select_related("account__manager")
    for need in lost.select_for_update(of=("self",)).order_by("pk"):
        if need.account.manager:
            _give(need, need.account.manager, actor=actor, reason=reason)


def answer_due(since: date) -> date:
    """The day by which what is collected on a day is answered: ten working days later."""
    day, left = since, rules.ANSWER_WITHIN
    while left:
        day += timedelta(days=1)
        left -= is_workday(day)
    return day


def _active(person: User | None) -> User | None:
    return person if person and person.is_active else None


def _give(need: Need, owner: User, *, actor: User, reason: str) -> None:
    if changes := audit.diff(need, {"owner": owner}):
        need.owner = owner
        need.save(update_fields=["owner"])
        old = changes["owner"][0]
        data = {"from": old if old != "None" else "", "to": str(owner)}
        _tell(need, "need_given", actor=actor, data=data, reason=reason)


def _locked(need_id: int, after: Status, *, refused: list[Any] | None = None) -> Need:
    """The need, locked, when it may go to that status from where it is; else `stale`."""
    need = kept_row(Need.objects.all(), need_id)
    if need.status in (refused or []) or not rules.may_go(need.status, after):
        message = _("This need is “%(status)s” by now; please look at it again.")
        raise RuleViolation("stale", message % {"status": need.get_status_display()})
    return need


def _reopen(need: Need) -> None:
    if need.status == Status.DECLINED:
        need.outcome, need.closed_by, need.closed_at = "", None, None
        need.answer_due_on = answer_due(timezone.localdate())
    need.status = Status.ANALYSED


def _close(need: Need, status: Status, outcome: str, *, actor: User) -> Need:
    if not outcome.strip():
        raise RuleViolation("text_required", _("Write down what the customer says."))
    need.status, need.outcome = status, outcome.strip()
    need.closed_by, need.closed_at = actor, timezone.now()
    need.save()
    _tell(need, f"need_{status}", actor=actor, reason=need.outcome)
    return need


def _tell(
    need: Need, what: str, *, actor: User, data: dict[str, Any] | None = None, reason: str = ""
) -> None:
    kind = f"accounts.{what}"
    audit.record(need, kind, actor=actor, changes=data, reason=reason)
    told = {"need": need.pk, "text": str(need), **(data or {})}
    record_event([need.account_id], kind, actor=actor, data=told)
