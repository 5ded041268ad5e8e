"""What every write to a complaint begins and ends with: the row lock, the table of moves, the
clock, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account, Tier
from accounts.services import kept_live
from accounts.services.timeline import record_event
from complaints import notices, rules, words
from complaints.models import Complaint
from complaints.rules import Rung, Status
from kam.core import audit
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from notifications import services as notifications
from tiering import standards

if TYPE_CHECKING:
    from staff.models import User


def locked(complaint_id: int, *, beside: Account | None = None) -> Complaint:
    """A complaint under lock; its account, and the one beside it, are kept from being merged.

    Refused: history (loaded, so it has no procedure).
    """
    account_ids = Complaint.objects.filter(pk=complaint_id).values_list("account", flat=True)
    kept_live([*account_ids, beside.pk if beside else None])
    rows = Complaint.objects.select_related("account", "assignee")
    complaint = rows.select_for_update(of=("self",)).get(pk=complaint_id)
    if complaint.imported:
        raise RuleViolation("history", _("This complaint was loaded as history."))
    return complaint


def locked_open(complaint_id: int, *, beside: Account | None = None) -> Complaint:
    """The same; refused too: moved (it is closed)."""
    complaint = locked(complaint_id, beside=beside)
    if not complaint.is_open:
        raise moved(complaint)
    return complaint


def move(complaint: Complaint, to: Status) -> None:
    """Set the status. Refused: moved (from where it stands now it does not go there)."""
    if to not in rules.NEXT[Status(complaint.status)]:
        raise moved(complaint)
    complaint.status = to


def moved(complaint: Complaint) -> RuleViolation:
    """What somebody is told whom another one forestalled: how it stands, and who did it."""
    entries = AuditEntry.objects.filter(
        subject_type=Complaint._meta.label, subject_id=complaint.pk
    ).select_related("actor")
    last = entries.order_by("-at", "-pk").first()
    message = _("The complaint stands at “%(status)s” now (%(who)s, %(at)s). Please reload.") % {
        "status": words.STATUSES[Status(complaint.status)],
        "who": (last and last.actor) or _("the system"),
        "at": f"{timezone.localtime(last.at if last else None):%Y-%m-%d %H:%M}",
    }
    return RuleViolation("moved", message)


# --- the clock


def standard(complaint: Complaint, on: date) -> tuple[standards.InForce, standards.Response]:
    """The service standard of a day and what it promises this customer."""
    force = standards.in_force(on)
    tier = force.standard.tiers[complaint.tier or Tier.ORDINARY]
    return force, tier.responses[complaint.severity]


def start_clock(complaint: Complaint, since: datetime) -> None:
    """Work out both deadlines from a moment on, and when the first rung is called.

    All by the standard of that day, until the clock is started anew.
    """
    force, promise = standard(complaint, timezone.localdate(since))
    clock = force.standard.hours
    complaint.standard_version = force.version
    if complaint.acknowledged_at is None:
        complaint.acknowledge_due_at = clock.add(since, rules.hours(promise.acknowledge_hours))
    complaint.due_at = clock.add(since, rules.hours(promise.resolve_hours))
    if since == complaint.received_at:
        complaint.due_at = clock.add(complaint.due_at, complaint.waited)
    set_alarm(complaint)


def was_started_anew(complaint: Complaint) -> bool:
    """Whether its clock does not run from the receipt any more."""
    contested = AuditEntry.objects.filter(
        subject_type=Complaint._meta.label,
        subject_id=complaint.pk,
        action="complaints.solution_contested",
    )
    return complaint.reopened > 0 or contested.exists()


def working_hours(complaint: Complaint) -> rules.Clock:
    """The working hours in which this complaint's deadlines run."""
    return _standard_of(complaint).hours


def _standard_of(complaint: Complaint) -> standards.Standard:
    """The standard by which its clock was started."""
    assert complaint.standard_version is not None  # noqa: S101 - only history may have none
    return standards.of_version(complaint.standard_version)


def _ladder(escalation: standards.Escalation) -> dict[Rung, timedelta]:
    return {
        Rung.MANAGER: rules.hours(escalation.manager_hours),
        Rung.DIRECTOR: rules.hours(escalation.director_hours),
        Rung.DEPUTY_GM: rules.hours(escalation.deputy_gm_hours),
    }


def set_alarm(complaint: Complaint) -> None:
    """Say when the scheduler is to look at it."""
    deadline = rules.running_deadline(
        Status(complaint.status), complaint.acknowledge_due_at, complaint.due_at
    )
    if complaint.is_waiting:
        complaint.escalate_at = None
        return
    known = _standard_of(complaint)
    complaint.escalate_at = rules.escalate_at(
        known.hours, deadline, _ladder(known.escalation), complaint.escalation_level
    )


def note_missed(complaint: Complaint, now: datetime) -> list[str]:
    """Note deadlines that have passed, each once, with a breach on the timeline; changed columns.

    Called by the scheduler and by whoever acts too late before it has looked.
    """
    found = []
    for noun, due, done in (
        ("acknowledgement", complaint.acknowledge_due_at, complaint.acknowledged_at),
        ("resolution", complaint.due_at, complaint.resolved_at or complaint.waiting_since),
    ):
        column = f"{noun}_missed_at"
        if due is None or (done or now) <= due or getattr(complaint, column) == due:
            continue
        setattr(complaint, column, due)
        found.append(column)
        data = {"standard_version": complaint.standard_version or 0, "tier": complaint.tier}
        tell(
            complaint,
            f"{noun}_missed",
            actor=None,
            data={**data, "severity": complaint.severity, "due_at": due.isoformat()},
        )
    return found


# --- what is told


def save(complaint: Complaint, *fields: str) -> None:
    """Write these columns."""
    complaint.save(update_fields=[*fields, "updated_at"])


def tell(
    complaint: Complaint,
    verb: str,
    *,
    actor: User | None,
    data: Mapping[str, Any] | None = None,
    reason: str = "",
    subject: Model | None = None,
) -> AuditEntry:
    """Record "complaints.<verb>" in the audit trail, and on the account's timeline if it has one.

    The audit entries of a complaint are its history on its page, so they are all kept under it;
    `subject` names a part of it.
    """
    plain = {name: _plain(value) for name, value in (data or {}).items()}
    part = {"part": str(subject)} if subject is not None else {}
    action = f"complaints.{verb}"
    entry = audit.record(complaint, action, actor=actor, changes=plain | part, reason=reason)
    tell_account(complaint, verb, actor=actor, data=plain | {"reason": reason})
    if complaint.account_id is None and complaint.assignee_id and action in notices.OF_THE_SOLVER:
        notify(complaint, [complaint.assignee_id], action, cause=entry)
    return entry


def tell_account(
    complaint: Complaint, verb: str, *, actor: User | None, data: Mapping[str, Any]
) -> None:
    """Put it on the account's timeline: notices and webhooks come of that.

    Where the customer is not known there is no timeline, and the webhooks are sent without it.
    """
    known = {"complaint": complaint.complaint_number, "title": complaint.title, **data}
    action = f"complaints.{verb}"
    if complaint.account_id is None:
        notifications.send_without_account(action, data=known)
    else:
        record_event([complaint.account_id], action, actor=actor, data=known)


def notify(
    complaint: Complaint,
    people: Iterable[int],
    kind: str,
    *,
    cause: AuditEntry,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Tell people who may not see the account, or of a complaint that has none."""
    notifications.notify(
        [person for person in people if person != cause.actor_id],
        kind,
        cause=f"complaints:{cause.pk}",
        url=complaint.get_absolute_url(),
        data={"complaint": complaint.complaint_number, "title": complaint.title, **(data or {})},
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value if isinstance(value, int | list) else str(value)


def required(text: str) -> str:
    """The text without space around it. Refused: empty."""
    if not text.strip():
        raise RuleViolation("empty", _("Say it in words."))
    return text.strip()
