"""New versions of the service standard: proposed, signed, in force from their day on."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import Request
from approvals.services import open_request
from kam.core import audit
from kam.core.errors import RuleViolation
from tiering import standard_words, standards
from tiering.models import ServiceStandard

if TYPE_CHECKING:
    from staff.models import User

STANDARD_KIND = "tiering.standard"
Status = ServiceStandard.Status


@transaction.atomic
def propose_standard(
    *, content: Any, effective_from: date, note: str, actor: User
) -> ServiceStandard:
    """Write a new version of the standard and ask for its approval; it is never edited.

    Refused: reason_required, invalid_policy (naming what is wrong), retroactive, unchanged, and
    what `approvals.open_request` refuses.
    """
    if not note.strip():
        raise RuleViolation("reason_required", _("Say why this is asked for."))
    promised = standards.read(content)
    _refuse_retroactive(effective_from)
    # Whoever proposes at the same time waits here, so that versions follow one another.
    rows = ServiceStandard.objects.order_by("pk").select_for_update(of=("self",))
    newest = max((row.version for row in rows), default=0)
    before = ServiceStandard.objects.in_force(effective_from).first()
    if before is not None and standards.read(before.content) == promised:
        raise RuleViolation("unchanged", _("Nothing differs from the version in force."))
    standard = ServiceStandard.objects.create(
        version=newest + 1,
        effective_from=effective_from,
        content=standards.content(promised),
        note=note.strip(),
        proposed_by=actor,
    )
    audit.record(standard, "tiering.standard_proposed", actor=actor, reason=standard.note)
    title = _("Service standard %s") % standard.version
    open_request(kind=STANDARD_KIND, subject=standard, reason=note, title=title, actor=actor)
    return standard


def approve_standard(request: Request, actor: User) -> None:
    """Every signature is there: it counts from its day on. Refused: retroactive."""
    standard = _decide(request, Status.APPROVED, actor=actor)
    _refuse_retroactive(standard.effective_from)


def close_standard(request: Request, actor: User | None) -> None:
    """The request came to nothing. A next try is a new version."""
    _decide(request, Status.REJECTED, actor=actor)


def snapshot_standard(standard: ServiceStandard) -> dict[str, Any]:
    """What the version changes of the one it would take the place of, line by line."""
    before = ServiceStandard.objects.in_force(standard.effective_from).first()
    changed = differences(before, standard)
    return {
        "version": [str(before.version) if before else "", str(standard.version)],
        "effective_from": str(standard.effective_from),
        "changes": [
            "\n".join(f"{name}: {old}" for name, old, _new in changed),
            "\n".join(f"{name}: {new}" for name, _old, new in changed),
        ],
    }


def differences(before: ServiceStandard | None, now: ServiceStandard) -> list[tuple[str, str, str]]:
    """(what in words, value before, value now) of each promise that differs."""
    old = standard_words.flat(standards.read(before.content)) if before else {}
    new = standard_words.flat(standards.read(now.content))
    return [
        (name, old.get(name, ""), value) for name, value in new.items() if old.get(name) != value
    ]


def _decide(request: Request, status: Status, *, actor: User | None) -> ServiceStandard:
    rows = ServiceStandard.objects.select_for_update(of=("self",))
    standard = rows.get(pk=request.object_id)
    standard.status, standard.decided_at = status, timezone.now()
    standard.save(update_fields=["status", "decided_at"])
    audit.record(standard, f"tiering.standard_{status}", actor=actor, reason=standard.note)
    return standard


def _refuse_retroactive(effective_from: date) -> None:
    if effective_from < timezone.localdate():
        raise RuleViolation(
            "retroactive", _("A standard takes effect today or later: rules do not reach back.")
        )
