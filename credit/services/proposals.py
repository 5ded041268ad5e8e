"""Proposals for other credit terms 信用申请, and who signs them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Stage
from accounts.services import kept_row, live_locked
from approvals import services as approvals
from approvals.models import Request
from credit import policies
from credit.models import CreditForm, CreditLine, CreditParty, Investigation, LineProposal, Policy
from credit.queries.figures import figures as figures_of
from credit.queries.figures import members
from credit.queries.reviews import has_lapsed
from credit.rules.lines import LineTerms, beyond_first_terms, gives_more
from credit.services import lines
from kam.core import audit, money
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from accounts.models import Account
    from staff.models import User

RAISE = "credit.line_raise"
KEEP = "credit.line"
Origin, Status = LineProposal.Origin, LineProposal.Status


@transaction.atomic
def propose_terms(
    account: Account,
    *,
    terms: LineTerms,
    form: str = CreditForm.OPEN_ACCOUNT,
    origin: str = Origin.APPLICATION,
    reason: str,
    actor: User,
    investigation: Investigation | None = None,
    beyond_reason: str = "",
) -> LineProposal:
    """Ask for other terms: more than now of the committee and the general manager, else of finance.

    What stands there now is frozen with it. Refused: what `draft_terms` and
    `approvals.open_request` refuse, investigation_required (an application for more without one).
    Source: docs/policies/credit.md section 2.
    """
    proposal = draft_terms(
        account,
        terms=terms,
        form=form,
        origin=origin,
        reason=reason,
        actor=actor,
        investigation=investigation,
        beyond_reason=beyond_reason,
    )
    kind = kind_of(proposal)
    if kind == RAISE and origin == Origin.APPLICATION and investigation is None:
        raise RuleViolation(
            "investigation_required",
            _("More credit is applied for with a credit investigation; attach one."),
        )
    approvals.open_request(
        kind=kind, subject=proposal, reason=reason, actor=actor, amount=_amount(proposal)
    )
    return proposal


@transaction.atomic
def draft_terms(
    account: Account,
    *,
    terms: LineTerms,
    form: str = CreditForm.OPEN_ACCOUNT,
    origin: str,
    reason: str,
    actor: User,
    investigation: Investigation | None = None,
    beyond_reason: str = "",
) -> LineProposal:
    """Write a proposal down with frozen figures, without asking anybody yet.

    For processes with signatures of their own; their kind ends with `lines.grant`. Refused:
    reason_required, merged, already_requested, group_within_group, invalid_terms, first_terms
    (beyond those of a new customer without saying why), foreign_investigation.
    """
    account = live_locked(account.pk)  # two applications at once wait here
    _refuse_unfit(account, terms, reason)
    proposal = LineProposal(account=account, origin=origin, proposed_by=actor)
    _write(proposal, terms, form, reason, investigation, beyond_reason)
    audit.record(
        proposal,
        "credit.terms_proposed",
        actor=actor,
        changes={name: str(getattr(proposal, name)) for name in lines.TERMS},
        reason=proposal.reason,
    )
    return proposal


@transaction.atomic
def revise_terms(
    proposal_id: int,
    *,
    terms: LineTerms,
    form: str,
    reason: str,
    actor: User,
    investigation: Investigation | None = None,
    beyond_reason: str = "",
) -> LineProposal:
    """Change a returned application and submit it again, with the figures of now.

    Refused: not_returned, not_requester, other_route (it would need other signatures: take it
    back and apply anew), and what `draft_terms` refuses.
    """
    found = Request.objects.filter(
        kind__in=(RAISE, KEEP), object_id=proposal_id, content_type__model="lineproposal"
    )
    request = found.open().select_for_update(of=("self",)).first()
    if request is None or request.status != Request.Status.RETURNED:
        raise RuleViolation("not_returned", _("Only a returned request can be submitted again."))
    if not request.is_asked_by(actor):
        raise RuleViolation("not_requester", _("Only who asked for this may do that."))
    proposal = kept_row(LineProposal.objects.all(), proposal_id)
    before = {name: getattr(proposal, name) for name in lines.TERMS}
    _refuse_unfit(proposal.account, terms, reason, own=proposal)
    _write(proposal, terms, form, reason, investigation, beyond_reason)
    if kind_of(proposal) != request.kind:
        raise RuleViolation(
            "other_route",
            _("These terms need other signatures: take the application back and apply anew."),
        )
    changes = {
        name: [str(old), str(getattr(proposal, name))]
        for name, old in before.items()
        if old != getattr(proposal, name)
    }
    audit.record(proposal, "credit.terms_revised", actor=actor, changes=changes, reason=reason)
    approvals.resubmit(
        request.pk, actor=actor, reason=reason, amount=_amount(proposal), title=str(proposal)
    )
    return proposal


def kind_of(proposal: LineProposal) -> str:
    """Which signatures these terms need, beside the line they would take the place of."""
    return RAISE if more_of(proposal) else KEEP


def more_of(proposal: LineProposal) -> tuple[str, ...]:
    """What the proposal gives more than the line in force on its first day.

    A lapsed line counts as none, but for its review: that is what gives its credit back.
    """
    first = lines.begin(proposal)
    before = lines.in_force(proposal.account_id, first)
    if before and proposal.origin != Origin.REVIEW and has_lapsed(before, first):
        before = None
    found = gives_more(lines.terms_of(proposal), lines.terms_of(before) if before else None)
    return tuple(map(str, found))


def approve(request: Request, actor: User) -> None:
    """The last signature is there: the terms come into force.

    Refused: stale (the line in force has changed, or these terms now need more signatures).
    """
    proposal = kept_row(LineProposal.objects.all(), request.object_id)
    base = lines.in_force(proposal.account_id, lines.begin(proposal))
    is_raise = request.kind != RAISE and kind_of(proposal) == RAISE
    if is_raise or (base.pk if base else None) != proposal.figures.get("line"):
        raise RuleViolation(
            "stale",
            _("The credit line has changed since this was asked for. Return it to be asked anew."),
        )
    lines.grant(proposal, actor=actor)


def close(request: Request, actor: User | None) -> None:
    """The application came to nothing; a next one is a new proposal."""
    reject(kept_row(LineProposal.objects.all(), request.object_id))


def reject(proposal: LineProposal) -> None:
    """Close a proposal that was not approved."""
    proposal.status, proposal.closed_at = Status.REJECTED, timezone.now()
    proposal.save(update_fields=["status", "closed_at"])


def snapshot(proposal: LineProposal) -> dict[str, Any]:
    """The terms beside those in force now, and the frozen figures, for the signers."""
    base = lines.in_force(proposal.account_id, lines.begin(proposal))
    terms = {
        name: [_text(getattr(base, name)) if base else "", _text(getattr(proposal, name))]
        for name in lines.TERMS
    }
    figures = {
        name: proposal.figures.get(name)
        for name in SHOWN_FIGURES
        if proposal.figures.get(name) not in (None, "", [])
    }
    return {
        "account": str(proposal.account),
        "origin": proposal.origin,
        "line": _line(base),
        **terms,
        **{name: _listed(value) for name, value in figures.items()},
        **({"members": covered} if (covered := _members(proposal)) else {}),
        "investigation": _investigation(proposal),
    }


SHOWN_FIGURES = (
    "gives_more",
    "beyond_first_terms",
    "beyond_reason",
    "exposure",
    "overdue_amount",
    "overdue_days",
    "net_sales",
    "payment_index",
    "rating_points",
    "months_of_dealing",
    "suggested_limit",
    "suggested_terms_days",
)


def _line(base: CreditLine | None) -> str | None:
    """The line in force so that signers know it again."""
    if base is None:
        return None
    return f"{base.limit:,.2f} {base.currency} · {base.valid_from} – {base.valid_until}"


def _investigation(proposal: LineProposal) -> str | None:
    """When the customer was investigated, and what was concluded."""
    found = Investigation.objects.filter(pk=proposal.figures.get("investigation")).first()
    return f"{found.investigated_on} · {found.conclusion[:200]}" if found else None


def _members(proposal: LineProposal) -> str:
    """Whom the line would cover, each with its own limit and its exposure."""
    covered = proposal.figures.get("members", ())
    texts = (
        f"{each['name']} · {money.display(Decimal(each['limit'])) if each['limit'] else '–'}"
        f" · {money.display(Decimal(each['exposure']))}"
        for each in covered
    )
    return "\n".join(texts)


def _text(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, Decimal) else "" if value is None else str(value)


def _listed(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value


def _amount(proposal: LineProposal) -> Decimal:
    return proposal.limit + proposal.extra


def _refuse_unfit(
    account: Account, terms: LineTerms, reason: str, own: LineProposal | None = None
) -> None:
    if not reason.strip():
        raise RuleViolation("reason_required", _("Say why this is asked for."))
    if account.merged_into_id:
        raise RuleViolation("merged", _("This account was merged into another one."))
    if account.stage != Stage.CUSTOMER:
        raise RuleViolation("no_customer", _("This company is no customer yet: qualify it first."))
    others = LineProposal.objects.filter(account=account, status=Status.PROPOSED)
    if (others.exclude(pk=own.pk) if own else others).exists():
        raise RuleViolation(
            "already_requested", _("Other terms for this account await approval already.")
        )
    in_group = CreditParty.objects.filter(pk=account.pk).exclude(group=None)
    if terms.covers_group and in_group.exists():
        raise RuleViolation(
            "group_within_group",
            _("The line of a parent company covers this account; its own is a part of that."),
        )
    if terms.valid_until < timezone.localdate():
        raise RuleViolation("invalid_terms", _("The line would have ended already."))


def _write(
    proposal: LineProposal,
    terms: LineTerms,
    form: str,
    reason: str,
    investigation: Investigation | None,
    beyond_reason: str,
) -> None:
    """Save the terms with the figures of today."""
    if investigation is not None and investigation.account_id != proposal.account_id:
        raise RuleViolation(
            "foreign_investigation", _("That investigation is about another account.")
        )
    figures = figures_of(proposal.account_id, timezone.localdate(), terms_days=terms.terms_days)
    proposal.limit, proposal.currency = terms.limit, settings.REPORTING_CURRENCY
    proposal.terms_days, proposal.form = terms.terms_days, form
    proposal.covers_group = terms.covers_group
    proposal.valid_from, proposal.valid_until = terms.valid_from, terms.valid_until
    proposal.extra, proposal.extra_until = terms.extra, terms.extra_until
    proposal.rating, proposal.reason = figures["rating"], reason.strip()
    base = lines.in_force(proposal.account_id, lines.begin(proposal))
    covered = members(proposal.account_id, timezone.localdate()) if terms.covers_group else []
    proposal.figures = {
        **figures,
        "members": covered,
        "line": base.pk if base else None,
        "gives_more": list(more_of(proposal)),
        "investigation": investigation.pk if investigation else None,
        **_beyond(proposal, figures, beyond_reason),
    }
    _validate(proposal)
    proposal.save()


def _beyond(proposal: LineProposal, figures: dict[str, Any], beyond_reason: str) -> dict[str, Any]:
    """What is beyond the first terms of a new customer, and why; only with a reason."""
    policy = policies.in_force(Policy.Kind.TERMS, timezone.localdate()).rules.first_terms
    found = beyond_first_terms(
        limit=_amount(proposal),
        terms_days=proposal.terms_days,
        grade=proposal.rating,
        months_of_dealing=figures["months_of_dealing"],
        policy=policy,
    )
    if found and not beyond_reason.strip():
        raise RuleViolation(
            "first_terms",
            _(
                "A new customer gets at most %(limit)s for %(days)s days. Say why this one should"
                " get more."
            )
            % {"limit": f"{policy.max_limit:,.2f}", "days": policy.max_days},
        )
    return {
        "beyond_first_terms": list(map(str, found)),
        "beyond_reason": beyond_reason.strip() if found else "",
    }


def _validate(proposal: LineProposal) -> None:
    try:
        proposal.full_clean()
    except ValidationError as error:
        raise RuleViolation("invalid_terms", " ".join(error.messages)) from error


def line_before(proposal: LineProposal) -> CreditLine | None:
    """The line the proposal was compared with."""
    return CreditLine.objects.filter(pk=proposal.figures.get("line")).first()
