from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.queries import is_returned
from approvals.services import open_request
from kam.core import audit, money
from kam.core.errors import RuleViolation
from tiering.models import TierPolicy

if TYPE_CHECKING:
    from approvals.models import Request
    from staff.models import User

POLICY_KIND = "tiering.policy"
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
    """Change a draft; whoever changes it last is its author, for the four eyes.

    A proposal that its signers sent back is changed by its author only. Refused: stale,
    not_requester, invalid_policy.
    """
    policy = _locked(policy_id)
    if policy.status != Status.DRAFT:
        _refuse_unless_returned(policy, actor)
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
    """Ask for the signatures that put a draft in force; it is not edited while they are awaited.

    Refused: stale, retroactive and what `open_request` refuses.
    Source: docs/policies/tiering.md section 8.
    """
    policy = _locked(policy_id)
    if policy.status != Status.DRAFT:
        raise _stale(policy)
    _refuse_retroactive(policy)
    policy.status, policy.proposed_by, policy.proposed_at = Status.PROPOSED, actor, timezone.now()
    policy.save(update_fields=["status", "proposed_by", "proposed_at"])
    audit.record(policy, "tiering.policy_proposed", actor=actor, reason=policy.note)
    title = _("Tier policy %s") % policy.version
    open_request(kind=POLICY_KIND, subject=policy, reason=policy.note, title=title, actor=actor)
    return policy


def snapshot_policy(policy: TierPolicy) -> dict[str, Any]:
    """The terms beside those of the version that was approved before it."""
    earlier = TierPolicy.objects.filter(status=Status.APPROVED, version__lt=policy.version)
    before = earlier.order_by("-effective_from", "-version").first()
    names = ["version", *(name for name in TERMS if name != "note")]
    return {name: [_plain(before, name) if before else "", _plain(policy, name)] for name in names}


def approve_policy(request: Request, actor: User) -> None:
    """Every signature is there: in force from its day on, never edited again.

    The day may not lie in the past: rules do not reach back.
    """
    policy = _locked(request.object_id)
    _refuse_retroactive(policy)
    _decide(policy, Status.APPROVED, actor=actor, comment=request.last_comment())


def close_policy(request: Request, actor: User | None) -> None:
    """The request came to nothing. A rejected version stays so; recalled or expired: a draft."""
    policy = _locked(request.object_id)
    if actor is not None and request.status == request.Status.REJECTED:
        _decide(policy, Status.REJECTED, actor=actor, comment=request.last_comment())
        return
    policy.status = Status.DRAFT
    policy.save(update_fields=["status"])
    audit.record(policy, f"tiering.policy_{request.status}", actor=actor)


def _decide(policy: TierPolicy, status: Status, *, actor: User, comment: str) -> None:
    policy.status, policy.decided_by, policy.decided_at = status, actor, timezone.now()
    policy.decision_comment = comment
    policy.save(update_fields=["status", "decided_by", "decided_at", "decision_comment"])
    audit.record(policy, f"tiering.policy_{status}", actor=actor, reason=comment)


def _locked(policy_id: int) -> TierPolicy:
    return TierPolicy.objects.select_for_update(of=("self",)).get(pk=policy_id)


def _refuse_unless_returned(policy: TierPolicy, actor: User) -> None:
    if policy.status != Status.PROPOSED or not is_returned(policy, POLICY_KIND):
        raise _stale(policy)
    if policy.proposed_by_id != actor.pk:
        raise RuleViolation("not_requester", _("Only who proposed it may change it now."))


def _stale(policy: TierPolicy) -> RuleViolation:
    return RuleViolation(
        "stale",
        _("Version %(version)s is now “%(status)s”; please reload.")
        % {"version": policy.version, "status": policy.get_status_display()},
    )


def _plain(policy: TierPolicy, name: str) -> str:
    """A term as the signers read it, in full precision: a share in percent, cuts in a row."""
    value = getattr(policy, name)
    if name.endswith("_share"):
        return f"{money.plain(value * 100)} %"
    return " / ".join(map(str, value)) if name.endswith("_cuts") else str(value)


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
