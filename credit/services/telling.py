"""What happened to an account's debts, in the audit trail and on its timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from accounts.services.timeline import record_event
from kam.core import audit

if TYPE_CHECKING:
    from staff.models import User


def tell(
    subject: Model,
    action: str,
    *,
    account_id: int,
    actor: User | None,
    data: Mapping[str, Any],
    reason: str = "",
) -> None:
    """Record an action ("credit.<noun>_<past participle>") in both, in the caller's transaction."""
    plain = {name: value if isinstance(value, int) else str(value) for name, value in data.items()}
    audit.record(subject, action, actor=actor, changes=plain, reason=reason)
    record_event([account_id], action, actor=actor, data=plain | {"reason": reason})
