from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.rules import may_decide
from kam.core import audit
from kam.core.errors import RuleViolation
from tiering.models import TierPolicy

if TYPE_CHECKING:
    from staff.models import User

Status = TierPolicy.Status

TERMS = (
    "effective_from",
    "note",
    "strategic_share",
    "key_share",
    "window_months",
    "rfm_method",
    "recency_cuts",
    "frequency_cuts",
    "monetary_cuts",
    "high_score",
    "abc_a_share",
    "abc_b_share",
)


def ship_default_policy(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Make version 1 where there is no policy at all: in force from 2000, nobody's proposal.

    `using`: the database it goes to. Source: docs/policies/tiering.md sections 1 to 6.
    """
    policies = TierPolicy.objects.using(using)
    if policies.exists():
        return
    policies.create(
        version=1,
        status=Status.APPROVED,
        effective_from=date(2000, 1, 1),
        note="系统默认政策 Shipped default: 战略客户 strategic ≥ 5 %, 重点客户 key ≥ 1 %.",
        recency_cuts=[45, 91, 182, 273],
        frequency_cuts=[2, 4, 12, 26],
        monetary_cuts=["1000", "10000", "100000", "1000000"],
        decided_at=timezone.now(),
    )


@transaction.atomic
def draft_policy(*, actor: User, **terms: Any) -> TierPolicy:
    """Write down a new version as a draft; it counts nowhere yet."""
    # Whoever drafts at the same time waits here, so that versions follow one another.
    list(TierPolicy.objects.select_for_update(of=("self",)).order_by("pk")[:1])
    newest = TierPolicy.objects.aggregate(newest=Max("version"))["newest"] or 0
    policy = TierPolicy(version=newest + 1, proposed_by=actor, **terms)
    _validate(policy)
    policy.save()
    audit.record(policy, "tiering.policy_drafted", actor=actor, changes=_strings(terms))
    return policy


@transaction.atomic
def edit_policy(policy_id: int, *, actor: User, **terms: Any) -> TierPolicy:
    """Change a draft; whoever changes it last is its author, for the four eyes."""
    policy = _locked(policy_id, expected=Status.DRAFT)
    if changes := audit.diff(policy, terms):
        for name in changes:
            setattr(policy, name, terms[name])
        policy.proposed_by = actor
        _validate(policy)
        policy.save(update_fields=[*changes, "proposed_by"])
        audit.record(policy, "tiering.policy_edited", actor=actor, changes=changes)
    return policy


@transaction.atomic
def propose_policy(policy_id: int, *, actor: User) -> TierPolicy:
    """Put a draft before management: it cannot be edited any more."""
    policy = _locked(policy_id, expected=Status.DRAFT)
    _refuse_retroactive(policy)
    policy.status, policy.proposed_by, policy.proposed_at = Status.PROPOSED, actor, timezone.now()
    policy.save(update_fields=["status", "proposed_by", "proposed_at"])
    audit.record(policy, "tiering.policy_proposed", actor=actor, reason=policy.note)
    return policy


@transaction.atomic
def approve_policy(
    policy_id: int, *, actor: User, expected: str = Status.PROPOSED, comment: str = ""
) -> TierPolicy:
    """Approve a proposal of somebody else: in force from its day on, never edited again.

    `expected` is the status the actor saw when deciding. The day may not lie in the past:
    rules do not reach back. Source: docs/policies/tiering.md section 8.
    """
    policy = _locked(policy_id, expected=expected)
    _refuse_retroactive(policy)
    return _decide(policy, Status.APPROVED, actor=actor, comment=comment)


@transaction.atomic
def reject_policy(
    policy_id: int, *, actor: User, expected: str = Status.PROPOSED, comment: str
) -> TierPolicy:
    """Refuse a proposal of somebody else, saying why. A next try is a new version."""
    policy = _locked(policy_id, expected=expected)
    if not comment.strip():
        raise RuleViolation("comment_required", _("Say why the proposal is rejected."))
    return _decide(policy, Status.REJECTED, actor=actor, comment=comment)


def _decide(policy: TierPolicy, status: Status, *, actor: User, comment: str) -> TierPolicy:
    if policy.status != Status.PROPOSED:
        raise RuleViolation("not_proposed", _("Only a proposal can be decided on."))
    if not may_decide(requested_by_id=policy.proposed_by_id, decided_by_id=actor.pk):
        raise RuleViolation("four_eyes", _("Nobody decides on their own proposal."))
    policy.status, policy.decided_by, policy.decided_at = status, actor, timezone.now()
    policy.decision_comment = comment
    policy.save(update_fields=["status", "decided_by", "decided_at", "decision_comment"])
    audit.record(policy, f"tiering.policy_{status}", actor=actor, reason=comment)
    return policy


def _locked(policy_id: int, *, expected: str) -> TierPolicy:
    policy = TierPolicy.objects.select_for_update(of=("self",)).get(pk=policy_id)
    if policy.status != expected:
        raise RuleViolation(
            "stale",
            _("Version %(version)s is now “%(status)s”; please reload.")
            % {"version": policy.version, "status": policy.get_status_display()},
        )
    return policy


def _refuse_retroactive(policy: TierPolicy) -> None:
    if policy.effective_from < timezone.localdate():
        raise RuleViolation(
            "retroactive", _("A policy takes effect today or later: rules do not reach back.")
        )


def _validate(policy: TierPolicy) -> None:
    try:
        policy.full_clean()
    except ValidationError as error:
        raise RuleViolation("invalid_policy", " ".join(error.messages)) from error


def _strings(terms: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in terms.items()}
