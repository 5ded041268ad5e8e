"""Credit applications 信用申请: asked for, shown beside what stands there now, changed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Account
from approvals.models import Request
from credit import policies, rating_words
from credit.forms_terms import ApplicationForm
from credit.models import CreditLine, CreditParty, LineProposal, Policy
from credit.queries import ceiling
from credit.queries.figures import figures, suggestion
from credit.queries.grades import counting_ratings, grades
from credit.queries.reviews import has_lapsed
from credit.services import groups, lines, proposals
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, row_id


def visible_account(request: StaffRequest, account_number: str) -> Account:
    """The account of this number that the user may see, else 404."""
    accounts = Account.objects.visible_to(request.user).select_related("manager")
    return get_object_or_404(accounts, account_number=account_number)


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def account_terms(request: StaffRequest, account_number: str) -> HttpResponse:
    """The credit of one account: its line and those before, ratings, the credit archive."""
    account = visible_account(request, account_number)
    today = timezone.localdate()
    line = lines.in_force(account.pk, today)
    party = CreditParty.objects.select_related("group").filter(pk=account.pk).first()
    lapsed = line is not None and has_lapsed(line, today)
    limit = line.limit_on(today) if line and today <= line.valid_until and not lapsed else None
    history = account.credit_lines.select_related("approved_by", "proposal")
    context = {
        "account": account,
        "line": line,
        "limit": limit,
        "lapsed": lapsed,
        "party": party,
        "used": party.exposure / limit if party and limit else None,
        "lines": history,
        "signatures": signatures_of(history),
        "waiting": account.credit_proposals.filter(status=LineProposal.Status.PROPOSED).first(),
        "proposals": account.credit_proposals.select_related("proposed_by")[:20],
        "grade": grades([account.pk], today).get(account.pk, ""),
        "ratings": account.credit_ratings.select_related("rated_by")[:20],
        "investigations": account.credit_investigations.select_related("investigated_by")[:20],
        "move": groups.move_of(account.pk),
        "episode": account.overdue_episodes.filter(ended_on=None).first(),
        "may_finish": request.user.has_perm("credit.finish_measure"),
        "currency": settings.REPORTING_CURRENCY,
        "today": today,
    }
    return render(request, "credit/account_terms.html", context)


def signatures_of(found: Any) -> dict[int, list[Any]]:
    """Who signed for each of these lines, by the id of its proposal. Two queries."""
    wanted = [line.proposal_id for line in found if line.proposal_id]
    requests = Request.objects.filter(
        content_type__app_label="credit",
        content_type__model="lineproposal",
        object_id__in=wanted,
        status=Request.Status.APPROVED,
    ).prefetch_related("signatures__signer")
    return {
        request.object_id: [
            signature
            for signature in request.signatures.all()
            if signature.round == request.round and signature.decision == "approve"
        ]
        for request in requests
    }


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("credit.add_lineproposal", raise_exception=True)
def apply(request: StaffRequest, account_number: str) -> HttpResponse:
    """Ask for other terms for an account, with what stands there now and the suggested limit."""
    account = visible_account(request, account_number)
    line = lines.in_force(account.pk, timezone.localdate())
    form = ApplicationForm(
        request.POST or None, account=account, initial=ApplicationForm.initial_of(line, account)
    )
    if request.method == "POST" and form.is_valid():
        try:
            proposal = proposals.propose_terms(
                account, terms=form.terms(), actor=request.user, **_texts(form)
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The application awaits its signatures."))
            return redirect(proposal)
    return _form_page(request, account, form, line=line)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("credit.add_lineproposal", raise_exception=True)
def revise(request: StaffRequest, proposal_id: int) -> HttpResponse:
    """Change a returned application and submit it again."""
    proposal = _get(request, proposal_id)
    account = proposal.account
    form = ApplicationForm(
        request.POST or None, account=account, initial=ApplicationForm.initial_of(proposal, account)
    )
    if request.method == "POST" and form.is_valid():
        try:
            proposals.revise_terms(
                proposal.pk, terms=form.terms(), actor=request.user, **_texts(form)
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The application awaits its signatures."))
            return redirect(proposal)
    return _form_page(request, account, form, proposal=proposal)


def _texts(form: ApplicationForm) -> dict[str, Any]:
    names = ("form", "reason", "investigation", "beyond_reason")
    return {name: form.cleaned_data[name] for name in names}


def _form_page(
    request: StaffRequest, account: Account, form: ApplicationForm, **more: Any
) -> HttpResponse:
    today = timezone.localdate()
    rating = counting_ratings([account.pk], today).get(account.pk)
    grade = grades([account.pk], today).get(account.pk, "")
    days = form["terms_days"].value()
    days = row_id(str(days)) or 30
    context = {
        "account": account,
        "form": form,
        "grade": grade,
        "rating": rating if grade else account.credit_ratings.first(),
        "figures": figures(account.pk, today, terms_days=days),
        "steps": _steps(suggestion(account.pk, today, grade=grade, terms_days=days)),
        "days": days,
        "is_overgranted": ceiling.state(today).is_overgranted,
        "first_terms": policies.in_force(Policy.Kind.TERMS, today).rules.first_terms,
        "currency": settings.REPORTING_CURRENCY,
        **more,
    }
    return render(request, "credit/application_form.html", context, status=_status(form))


def _status(form: ApplicationForm) -> int:
    return 422 if form.errors else 200


def _steps(suggested: Any) -> list[str]:
    if suggested is None:
        return []
    return [rating_words.step(step.code, step.figures) for step in suggested.steps]


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def detail(request: StaffRequest, proposal_id: int) -> HttpResponse:
    """One application: the terms beside those they replace, the frozen figures, who signed."""
    proposal = _get(request, proposal_id)
    asked = Request.objects.of(proposal).first()
    before = proposals.line_before(proposal)
    investigation = proposal.account.credit_investigations.filter(
        pk=proposal.figures.get("investigation")
    ).first()
    covered = proposal.figures.get("members", [])
    visible = Account.objects.visible_to(request.user).filter(
        pk__in=[each["account"] for each in covered]
    )
    may_see = set(visible.values_list("pk", flat=True))
    members = [each for each in covered if each["account"] in may_see]
    context = {
        "proposal": proposal,
        "account": proposal.account,
        "members": members,
        "hidden": len(covered) - len(members),
        "rows": _rows(proposal, before),
        "figures": proposal.figures,
        "more": rating_words.more(proposal.figures.get("gives_more", [])),
        "investigation": investigation,
        "asked": asked,
        "may_open": asked is not None
        and Request.objects.visible_to(request.user).filter(pk=asked.pk).exists(),
        "signatures": asked.signatures.select_related("signer") if asked else [],
        "may_revise": asked is not None
        and asked.status == Request.Status.RETURNED
        and asked.is_asked_by(request.user),
        "is_overgranted": ceiling.state(timezone.localdate()).is_overgranted,
        "currency": proposal.currency,
    }
    return render(request, "credit/proposal.html", context)


def _get(request: StaffRequest, proposal_id: int) -> LineProposal:
    found = LineProposal.objects.visible_to(request.user).select_related("account", "proposed_by")
    return get_object_or_404(found, pk=proposal_id)


def _rows(proposal: LineProposal, before: CreditLine | None) -> list[dict[str, Any]]:
    """Each term now and as proposed."""
    return [
        {
            "label": LineProposal._meta.get_field(name).verbose_name,  # type: ignore[union-attr]
            "old": _shown(before, name) if before else "",
            "new": _shown(proposal, name),
        }
        for name in lines.TERMS
    ]


def _shown(row: CreditLine | LineProposal, name: str) -> str:
    value = getattr(row, name)
    if name == "form":
        return row.get_form_display()
    if name in ("limit", "extra"):
        return f"{value:,.2f}"
    if name == "covers_group":
        return _("yes") if value else _("no")
    return "–" if value in (None, "") else str(value)
