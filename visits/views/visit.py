"""The page of a visit, and what is done from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Account
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, refusals_shown
from tiering import standards
from visits import explanations, forms, queries
from visits.models import FollowUp, MaintenanceSchedule, Visit
from visits.services import reports, visiting
from visits.services.visiting import Position

PANEL_ROWS = 5


@require_safe
@permission_required("visits.view_visit", raise_exception=True)
def visit(request: StaffRequest, visit_id: int) -> HttpResponse:
    """All about one visit; on a phone it begins with the button to check in."""
    found = _get(request, visit_id)
    context = {
        "visit": found,
        "why": explanations.why(found.why),
        "follow_ups": found.follow_ups.select_related("owner", "done_by"),
        "participants": found.participants.all(),
        "colleagues": found.colleagues.all(),
        "move_form": forms.MoveForm(initial={"on": found.planned_on, "expected": found.planned_on}),
        "may_check_in": found.owner_id == request.user.pk and found.is_movable,
    }
    return render(request, "visits/visit.html", context)


@require_safe
@permission_required("visits.view_visit", raise_exception=True)
def account_panel(request: StaffRequest, account_number: str) -> HttpResponse:
    """The visits of an account, for its page: when the next is due, what is planned, the last."""
    accounts = Account.objects.visible_to(request.user)
    account = get_object_or_404(accounts, account_number=account_number)
    today = timezone.localdate()
    standard = standards.in_force(today).standard
    rows = Visit.objects.filter(account=account).select_related("owner")
    context = {
        "account": account,
        "due": queries.with_due(Account.objects.filter(pk=account.pk), standard).first(),
        "today": today,
        "coming": rows.open().order_by("planned_on", "pk")[:PANEL_ROWS],
        "held": rows.filter(status="done").order_by("-visited_on", "-pk")[:PANEL_ROWS],
        "follow_ups": FollowUp.objects.filter(visit__account=account)
        .open()
        .select_related("owner")[:PANEL_ROWS],
        "schedules": MaintenanceSchedule.objects.filter(account=account, ended_on=None),
    }
    return render(request, "visits/account_panel.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("visits.change_visit", raise_exception=True)
def create(request: StaffRequest) -> HttpResponse:
    """Plan a visit; `?account=` names the customer, `?on=` the day."""
    initial = {
        "account": request.GET.get("account", ""),
        "planned_on": request.GET.get("on") or timezone.localdate(),
        "owner": request.user.pk,
    }
    form = forms.NewVisitForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        account = given.pop("account")
        try:
            made = visiting.plan_visit(account.pk, actor=request.user, **given)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The visit is planned."))
            return redirect(made)
    context = {"form": form, "title": _("Plan a visit"), "verb": _("Plan a visit")}
    return render(request, "visits/form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("visits.change_visit", raise_exception=True)
def edit(request: StaffRequest, visit_id: int) -> HttpResponse:
    """Change what is planned."""
    found = _get(request, visit_id)
    names = ("kind", "planned_on", "planned_at", "purpose")
    initial = {name: getattr(found, name) for name in names} | {"owner": found.owner_id}
    form = forms.VisitForm(
        request.POST or None, people=queries.people_for(found.account), initial=initial
    )

    def save(given: dict[str, Any]) -> object:
        return visiting.change_visit(
            found.pk, fields=given, expected=_seen(request), actor=request.user
        )

    return _form_page(request, found, form, _("Change the visit"), save)


def _seen(request: StaffRequest) -> datetime:
    """The state of the visit that the form was opened with; long ago when it does not say."""
    try:
        seen = parse_datetime(request.POST.get("expected", ""))
    except ValueError:
        seen = None
    return seen or datetime.min.replace(tzinfo=UTC)


@require_http_methods(["GET", "POST"])
@permission_required("visits.change_visit", raise_exception=True)
def cancel(request: StaffRequest, visit_id: int) -> HttpResponse:
    """Call a visit off, with a reason."""
    found = _get(request, visit_id)
    form = forms.CancelForm(request.POST or None)

    def save(given: dict[str, Any]) -> object:
        return visiting.cancel_visit(found.pk, actor=request.user, **given)

    title = _("Cancel the visit")
    return _form_page(request, found, form, title, save, verb=title)


@require_POST
@permission_required("visits.change_visit", raise_exception=True)
def check_in(request: StaffRequest, visit_id: int) -> HttpResponse:
    """Arrived. Where, only if the phone said so; a position that is none is left out."""
    found = _get(request, visit_id)
    form = forms.PositionForm(request.POST)
    position = None
    given = form.cleaned_data if form.is_valid() else {}
    if given.get("latitude") is not None and given.get("longitude") is not None:
        accuracy = given.get("accuracy")
        position = Position(
            latitude=given["latitude"],
            longitude=given["longitude"],
            accuracy=None if accuracy is None else round(accuracy),
        )
    with refusals_shown(request):
        visiting.check_in(found.pk, actor=request.user, position=position)
        messages.success(request, _("You are checked in."))
    return redirect(found)


@require_http_methods(["GET", "POST"])
@permission_required("visits.change_visit", raise_exception=True)
def report(request: StaffRequest, visit_id: int) -> HttpResponse:
    """Write the report; keep it for later, or close the visit with it."""
    found = _get(request, visit_id)
    form = forms.ReportForm(request.POST or None, visit=found, user=request.user)
    closing = request.POST.get("action") == "close"
    if request.method == "POST" and form.is_valid():
        write = reports.close_visit if closing else reports.save_report
        try:
            write(
                found.pk,
                report=form.report(),
                expected=form.cleaned_data["expected"],
                actor=request.user,
            )
        except RuleViolation as violation:
            form.add_error(_FIELD_OF.get(violation.code), violation.message)
        else:
            messages.success(request, _("The visit is closed.") if closing else _("Saved."))
            return redirect(found)
    context = {"visit": found, "form": form, "follow_ups": found.follow_ups.select_related("owner")}
    failed = request.method == "POST"
    return render(request, "visits/report.html", context, status=422 if failed else 200)


_FIELD_OF = {
    "purpose_missing": "purpose",
    "next_step_missing": "next_step",
    "future": "visited_on",
    "other_contact": "participants",
}


@require_http_methods(["GET", "POST"])
@permission_required("visits.view_visit", raise_exception=True)
def follow_up(request: StaffRequest, follow_up_id: int) -> HttpResponse:
    """One follow-up: say what came of it."""
    rows = FollowUp.objects.visible_to(request.user)
    rows = rows.select_related("visit__account", "owner", "done_by", "created_by")
    found = get_object_or_404(rows, pk=follow_up_id)
    form = forms.ResultForm(request.POST or None)
    if request.method == "POST":
        _refuse_readers(request)
    if request.method == "POST" and form.is_valid():
        try:
            reports.finish_follow_up(found.pk, actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("Recorded."))
            return redirect(found.visit)
    context = {"follow_up": found, "form": form}
    return render(request, "visits/follow_up.html", context, status=422 if form.errors else 200)


def _refuse_readers(request: StaffRequest) -> None:
    if not request.user.has_perm("visits.change_visit"):
        raise PermissionDenied


def _get(request: StaffRequest, visit_id: int) -> Visit:
    rows = Visit.objects.visible_to(request.user)
    rows = rows.select_related(
        *("account__region", "owner", "plan", "schedule", "done_by", "created_by")
    )
    return get_object_or_404(rows, pk=visit_id)


def _form_page(
    request: StaffRequest,
    found: Visit,
    form: Any,
    title: str,
    save: Callable[[dict[str, Any]], object],
    verb: str = "",
) -> HttpResponse:
    """Show a form about a visit; `save` takes what was filled in, `verb` stands on its button."""
    if request.method == "POST" and form.is_valid():
        try:
            save(form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("Recorded."))
            return redirect(found)
    context = {"visit": found, "form": form, "title": title, "verb": verb or _("Save")}
    return render(request, "visits/form.html", context, status=422 if form.errors else 200)
