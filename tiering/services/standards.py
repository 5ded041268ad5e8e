"""New versions of the service standard: proposed, signed, in force from their day on."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.models import Request
from approvals.services import open_request, policy_versions
from kam.core import audit
from kam.core.errors import RuleViolation
from tiering import standard_words, standards
from tiering.models import ServiceStandard

if TYPE_CHECKING:
    from staff.models import User

STANDARD_KIND = "tiering.standard"


@transaction.atomic
def propose_standard(
    *, content: Any, effective_from: date, note: str, actor: User
) -> ServiceStandard:
    """Write a new version of the standard and ask for its approval; it is never edited.

    Refused: reason_required, invalid_policy (naming what is wrong), retroactive, unchanged, and
    what `approvals.open_request` refuses.
    """
    policy_versions.refuse_unfit(note, effective_from)
    promised = standards.read(content)
    number = policy_versions.next_number(ServiceStandard.objects.all())
    before = ServiceStandard.objects.in_force(effective_from).first()
    if before is not None and standards.read(before.content) == promised:
        raise RuleViolation("unchanged", _("Nothing differs from the version in force."))
    standard = ServiceStandard.objects.create(
        version=number,
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
    policy_versions.approve(ServiceStandard, request, actor, noun=STANDARD_KIND)


def close_standard(request: Request, actor: User | None) -> None:
    """The request came to nothing. A next try is a new version."""
    policy_versions.close(ServiceStandard, request, actor, noun=STANDARD_KIND)


def snapshot_standard(standard: ServiceStandard) -> dict[str, Any]:
    """What the version changes of the one it would take the place of, line by line."""
    before = ServiceStandard.objects.in_force(standard.effective_from).first()
    return {
        "version": [str(before.version) if before else "", str(standard.version)],
        "effective_from": str(standard.effective_from),
        "changes": policy_versions.in_lines(differences(before, standard)),
    }


def differences(before: ServiceStandard | None, now: ServiceStandard) -> list[tuple[str, str, str]]:
    """(what in words, value before, value now) of each promise that differs."""
    old = standard_words.flat(standards.read(before.content)) if before else {}
    new = standard_words.flat(standards.read(now.content))
    return [
        (name, old.get(name, ""), value) for name, value in new.items() if old.get(name) != value
    ]
