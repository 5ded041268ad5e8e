"""Alerts on behaviour that has worsened, and the measures of overdue accounts."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Account
from credit.explanations import alert_figure
from credit.forms_supervision import AlertFilterForm, NoteForm
from credit.models import CreditAlert, OverdueEpisode, OverdueMeasure
from credit.models.supervision import AlertQuerySet
from credit.services import alerts, measures
from kam.core.http import StaffRequest, page_before, refusals_shown

PAGE_SIZE = 50
MOST_ACCOUNTS = 200  # that a search looks at


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def index(request: StaffRequest) -> HttpResponse:
    """Alerts on the visible accounts, those that nobody has acknowledged first of all."""
    form = AlertFilterForm(request.GET)
    rows = CreditAlert.objects.visible_to(request.user)
    rows = _filtered(rows, form, request) if form.is_valid() else rows.none()
    rows = rows.select_related("account", "acknowledged_by").order_by("-day", "-pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    said = [
        [alert_figure(alert.kind, alert.figures.get(name)) for name in ("before", "now")]
        for alert in page.object_list
    ]
    context = {
        "form": form,
        "page": page,
        "rows": list(zip(page.object_list, said, strict=True)),
        "may_acknowledge": request.user.has_perm("credit.acknowledge_alert"),
    }
    return render(request, "credit/alerts.html", context)


def _filtered(rows: AlertQuerySet, form: AlertFilterForm, request: StaffRequest) -> AlertQuerySet:
    if form.cleaned_data["show"] != "all":
        rows = rows.open()
    if kind := form.cleaned_data["kind"]:
        rows = rows.filter(kind=kind)
    if text := form.cleaned_data["search"]:
        found = Account.objects.visible_to(request.user).search(text).values("pk")[:MOST_ACCOUNTS]
        rows = rows.filter(account__in=[row["pk"] for row in found])
    return rows


@require_POST
@permission_required("credit.acknowledge_alert", raise_exception=True)
def acknowledge(request: StaffRequest, alert_id: int) -> HttpResponse:
    """Note that an alert was seen to."""
    alert = get_object_or_404(CreditAlert.objects.visible_to(request.user), pk=alert_id)
    form = NoteForm(request.POST)
    comment = form.cleaned_data["comment"] if form.is_valid() else ""
    with refusals_shown(request):
        alerts.acknowledge(alert.pk, comment=comment, actor=request.user)
        messages.success(request, _("The alert is acknowledged."))
    return _back(request, "credit:alerts")


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def overdue(request: StaffRequest) -> HttpResponse:
    """Accounts that are overdue now, each with its three measures; ?show=all those that were."""
    show_all = request.GET.get("show") == "all"
    rows = OverdueEpisode.objects.visible_to(request.user)
    if not show_all:
        rows = rows.filter(ended_on=None)
    steps = OverdueMeasure.objects.select_related("done_by")
    rows = rows.select_related("account").prefetch_related(Prefetch("measures", steps))
    context = {
        "page": Paginator(rows.order_by("-began_on", "-pk"), PAGE_SIZE).get_page(
            request.GET.get("page")
        ),
        "show_all": show_all,
        "may_finish": request.user.has_perm("credit.finish_measure"),
    }
    return render(request, "credit/overdue_accounts.html", context)


@require_POST
@permission_required("credit.finish_measure", raise_exception=True)
def finish(request: StaffRequest, measure_id: int) -> HttpResponse:
    """Note what came of a measure."""
    visible = OverdueEpisode.objects.visible_to(request.user)
    measure = get_object_or_404(OverdueMeasure.objects.filter(episode__in=visible), pk=measure_id)
    form = NoteForm(request.POST)
    result = form.cleaned_data["comment"] if form.is_valid() else ""
    with refusals_shown(request):
        measures.finish(measure.pk, result=result, actor=request.user)
        messages.success(request, _("The measure is finished."))
    return _back(request, "credit:overdue_accounts")


def _back(request: StaffRequest, url_name: str) -> HttpResponse:
    """To the page the form stood on."""
    return redirect(page_before(request) or url_name)
