"""What happens to every version of rules that are data: see `approvals.policy_versions`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from approvals.models import Request
    from approvals.policy_versions import PolicyVersion
    from staff.models import User


def refuse_unfit(note: str, effective_from: date) -> None:
    """Refused: reason_required, retroactive."""
    if not note.strip():
        raise RuleViolation("reason_required", _("Say why this is asked for."))
    _refuse_retroactive(effective_from)


def next_number(rows: QuerySet[Any]) -> int:
    """The number of the version after these; whoever proposes at the same time waits here."""
    locked = rows.order_by("pk").select_for_update(of=("self",))
    return max((row.version for row in locked), default=0) + 1


def approve[V: PolicyVersion](model: type[V], request: Request, actor: User, *, noun: str) -> V:
    """Every signature is there: it counts from its day on. Refused: retroactive.

    noun: what it is called in the audit trail ("credit.policy").
    """
    version = _decide(model, request, model.Status.APPROVED, actor=actor, noun=noun)
    _refuse_retroactive(version.effective_from)
    return version


def close[V: PolicyVersion](
    model: type[V], request: Request, actor: User | None, *, noun: str
) -> V:
    """The request came to nothing. A next try is a new version."""
    return _decide(model, request, model.Status.REJECTED, actor=actor, noun=noun)


def in_lines(changed: Sequence[tuple[str, str, str]]) -> list[str]:
    """(place, value before, value now) of what differs, as the text before and the text now."""
    return [
        "\n".join(f"{place}: {old}" for place, old, _new in changed),
        "\n".join(f"{place}: {new}" for place, _old, new in changed),
    ]


def _decide[V: PolicyVersion](
    model: type[V],
    request: Request,
    status: PolicyVersion.Status,
    *,
    actor: User | None,
    noun: str,
) -> V:
    version = model._default_manager.select_for_update(of=("self",)).get(pk=request.object_id)
    version.status, version.decided_at = status, timezone.now()
    version.save(update_fields=["status", "decided_at"])
    audit.record(version, f"{noun}_{status}", actor=actor, reason=version.note)
    return version


def _refuse_retroactive(effective_from: date) -> None:
    if effective_from < timezone.localdate():
        raise RuleViolation(
            "retroactive", _("A policy takes effect today or later: rules do not reach back.")
        )
