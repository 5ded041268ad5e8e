"""Prospects: which there are, what is known of one, and whether it becomes a customer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms_qualification import AssessmentForm, DecisionForm
from accounts.models import Account, Qualification, Stage
from accounts.qualification_rules import LEGAL_POINTS, QUESTIONS
from accounts.qualification_words import NAMES, advice
from accounts.services import qualification as services
from accounts.views.detail import visible_account
from accounts.views.edit import live_account, moment, sent
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, refusals_shown

PAGE_SIZE = 50
SHOWN_STAGES = [Stage.PROSPECT, Stage.REJECTED]


@require_safe
@permission_required("accounts.view_account", raise_exception=True)
def prospects(request: StaffRequest) -> HttpResponse:
    """The prospects one may see, or the companies that were given up, by name."""
    stage = request.GET.get("stage", "")
    stage = stage if stage in SHOWN_STAGES else Stage.PROSPECT
    newest = Qualification.objects.select_related("decided_by")
    rows = (
        Account.objects.visible_to(request.user)
        .live()
        .filter(stage=stage)
        .select_related("manager")
        .defer("search_text", "search_grams")
        .prefetch_related(Prefetch("qualifications", newest))
        .order_by("name_sort", "pk")
    )
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "stage": stage,
        "stages": [(value, Stage(value).label) for value in SHOWN_STAGES],
        "rows": [(account, _row(list(account.qualifications.all()))) for account in page],
    }
    return render(request, "accounts/prospects.html", context)


def _row(history: list[Qualification]) -> dict[str, Any] | None:
    """What the list shows of the newest qualification."""
    if not history:
        return None
    newest = history[0]
    return {
        "qualification": newest,
        "answers": [(NAMES[name], getattr(newest, name)) for name in QUESTIONS],
        "legal": _legal(newest),
        "advice": advice(newest.screening()),
    }


def _legal(qualification: Qualification) -> str:
    given = [qualification.legal.get(point, "") for point in LEGAL_POINTS]
    if "no" in given:
        return "no"
    return "yes" if all(given) else ""


@require_http_methods(["GET", "POST"])
@permission_required("accounts.view_account", raise_exception=True)
def qualification(request: StaffRequest, account_number: str) -> HttpResponse:
    """What is known of a prospect, and the decisions on it."""
    account = visible_account(request, account_number)
    current = account.qualifications.open().first()
    form = None
    if current and request.user.has_perm("accounts.change_account"):
        form = AssessmentForm(sent(request), instance=current)
    if request.method == "POST":
        if form is None:
            _refuse_change(request)
        elif form.is_valid() and _assessed(request, form, current):
            return redirect("accounts:qualification", account_number)
    return _page(request, account, current, form=form)


def _refuse_change(request: StaffRequest) -> None:
    """403 for who only reads; 404 where there is nothing to answer any more."""
    if not request.user.has_perm("accounts.change_account"):
        raise PermissionDenied
    raise Http404


def _assessed(request: StaffRequest, form: AssessmentForm, current: Qualification | None) -> bool:
    assert current is not None  # noqa: S101 - there is a form
    try:
        services.assess(
            current.pk,
            answers=form.answers(),
            expected=moment(form.cleaned_data["expected"]),
            actor=request.user,
        )
    except RuleViolation as violation:
        form.add_error(None, violation.message)
        return False
    messages.success(request, _("Saved."))
    return True


@require_POST
@permission_required("accounts.change_account", raise_exception=True)
def decide(request: StaffRequest, account_number: str) -> HttpResponse:
    """Make the prospect a customer, or give it up."""
    account = live_account(request, account_number)
    current = account.qualifications.open().first()
    decision = DecisionForm(request.POST)
    if current is None:
        messages.error(request, _("Nothing is to be decided here any more."))
        return redirect("accounts:qualification", account_number)
    if decision.is_valid():
        accept = decision.cleaned_data["decision"] == "accept"
        try:
            services.decide(
                current.pk,
                accept=accept,
                reasons=decision.cleaned_data["reasons"],
                expected=moment(decision.cleaned_data["expected"]),
                actor=request.user,
            )
        except RuleViolation as violation:
            decision.add_error(None, violation.message)
        else:
            messages.success(request, _("It is a customer now.") if accept else _("Given up."))
            return redirect(account)
    return _page(request, account, current, decision=decision)


@require_POST
@permission_required("accounts.change_account", raise_exception=True)
def reopen(request: StaffRequest, account_number: str) -> HttpResponse:
    """Take up a company again that was given up."""
    account = live_account(request, account_number)
    with refusals_shown(request):
        services.reopen(account.pk, actor=request.user)
    return redirect("accounts:qualification", account_number)


def _page(
    request: StaffRequest,
    account: Account,
    current: Qualification | None,
    *,
    form: AssessmentForm | None = None,
    decision: DecisionForm | None = None,
) -> HttpResponse:
    may_change = request.user.has_perm("accounts.change_account")
    if current and may_change:
        form = form or AssessmentForm(instance=current)
        decision = decision or DecisionForm(initial={"expected": current.updated_at.isoformat()})
    screening = current.screening() if current else None
    decided = account.qualifications.exclude(status=Qualification.Status.OPEN)
    context = {
        "account": account,
        "current": current,
        "form": form,
        "decision": decision,
        "screening": screening,
        "advice": advice(screening) if screening else "",
        "earlier": [(one, _row([one])) for one in decided.select_related("decided_by")],
        "facts": _row([current]) if current else None,
        "legal": _points(current) if current else [],
    }
    refused = bool((form and form.errors) or (decision and decision.errors))
    template = "accounts/qualification.html"
    return render(request, template, context, status=422 if refused else 200)


def _points(current: Qualification) -> list[tuple[Any, str]]:
    return [(NAMES[point], current.legal.get(point, "")) for point in LEGAL_POINTS]
