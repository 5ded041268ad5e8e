"""Credit lines as they come into force, and the groups that they cover."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as accounts
from credit.models import CreditLine, CreditParty, Decision, LineProposal
from credit.rules.lines import LineTerms
from credit.services import orders
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

TERMS = (
    "limit",
    "currency",
    "terms_days",
    "form",
    "covers_group",
    "valid_from",
    "valid_until",
    "extra",
    "extra_until",
    "rating",
)

# Who should stand in whose credit group on a day, where that is not so now. Of two group lines
# above each other the upper one counts: its group is all that stands below it.
_REGROUP = """
WITH RECURSIVE line AS (
    SELECT DISTINCT ON (account_id) account_id, covers_group
    FROM credit_creditline WHERE valid_from <= %(on)s
    ORDER BY account_id, valid_from DESC, id DESC
), below(id, head, depth) AS (
    SELECT child.id, line.account_id, 1
    FROM line JOIN accounts_account AS child ON child.parent_id = line.account_id
    WHERE line.covers_group
    UNION ALL
    SELECT child.id, below.head, below.depth + 1
    FROM below JOIN accounts_account AS child ON child.parent_id = below.id
    WHERE below.depth < 100
), wanted AS (
    SELECT DISTINCT ON (id) id, head FROM below ORDER BY id, depth DESC
)
SELECT coalesce(wanted.id, party.account_id), wanted.head, party.group_id
FROM wanted FULL JOIN credit_creditparty AS party ON party.account_id = wanted.id
WHERE wanted.head IS DISTINCT FROM party.group_id
ORDER BY 1
"""


def in_force(account_id: int, on: date) -> CreditLine | None:
    """The line that has begun last by this day, an expired one included."""
    return CreditLine.objects.filter(account=account_id).in_force(on).first()


def terms_of(row: LineProposal | CreditLine) -> LineTerms:
    """A proposal or line as plain values, for `credit.rules.lines`."""
    return LineTerms(
        limit=row.limit,
        terms_days=row.terms_days,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        extra=row.extra,
        extra_until=row.extra_until,
        covers_group=row.covers_group,
    )


@transaction.atomic
def grant(proposal: LineProposal, *, actor: User) -> CreditLine:
    """Put approved terms in force; `actor` signed last. Orders are decided again.

    Call it from `on_approved` of the kind: the database wants the approved request. Refused:
    not_proposed, too_late (the terms would have ended already).
    """
    proposal = LineProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if proposal.status != LineProposal.Status.PROPOSED:
        raise RuleViolation("not_proposed", _("This application was decided on already."))
    before = in_force(proposal.account_id, begin(proposal))
    _close(proposal)
    line = CreditLine.objects.create(
        account_id=proposal.account_id,
        proposal=proposal,
        approved_by=actor,
        reason=proposal.reason,
        **{name: getattr(proposal, name) for name in TERMS},
    )
    record_change(line, before, actor=actor)
    regroup(also={proposal.account_id}, actor=actor)
    return line


def begin(proposal: LineProposal) -> date:
    """The first day of what is proposed if it is approved today: nothing reaches back."""
    return max(proposal.valid_from, timezone.localdate())


def _close(proposal: LineProposal) -> None:
    """Approve the proposal, which begins today at the earliest."""
    first = begin(proposal)
    ends = proposal.valid_until if proposal.extra_until is None else proposal.extra_until
    if min(ends, proposal.valid_until) < first:
        raise RuleViolation("too_late", _("These terms would have ended already; apply anew."))
    proposal.valid_from = first
    proposal.status, proposal.closed_at = LineProposal.Status.APPROVED, timezone.now()
    proposal.save(update_fields=["valid_from", "status", "closed_at"])


def record_change(line: CreditLine, before: CreditLine | None, *, actor: User) -> None:
    """Audit a new line and tell the timeline; `before` is what it takes the place of."""
    changes = {
        name: [str(getattr(before, name)) if before else "", str(getattr(line, name))]
        for name in TERMS
        if before is None or getattr(before, name) != getattr(line, name)
    }
    audit.record(line, "credit.limit_changed", actor=actor, changes=changes, reason=line.reason)
    data: dict[str, Any] = {
        "from": str(before.limit) if before else None,
        "to": str(line.limit),
        "currency": line.currency,
        "extra": str(line.extra),
        "extra_until": str(line.extra_until) if line.extra_until else None,
        "terms_days": line.terms_days,
        "valid_from": str(line.valid_from),
        "valid_until": str(line.valid_until),
        "proposal": line.proposal_id,
    }
    accounts.record_event([line.account_id], "credit.limit_changed", actor=actor, data=data)


@transaction.atomic
def regroup(*, also: set[int] = frozenset(), actor: User | None = None) -> set[int]:  # type: ignore[assignment]
    """Bring the credit groups in line with group lines and parents as of today; who moved.

    `also`: accounts whose orders are decided again in any case. Nothing to do writes nothing;
    safe to repeat, so that the nightly job and each change of a parent company may call it.
    """
    today = timezone.localdate()
    touched = {pk for row in _misplaced(today) for pk in row if pk} | also
    if not touched:
        return set()
    CreditParty.objects.locked(touched | _group_of(touched))
    moves = [row for row in _misplaced(today) if set(filter(None, row)) <= touched]
    by_head: dict[int | None, list[int]] = defaultdict(list)
    for account_id, head, _old in moves:
        by_head[head].append(account_id)
    for head, members in by_head.items():
        CreditParty.objects.filter(pk__in=members).update(group=head)
    moved = {account_id for account_id, _head, _old in moves}
    for party in CreditParty.objects.filter(pk__in=moved).select_related("account", "group"):
        changes = {"group": str(party.group or "")}
        audit.record(party, "credit.group_changed", actor=actor, changes=changes)
    orders.redecide(touched, cause=Decision.Cause.LINE, actor=actor)
    return moved


def hierarchy_changed(actor: User) -> None:
    """A parent company changed: subsidiaries that came or left follow at once."""
    regroup(actor=actor)


def _misplaced(on: date) -> list[tuple[int, int | None, int | None]]:
    """(account, head it should have, head it has) of each account in the wrong group."""
    with connection.cursor() as cursor:
        cursor.execute(_REGROUP, {"on": on})
        return cursor.fetchall()


def _group_of(account_ids: set[int]) -> set[int]:
    """All that share a credit group with these accounts now: locked along, for `redecide`."""
    parties = CreditParty.objects.filter(pk__in=account_ids).exclude(group=None)
    heads = account_ids | set(parties.values_list("group_id", flat=True))
    members = CreditParty.objects.filter(group__in=heads)
    return heads | set(members.values_list("pk", flat=True))
