"""The monthly summary 月度总结 of complaints: figures, Pareto analysis, SLA report, conclusions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms_transfer import ExportForm
from accounts.models import sees_all_accounts
from accounts.services.exporting import quota
from complaints import exports, reporting
from complaints.forms_summary import MonthForm, PeriodForm, SummaryForm
from complaints.models import Complaint, ComplaintQuerySet, MonthlySummary
from complaints.services import summaries
from complaints.views import charts
from kam.core.errors import RuleViolation
from kam.core.exports import download
from kam.core.http import StaffRequest

TREND_MONTHS = 12
LABELS = {
    "cause": gettext_lazy("Root cause"),
    "category": gettext_lazy("Category"),
    "product": gettext_lazy("Product"),
    "channel": gettext_lazy("Channel"),
    "severity": gettext_lazy("Severity"),
    "tier": gettext_lazy("Tier"),
}


@require_safe
@permission_required("complaints.view_complaint", raise_exception=True)
def summary(request: StaffRequest) -> HttpResponse:
    """The complaints received in a month; ?month=2026-11&by=cause."""
    form = MonthForm(request.GET)
    if not form.is_valid():
        raise Http404
    month = form.cleaned_data["month"] or timezone.localdate().replace(day=1)
    return _page(request, month, form.cleaned_data["by"] or "cause")


@require_POST
@permission_required("complaints.change_monthlysummary", raise_exception=True)
def write(request: StaffRequest) -> HttpResponse:
    """Write the conclusions of a month, or bring them up to date."""
    chosen = MonthForm(request.GET)
    if not chosen.is_valid() or not chosen.cleaned_data["month"]:
        raise Http404
    month = chosen.cleaned_data["month"]
    form = SummaryForm(request.POST)
    if form.is_valid():
        try:
            summaries.write_summary(month, actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The summary is kept."))
            return redirect(f"{reverse('complaints:summary')}?month={month:%Y-%m}")
    return _page(request, month, "cause", form)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("complaints.export_complaint", raise_exception=True)
def export(request: StaffRequest) -> HttpResponseBase:
    """Complaints as a file; /complaints/export/?since=&until= (days of receipt)."""
    period = PeriodForm(request.GET)
    complaints = Complaint.objects.none()
    if period.is_valid():
        received = reporting.received_between(Complaint.objects.all(), **period.cleaned_data)
        complaints = received.visible_to(request.user).order_by("-received_at", "-pk")
    titles = exports.columns()
    form = ExportForm(
        request.POST or None, columns=list(titles.items()), initial={"columns": list(titles)}
    )
    if request.method == "POST" and form.is_valid() and period.is_valid():
        names, kind = form.cleaned_data["columns"], form.cleaned_data["format"]
        try:
            rows = exports.export_complaints(
                complaints,
                names,
                actor=request.user,
                reason=form.cleaned_data["reason"],
                query=urlencode({k: v for k, v in period.cleaned_data.items() if v}),
                file_format=kind,
            )
        except RuleViolation as violation:
            form.add_error("format", violation.message)
        else:
            file_name = f"complaints-{timezone.localdate()}"
            return download(file_name, kind, [titles[name] for name in names], rows)
    context = {
        "form": form,
        "period": period,
        "back": reverse("complaints:list"),
        "number": complaints.count(),
        "quota": quota(exports.KIND.key, user=request.user),
    }
    status = 422 if form.errors or period.errors else 200
    return render(request, "complaints/export.html", context, status=status)


def _page(
    request: StaffRequest, month: date, by: str, form: SummaryForm | None = None
) -> HttpResponse:
    now = timezone.now()
    last = _shifted(month, 1) - timedelta(days=1)
    received = _received(month, last).visible_to(request.user)
    groups = reporting.grouped(received, reporting.PARETO[by], now)
    written = MonthlySummary.objects.select_related("written_by").filter(month=month).first()
    initial = (
        {"findings": written.findings, "improvements": written.improvements} if written else {}
    )
    context: dict[str, Any] = {
        "month": month,
        "last": last,
        "previous": _shifted(month, -1),
        "next": _shifted(month, 1) if _shifted(month, 1) <= timezone.localdate() else None,
        "totals": reporting.totals(received, now),
        "by": by,
        "choices": LABELS.items(),
        "pareto": charts.pareto(groups, by, {"since": month, "until": last}),
        "kept": reporting.kept(received, now),
        "trend": charts.trend(_trend(request, month, last, now)),
        "written": written,
        "form": form or SummaryForm(initial=initial),
    }
    status = 422 if form and form.errors else 200
    return render(request, "complaints/summary.html", context, status=status)


def _received(since: date, until: date) -> ComplaintQuerySet:
    return reporting.received_between(Complaint.objects.all(), since, until)


def _trend(
    request: StaffRequest, month: date, last: date, now: datetime
) -> list[tuple[date, int, int]]:
    """A year that ends with this month."""
    months = [_shifted(month, -by) for by in range(TREND_MONTHS)]
    if sees_all_accounts(request.user):
        return reporting.monthly_of_all(months, now)
    return reporting.monthly(_received(months[-1], last).visible_to(request.user), now)


def _shifted(month: date, by: int) -> date:
    if not date.min.year <= month.year + (month.month - 1 + by) // 12 < date.max.year:
        raise Http404
    return reporting.month_later(month, by)
