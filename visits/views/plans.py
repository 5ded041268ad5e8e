"""The generator's pages: propose a month, look at it with its reasons, agree to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Account
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, refusals_shown
from visits import explanations, forms, queries
from visits.models import Visit, VisitPlan
from visits.services import plans

SHOWN = 50


@require_http_methods(["GET", "POST"])
@permission_required("visits.change_visit", raise_exception=True)
def plan_list(request: StaffRequest) -> HttpResponse:
    """The plans that there are, and the form that proposes another."""
    form = forms.PeriodForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = plans.propose_month(
                given["owner"],
                month=given["month"],
                capacity=given["capacity"],
                actor=request.user,
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            return redirect(made)
    rows = VisitPlan.objects.filter(owner__in=queries.plannable_by(request.user))
    context = {"form": form, "plans": rows.select_related("owner")[:SHOWN]}
    return render(request, "visits/plans.html", context, status=422 if form.errors else 200)


@require_safe
@permission_required("visits.view_visit", raise_exception=True)
def plan(request: StaffRequest, plan_id: int) -> HttpResponse:
    """A proposed month: each visit with its reason and another day to choose; who has no room."""
    found = _get(request, plan_id)
    visits = Visit.objects.visible_to(request.user).for_list().filter(plan=found)
    context = {
        "plan": found,
        "rows": [
            {"visit": visit, "why": explanations.why(visit.why)}
            for visit in visits.exclude(status="cancelled")
        ],
        "proposed": visits.filter(status="proposed").count(),
        "unplaced": _unplaced(request, found),
    }
    return render(request, "visits/plan.html", context)


@require_POST
@permission_required("visits.change_visit", raise_exception=True)
def accept(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Agree to what is proposed."""
    found = _get(request, plan_id)
    with refusals_shown(request):
        number = plans.accept_plan(found.pk, actor=request.user)
        text = ngettext("%(number)d visit is planned.", "%(number)d visits are planned.", number)
        messages.success(request, text % {"number": number})
    return redirect(found)


def _get(request: StaffRequest, plan_id: int) -> VisitPlan:
    rows = VisitPlan.objects.filter(owner__in=queries.plannable_by(request.user))
    return get_object_or_404(rows.select_related("owner", "accepted_by"), pk=plan_id)


def _unplaced(request: StaffRequest, found: VisitPlan) -> list[dict[str, Any]]:
    """The customers for which there was no room, as far as the user may see them."""
    stored = found.explanation.get("unplaced", [])
    accounts = Account.objects.visible_to(request.user).in_bulk(
        [each["account"] for each in stored]
    )
    return [
        {"account": accounts[each["account"]], "text": explanations.standard(each)}
        for each in stored
        if each["account"] in accounts
    ]
