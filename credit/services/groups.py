"""The groups of companies that credit lines cover: in force only as somebody confirmed them.

The hierarchy of the archive changes freely. Who comes under a head with a group line has nothing
of it, and who leaves stays bound, until the next signed line of the head or until somebody who
answers for credit confirms it. Source: docs/policies/credit.md section 2.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.services import kept_live
from credit.models import CreditLine, CreditParty, Decision, GroupMove
from credit.services import orders
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

# Who should stand in whose credit group on a day, where that is not so now. Of two group lines
# above each other the upper one counts: its group is all that stands below it.
_MISPLACED = """
WITH RECURSIVE line AS (
    SELECT DISTINCT ON (account_id) account_id, covers_group
    FROM credit_creditline
    WHERE valid_from <= %(on)s AND (%(only)s::bigint IS NULL OR account_id = ANY(%(above)s))
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
    SELECT DISTINCT ON (id) id, head FROM below WHERE %(only)s::bigint IS NULL OR id = %(only)s
    ORDER BY id, depth DESC
), party AS (
    SELECT account_id, group_id FROM credit_creditparty
    WHERE %(only)s::bigint IS NULL OR account_id = %(only)s
)
SELECT coalesce(wanted.id, party.account_id), wanted.head, party.group_id
FROM wanted FULL JOIN party ON party.account_id = wanted.id
WHERE wanted.head IS DISTINCT FROM party.group_id
ORDER BY 1
"""


class Misplaced(NamedTuple):
    """An account whose credit group is another one than the archive says."""

    account_id: int
    head: int | None  # whose group it should be in
    now: int | None  # whose group it is in


def misplaced(on: date, *, only: int | None = None) -> list[Misplaced]:
    """All accounts in another credit group than group lines and parents would have them in.

    only: no other account than this one; then no other lines are read than those above it.
    """
    above = [] if only is None else Account.objects.group_line(only)
    with connection.cursor() as cursor:
        cursor.execute(_MISPLACED, {"on": on, "only": only, "above": above})
        return [Misplaced(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Move:
    """A change of the credit group that awaits confirmation; None: on its own."""

    account: Account
    head: Account | None
    now: Account | None


def to_confirm() -> list[Move]:
    """All changes of credit groups that await confirmation, by account number."""
    return _moves(misplaced(timezone.localdate()))


def move_of(account_id: int) -> Move | None:
    """The change of an account's credit group that awaits confirmation."""
    return next(iter(_moves(misplaced(timezone.localdate(), only=account_id))), None)


def _moves(rows: Sequence[Misplaced]) -> list[Move]:
    known = Account.objects.select_related("manager").in_bulk(
        {pk for row in rows for pk in row if pk}
    )
    found = [
        Move(known[row.account_id], known.get(row.head or 0), known.get(row.now or 0))
        for row in rows
    ]
    return sorted(found, key=lambda move: move.account.account_number)


@transaction.atomic
def follow(line: CreditLine) -> set[int]:
    """Bring the group of a signed line in line with it and with the archive; who moved.

    In come those whom the signers saw as its members, out go all that stand below it no more, into
    no other group. Orders of the account and of who moved are decided again. Safe to repeat.
    """
    head, seen = line.account_id, _seen_by_signers(line)
    rows = [
        row
        for row in misplaced(timezone.localdate())
        if row.now == head or (row.head == head and (seen is None or row.account_id in seen))
    ]
    return _move(rows, actor=line.approved_by, line=line, also={head})


def _seen_by_signers(line: CreditLine) -> set[int] | None:
    """The members that the proposal of a line froze; None for an opening line."""
    if line.proposal is None:
        return None
    return {each["account"] for each in line.proposal.figures.get("members", ())}


def follow_begun(since: date, on: date) -> int:
    """Follow the lines that began after a day, by another one, and were signed before they did."""
    begun = CreditLine.objects.filter(pk__in=CreditLine.objects.in_force(on).values("pk"))
    signed_before = begun.filter(created_at__date__lt=F("valid_from"))
    found = (
        signed_before.filter(valid_from__gt=since)
        .select_related("approved_by", "proposal")
        .order_by("pk")
    )
    return sum(len(follow(line)) for line in found)


@transaction.atomic
def confirm(account_id: int, *, head: int | None, actor: User) -> None:
    """Have an account in the credit group that the archive says, on the word of the actor.

    head: of the group that the actor saw, None to be on its own. Refused: own_account, stale.
    """
    if Account.objects.filter(pk=account_id, manager=actor).exists():
        raise RuleViolation(
            "own_account", _("Another person than the account manager confirms the group.")
        )
    rows = [row for row in misplaced(timezone.localdate(), only=account_id) if row.head == head]
    if not _move(rows, actor=actor):
        raise RuleViolation("stale", _("The group has changed meanwhile; look at it again."))


def _move(
    rows: Sequence[Misplaced],
    *,
    actor: User,
    line: CreditLine | None = None,
    also: set[int] = frozenset(),  # type: ignore[assignment]
) -> set[int]:
    """Move accounts into their groups, if they still are to; whoever moved."""
    touched = {pk for row in rows for pk in row if pk} | also
    if not touched:
        return set()
    concerned = touched | _group_of(touched)
    kept_live(concerned)
    CreditParty.objects.locked(concerned)
    moves = [row for row in misplaced(timezone.localdate()) if row in rows]
    own = {line.account_id} if line else set(filter(None, (row.head for row in moves)))
    groups = {row.account_id: row.head if row.head in own else None for row in moves}
    GroupMove.objects.bulk_create(
        GroupMove(account_id=pk, group_id=head, line=line, confirmed_by=actor)
        for pk, head in groups.items()
    )
    by_head: dict[int | None, list[int]] = defaultdict(list)
    for pk, head in groups.items():
        by_head[head].append(pk)
    for head, members in by_head.items():
        CreditParty.objects.filter(pk__in=members).update(group=head)
    moved = {row.account_id for row in moves}
    for party in CreditParty.objects.filter(pk__in=moved).select_related("account", "group"):
        changes = {"group": str(party.group or "")}
        audit.record(party, "credit.group_changed", actor=actor, changes=changes)
    orders.redecide(touched, cause=Decision.Cause.LINE, actor=actor)
    return moved


def _group_of(account_ids: set[int]) -> set[int]:
    """All that share a credit group with these accounts now: locked along, for `redecide`."""
    parties = CreditParty.objects.filter(pk__in=account_ids).exclude(group=None)
    heads = account_ids | set(parties.values_list("group_id", flat=True))
    members = CreditParty.objects.filter(group__in=heads)
    return heads | set(members.values_list("pk", flat=True))
