"""New versions of the rules of credit: proposed, signed, in force from their day on."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import services as approvals
from approvals.models import Request
from credit import policies, policy_words
from credit.models import Decision, OrderCredit, Policy
from credit.services import orders
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

KIND = "credit.policy"
Status = Policy.Status


@transaction.atomic
def propose_policy(
    *, kind: str, content: Any, effective_from: date, note: str, actor: User
) -> Policy:
    """Write a new version of a policy and ask for its approval; it is never edited.

    Refused: reason_required, invalid_policy (naming what is wrong), retroactive, unchanged, and
    what `approvals.open_request` refuses.
    """
    if not note.strip():
        raise RuleViolation("reason_required", _("Say why this is asked for."))
    rules = policies.read(kind, content)
    _refuse_retroactive(effective_from)
    # Whoever proposes at the same time waits here, so that versions follow one another.
    rows = Policy.objects.filter(kind=kind).order_by("pk").select_for_update(of=("self",))
    newest = max((row.version for row in rows), default=0)
    written = policies.content(kind, rules)
    before = Policy.objects.in_force(kind, effective_from).first()
    if (
        before is not None
        and policies.content(kind, policies.read(kind, before.content)) == written
    ):
        raise RuleViolation("unchanged", _("Nothing differs from the version in force."))
    policy = Policy.objects.create(
        kind=kind,
        version=newest + 1,
        effective_from=effective_from,
        content=written,
        note=note.strip(),
        proposed_by=actor,
    )
    audit.record(policy, "credit.policy_proposed", actor=actor, reason=policy.note)
    approvals.open_request(kind=KIND, subject=policy, reason=note, actor=actor)
    return policy


def approve(request: Request, actor: User) -> None:
    """The request for a policy is approved: it counts from its day on.

    Refused: retroactive (its day has passed meanwhile). Orders on hold are looked at again where
    it counts at once.
    """
    policy = _decide(request, Status.APPROVED, actor=actor)
    _refuse_retroactive(policy.effective_from)
    if policy.kind == Policy.Kind.CHECKS and policy.effective_from == timezone.localdate():
        held = OrderCredit.objects.filter(status="held").values_list("account_id", flat=True)
        orders.redecide(set(held), cause=Decision.Cause.POLICY, actor=actor)


def close(request: Request, actor: User | None) -> None:
    """The request for a policy came to nothing. A next try is a new version."""
    _decide(request, Status.REJECTED, actor=actor)


def snapshot(policy: Policy) -> dict[str, Any]:
    """What the version changes of the one it would take the place of, line by line."""
    before = Policy.objects.in_force(policy.kind, policy.effective_from).first()
    changed = differences(before, policy)
    return {
        "kind": policy.kind,
        "version": [before.version if before else "", policy.version],
        "effective_from": str(policy.effective_from),
        "changes": [
            "\n".join(f"{path}: {old}" for path, old, _new in changed),
            "\n".join(f"{path}: {new}" for path, _old, new in changed),
        ],
    }


def differences(before: Policy | None, now: Policy) -> list[tuple[str, str, str]]:
    """(place, value before, value now) of each value of the content that differs."""
    old = policy_words.flat(before.content) if before else {}
    new = policy_words.flat(now.content)
    names = dict.fromkeys([*new, *old])
    return [
        (name, _text(old.get(name)), _text(new.get(name)))
        for name in names
        if old.get(name) != new.get(name)
    ]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _decide(request: Request, status: Status, *, actor: User | None) -> Policy:
    policy = Policy.objects.select_for_update(of=("self",)).get(pk=request.object_id)
    policy.status, policy.decided_at = status, timezone.now()
    policy.save(update_fields=["status", "decided_at"])
    audit.record(policy, f"credit.policy_{status}", actor=actor, reason=policy.note)
    return policy


def _refuse_retroactive(effective_from: date) -> None:
    if effective_from < timezone.localdate():
        raise RuleViolation(
            "retroactive", _("A policy takes effect today or later: rules do not reach back.")
        )
