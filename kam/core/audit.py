"""Who changed what, and why: called by services inside the transaction of the write."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.utils import timezone

from kam.core.bulk import BulkOutcome
from kam.core.models import AuditEntry
from kam.core.prepared import Prepared, Step

if TYPE_CHECKING:
    from staff.models import User

_ADD = Prepared(  # with the ORM it takes several times as long, for everything that is written
    name="core_add_audit_entry",
    types={
        "at": "timestamptz",
        "actor_id": "bigint",
        "action": "text",
        "subject_type": "text",
        "subject_id": "bigint",
        "subject_name": "text",
        "changes": "jsonb",
        "reason": "text",
    },
    sql="""
INSERT INTO core_auditentry
    (at, actor_id, action, subject_type, subject_id, subject_name, changes, reason)
VALUES (%(at)s, %(actor_id)s, %(action)s, %(subject_type)s, %(subject_id)s, %(subject_name)s,
    %(changes)s, %(reason)s)
RETURNING id
""",
)


def diff(instance: Model, fields: Mapping[str, Any]) -> dict[str, list[str]]:
    """`{name: [old, new]}` for each of `fields` that differs from the instance."""
    return {
        name: [str(getattr(instance, name)), str(new)]
        for name, new in fields.items()
        if getattr(instance, name) != new
    }


def record(
    subject: Model,
    action: str,
    *,
    actor: "User | None",
    changes: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Write an entry: `action` is "<app>.<noun>_<past participle>"; no actor: the system."""
    entry = _entry(subject, action, actor, changes, reason)
    [(entry.pk,)] = _ADD.rows(_values(entry))
    return entry


def record_call(outcome: BulkOutcome, action: str, *, actor: "User") -> BulkOutcome:
    """Fill in what is left over as unchanged; write an entry if anything was written."""
    outcome.unchanged = outcome.received - outcome.created - outcome.updated - outcome.rejected
    if outcome.created or outcome.updated:
        record(actor, action, actor=actor, changes=_counts(outcome))
    return outcome


def recording_call(outcome: BulkOutcome, action: str, *, actor: "User") -> Step:
    """The entry of a call that wrote something, to be written in one message with the rest."""
    return _ADD, _values(_entry(actor, action, actor, _counts(outcome), ""))


def _counts(outcome: BulkOutcome) -> dict[str, int]:
    return {"created": outcome.created, "updated": outcome.updated}


def _entry(
    subject: Model,
    action: str,
    actor: "User | None",
    changes: Mapping[str, Any] | None,
    reason: str,
) -> AuditEntry:
    return AuditEntry(
        at=timezone.now(),
        actor=actor,
        action=action,
        subject_type=subject._meta.label,
        subject_id=subject.pk,
        subject_name=str(subject)[:200],
        changes=dict(changes or {}),
        reason=reason,
    )


def _values(entry: AuditEntry) -> dict[str, Any]:
    return vars(entry) | {"changes": json.dumps(entry.changes)}
