"""Supervision: the credit-sales budget 赊销预算 and the ceiling on receivables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from approvals.models import Request
from credit.forms_supervision import BudgetForm, CeilingForm, RecordsForm, YearForm
from credit.models import CreditBudget, ReceivablesCeiling
from credit.models.supervision import Proposed
from credit.queries import budget as budgets
from credit.queries import ceiling as ceilings
from credit.services import supervision
from kam.core import audit
from kam.core import money as amounts
from kam.core.charts import Chart, money
from kam.core.errors import RuleViolation
from kam.core.exports import download
from kam.core.http import StaffRequest
from staff.models import Region, User

PAGE_SIZE = 50


@require_safe
@permission_required("credit.view_supervision", raise_exception=True)
def budget(request: StaffRequest) -> HttpResponse:
    """Budget and actual of a year: the company by month, regions and managers by year."""
    form = YearForm(request.GET)
    year = form.wanted()
    found = budgets.year_of(year, budget=budgets.in_force(year))
    versions = CreditBudget.objects.filter(year=year).select_related("proposed_by")
    context = {
        "form": form,
        "found": found,
        "months": list(zip(month_names(), found.company.months, strict=True)),
        "chart": _chart(found),
        "versions": versions,
    }
    return render(request, "credit/budget.html", context)


def month_names() -> list[str]:
    """The months of a year in the reader's language, short."""
    return [date_format(date(2001, month, 1), "M") for month in budgets.MONTHS]


def _chart(found: budgets.Year) -> Chart:
    lines = found.company.months
    planned = _points(_("Budget"), [line.budget for line in lines])
    actual = _points(_("Actual"), [line.actual for line in lines])
    return Chart(
        kind="monthly",
        source="budget",
        label=_("Credit sales and their budget by month"),
        data={
            "series": [
                {"name": _("Budget"), "points": planned},
                {"name": _("Actual"), "points": actual},
            ]
        },
    )


def _points(label: str, amounts: list[Decimal]) -> list[dict[str, object]]:
    return [
        {"name": name, "value": float(amount), "lines": [f"{label} {money(amount)}"]}
        for name, amount in zip(month_names(), amounts, strict=True)
    ]


@require_safe
@permission_required("credit.view_supervision", raise_exception=True)
def records(request: StaffRequest) -> HttpResponse:
    """The invoices and credit notes that make up an actual figure."""
    form = RecordsForm(request.GET)
    if not form.is_valid():
        return render(request, "credit/budget_records.html", {"form": form}, status=422)
    rows = budgets.credit_sales(form.cleaned_data["year"]).filter(**form.filters())
    rows = rows.visible_to(request.user)
    context = {
        "form": form,
        "year": form.cleaned_data["year"],
        "period": form.period(),
        "region": Region.objects.filter(pk=form.cleaned_data["region"]).first(),
        "manager": User.objects.filter(pk=form.cleaned_data["manager"]).first(),
        "total": rows.aggregate(sum=Sum("amount"))["sum"] or 0,
        "page": Paginator(
            rows.select_related("account").order_by("issued_on", "pk"), PAGE_SIZE
        ).get_page(request.GET.get("page")),
    }
    return render(request, "credit/budget_records.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("credit.supervise_credit", raise_exception=True)
def budget_new(request: StaffRequest, year: int) -> HttpResponse:
    """Enter a version of a year, beginning with the one in force."""
    parts = [("company", _("Company"))]
    parts += [(f"region_{region.pk}", region.name) for region in Region.objects.all()]
    managers = User.objects.filter(managed_accounts__isnull=False, is_active=True).distinct()
    parts += [(f"manager_{person.pk}", str(person)) for person in managers.order_by("full_name")]
    form = BudgetForm(request.POST or None, parts=parts, initial=_initial(year))
    if request.method == "POST" and form.is_valid():
        try:
            made = supervision.propose_budget(
                year=year,
                figures=form.figures(),
                reason=form.cleaned_data["reason"],
                actor=request.user,
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The budget awaits approval."))
            return redirect(made)
    context = {"form": form, "year": year, "months": month_names()}
    return render(request, "credit/budget_form.html", context, status=422 if form.errors else 200)


def _initial(year: int) -> dict[str, object]:
    found = budgets.in_force(year)
    if found is None:
        return {}
    return {f"{_key(f)}-{f.month}": amounts.plain(f.amount) for f in found.figures.all()}


def _key(figure: budgets.BudgetFigure) -> str:
    if figure.region_id:
        return f"region_{figure.region_id}"
    return f"manager_{figure.manager_id}" if figure.manager_id else "company"


@require_safe
@permission_required("credit.view_supervision", raise_exception=True)
def budget_version(request: StaffRequest, pk: int) -> HttpResponse:
    """One version with every figure, and the request it is or was approved by."""
    found = get_object_or_404(CreditBudget.objects.select_related("proposed_by"), pk=pk)
    shown = budgets.year_of(found.year, budget=found)
    context = {
        "budget": found,
        "parts": [shown.company, *shown.regions, *shown.managers],
        "months": month_names(),
        "asked": Request.objects.visible_to(request.user).of(found).first(),
    }
    return render(request, "credit/budget_version.html", context)


@require_safe
@permission_required("credit.view_supervision", raise_exception=True)
@permission_required("credit.export_credit", raise_exception=True)
def budget_export(request: StaffRequest) -> HttpResponseBase:
    """Budget and actual of a year by part and month as a workbook; who took it out is logged."""
    year = YearForm(request.GET).wanted()
    found = budgets.year_of(year, budget=budgets.in_force(year))
    titles = [
        _("Region or manager"),
        _("Month"),
        _("Budget"),
        _("Actual"),
        _("Difference"),
        _("Used"),
    ]
    parts = [found.company, *found.regions, *found.managers]
    rows = [
        (
            part.name or _("Company"),
            f"{year}-{month:02}",
            line.budget,
            line.actual,
            line.difference,
            line.used,
        )
        for part in parts
        for month, line in zip(budgets.MONTHS, part.months, strict=True)
    ]
    audit.record(
        request.user,
        "credit.budget_exported",
        actor=request.user,
        changes={"year": str(year), "rows": len(rows)},
    )
    return download(f"credit-budget-{year}", "xlsx", titles, rows)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("credit.view_supervision", raise_exception=True)
def ceiling(request: StaffRequest) -> HttpResponse:
    """The ceiling and its use, all versions, and for finance the form that proposes one."""
    form = CeilingForm(request.POST or None)
    if request.method == "POST":
        if not request.user.has_perm("credit.supervise_credit"):
            return render(request, "403.html", status=403)
        if form.is_valid():
            try:
                supervision.propose_ceiling(actor=request.user, **form.cleaned_data)
            except RuleViolation as violation:
                form.add_error(None, violation.message)
            else:
                messages.success(request, _("The ceiling awaits approval."))
                return redirect("credit:ceiling")
    rows = ReceivablesCeiling.objects.select_related("proposed_by")[:PAGE_SIZE]
    waiting = [row for row in rows if row.status == Proposed.Status.PROPOSED]
    context = {
        "form": form,
        "state": ceilings.state(timezone.localdate()),
        "rows": rows,
        "asked": Request.objects.visible_to(request.user).of(waiting[0]).first()
        if waiting
        else None,
    }
    return render(request, "credit/ceiling.html", context, status=422 if form.errors else 200)
