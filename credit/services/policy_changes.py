"""New versions of the rules of credit: proposed, signed, in force from their day on."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import services as approvals
from approvals.models import Request
from approvals.services import policy_versions
from credit import policies, policy_words
from credit.models import Decision, OrderCredit, Policy
from credit.services import orders
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

KIND = "credit.policy"


@transaction.atomic
def propose_policy(
    *, kind: str, content: Any, effective_from: date, note: str, actor: User
) -> Policy:
    """Write a new version of a policy and ask for its approval; it is never edited.

    Refused: reason_required, invalid_policy (naming what is wrong), retroactive, unchanged, and
    what `approvals.open_request` refuses.
    """
    policy_versions.refuse_unfit(note, effective_from)
    rules = policies.read(kind, content)
    number = policy_versions.next_number(Policy.objects.filter(kind=kind))
    written = policies.content(kind, rules)
    before = Policy.objects.in_force(kind, effective_from).first()
    if (
        before is not None
        and policies.content(kind, policies.read(kind, before.content)) == written
    ):
        raise RuleViolation("unchanged", _("Nothing differs from the version in force."))
    policy = Policy.objects.create(
        kind=kind,
        version=number,
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
    policy = policy_versions.approve(Policy, request, actor, noun=KIND)
    if policy.kind == Policy.Kind.CHECKS and policy.effective_from == timezone.localdate():
        held = OrderCredit.objects.filter(status="held").values_list("account_id", flat=True)
        orders.redecide(set(held), cause=Decision.Cause.POLICY, actor=actor)


def close(request: Request, actor: User | None) -> None:
    """The request for a policy came to nothing. A next try is a new version."""
    policy_versions.close(Policy, request, actor, noun=KIND)


def snapshot(policy: Policy) -> dict[str, Any]:
    """What the version changes of the one it would take the place of, line by line."""
    before = Policy.objects.in_force(policy.kind, policy.effective_from).first()
    return {
        "kind": policy.kind,
        "version": [before.version if before else "", policy.version],
        "effective_from": str(policy.effective_from),
        "changes": policy_versions.in_lines(differences(before, policy)),
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
