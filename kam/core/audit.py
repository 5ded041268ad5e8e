"""Who changed what, and why: called by services inside the transaction of the write."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from kam.core.models import AuditEntry

if TYPE_CHECKING:
    from staff.models import User


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
    return AuditEntry.objects.create(
        actor=actor,
        action=action,
        subject_type=subject._meta.label,
        subject_id=subject.pk,
        subject_name=str(subject)[:200],
        changes=dict(changes or {}),
        reason=reason,
    )
