"""Credit lines as they come into force, signed or taken over."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as accounts
from credit.models import CreditLine, LineProposal
from credit.rules.lines import LineTerms
from credit.services import groups
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
    groups.follow(line)
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
