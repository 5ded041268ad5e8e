"""Lists: visits, follow-ups, customers whose visit is overdue, coverage, maintenance."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Account, AccountQuerySet, Tier
from kam.core import keyset
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, refusals_shown, row_id
from staff.models import User
from tiering import standards
from visits import forms, queries
from visits.models import FollowUp, MaintenanceSchedule, Visit
from visits.queries import Coverage
from visits.services import schedules

PAGE_SIZE = 50


@require_safe
@permission_required("visits.view_visit", raise_exception=True)
def visit_list(request: StaffRequest) -> HttpResponse:
    """All visits, the latest first."""
    form = forms.ListFilter(request.GET, user=request.user)
    rows = form.narrowed(Visit.objects.visible_to(request.user).for_list())
    page = _page(request, rows, keys=("-planned_on", "-pk"))
    context = {
        "form": form,
        "page": page,
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
    }
    part = "#results" if request.htmx else ""
    status = 422 if form.errors else 200
    return render(request, f"visits/list.html{part}", context, status=status)


@require_safe
@permission_required("visits.view_visit", raise_exception=True)
def follow_ups(request: StaffRequest) -> HttpResponse:
    """What is to be done after visits: one's own, or all one may see; what is due first, first."""
    rows = FollowUp.objects.visible_to(request.user).open()
    is_all = request.GET.get("who") == "all"
    if not is_all:
        rows = rows.filter(owner=request.user)
    rows = rows.select_related("visit__account", "owner")
    page = _page(request, rows, keys=("due_on", "pk"))
    return render(request, "visits/follow_ups.html", {"page": page, "is_all": is_all})


@require_safe
@permission_required("visits.view_visit", raise_exception=True)
def overdue(request: StaffRequest) -> HttpResponse:
    """Customers whose visit should have been made, the longest overdue first."""
    today = timezone.localdate()
    form = forms.OverdueFilter(request.GET)
    rows = queries.overdue(_accounts(request), standards.in_force(today).standard, today)
    rows = _narrowed(rows, form).select_related("manager", "region")
    page = Paginator(rows.defer("search_text", "search_grams"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {
        "form": form,
        "page": page,
        "rows": [(account, (today - account.visit_due_on).days) for account in page.object_list],
        "manager": _chosen_manager(request),
    }
    return render(request, "visits/overdue.html", context, status=422 if form.errors else 200)


def _narrowed(rows: QuerySet[Any], form: forms.OverdueFilter) -> QuerySet[Any]:
    if not form.is_valid():
        return rows.none()
    manager, tier = form.cleaned_data["manager"], form.cleaned_data["tier"]
    if manager == "none":
        rows = rows.filter(manager=None)
    elif manager:
        rows = rows.filter(manager=row_id(manager))
    return rows.filter(tier=tier) if tier else rows


def _chosen_manager(request: StaffRequest) -> str:
    chosen = request.GET.get("manager", "")
    if chosen == "none":
        return _("Nobody")
    return str(User.objects.filter(pk=row_id(chosen)).first() or "")


@require_safe
@permission_required("visits.view_visit", raise_exception=True)
def coverage(request: StaffRequest) -> HttpResponse:
    """How many customers are visited as often as their tier asks, by manager and tier."""
    today = timezone.localdate()
    in_force = standards.in_force(today)
    cells = queries.coverage(_accounts(request), in_force.standard, today)
    people = User.objects.in_bulk([manager for manager, _tier in cells if manager])
    by_manager: defaultdict[int | None, dict[str, Coverage]] = defaultdict(dict)
    for (manager, tier), cell in cells.items():
        by_manager[manager][tier] = cell
    rows = [_coverage_row(people.get(manager or 0), tiers) for manager, tiers in by_manager.items()]
    rows.sort(key=lambda row: (row["person"] is None, row["total"].share or 0, str(row["person"])))
    totals: defaultdict[str, Coverage] = defaultdict(lambda: Coverage(0, 0))
    for (_manager, tier), cell in cells.items():
        totals[tier] += cell
    context = {
        "rows": rows,
        "total": _coverage_row(None, totals),
        "every": [
            (label, in_force.standard.tiers[tier].visit_every_days) for tier, label in Tier.choices
        ],
        "version": in_force.version,
        "today": today,
    }
    return render(request, "visits/coverage.html", context)


def _coverage_row(person: User | None, tiers: dict[str, Coverage]) -> dict[str, Any]:
    none = Coverage(0, 0)
    return {
        "person": person,
        "key": person.pk if person else "none",
        "cells": [(tier, label, tiers.get(tier, none)) for tier, label in Tier.choices],
        "total": sum(tiers.values(), none),
    }


# --- maintenance


@require_safe
@permission_required("visits.view_visit", raise_exception=True)
def maintenance(request: StaffRequest) -> HttpResponse:
    """The schedules that run, what comes next first."""
    rows = MaintenanceSchedule.objects.filter(
        ended_on=None, account__in=Account.objects.visible_to(request.user)
    ).select_related("account", "owner")
    page = _page(request, rows, keys=("next_on", "pk"))
    return render(request, "visits/maintenance.html", {"page": page})


@require_http_methods(["GET", "POST"])
@permission_required("visits.change_visit", raise_exception=True)
def schedule_create(request: StaffRequest) -> HttpResponse:
    """Open a maintenance schedule."""
    initial = {"account": request.GET.get("account", ""), "owner": request.user.pk}
    form = forms.ScheduleForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        account = given.pop("account")
        try:
            schedules.open_schedule(account.pk, actor=request.user, **given)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The schedule runs."))
            return redirect("visits:maintenance")
    context = {"form": form, "title": _("New maintenance schedule"), "verb": _("Save")}
    return render(request, "visits/form.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required("visits.change_visit", raise_exception=True)
def schedule_end(request: StaffRequest, schedule_id: int) -> HttpResponse:
    """End a schedule."""
    rows = MaintenanceSchedule.objects.filter(account__in=Account.objects.visible_to(request.user))
    found = get_object_or_404(rows, pk=schedule_id)
    with refusals_shown(request):
        schedules.end_schedule(found.pk, actor=request.user)
        messages.success(request, _("The schedule has ended; visits that are planned stay."))
    return redirect("visits:maintenance")


# --- shared


def _accounts(request: StaffRequest) -> AccountQuerySet:
    return Account.objects.visible_to(request.user)


def _page(request: StaffRequest, rows: QuerySet[Any], keys: tuple[str, ...]) -> keyset.Page:
    try:
        return keyset.fetch(rows, keys=keys, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except keyset.InvalidCursor as error:
        raise Http404 from error
