from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest
from tiering import queries, services, tasks
from tiering.forms import RunForm
from tiering.models import TierRun


@require_http_methods(["GET", "POST"])
@permission_required("tiering.view_tierrecord", raise_exception=True)
def runs(request: StaffRequest) -> HttpResponse:
    """The recompute runs, newest day first, and the button that starts one."""
    form = RunForm(request.POST or None, initial={"as_of": timezone.localdate()})
    if request.method == "POST":
        return _start(request, form)
    return _runs_page(request, form)


@permission_required("tiering.run_recompute", raise_exception=True)
def _start(request: StaffRequest, form: RunForm) -> HttpResponse:
    if form.is_valid():
        try:
            run = services.request_run(
                form.cleaned_data["as_of"], actor=request.user, trigger=TierRun.Trigger.PAGE
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            tasks.enqueue(run)
            messages.success(request, _("The recompute is queued."))
            return redirect(run)
    return _runs_page(request, form)


def _runs_page(request: StaffRequest, form: RunForm) -> HttpResponse:
    found = TierRun.objects.select_related("policy", "requested_by")
    page = Paginator(found, 30).get_page(request.GET.get("page"))
    context = {"page": page, "form": form}
    return render(request, "tiering/runs.html", context, status=422 if form.errors else 200)


@require_safe
@permission_required("tiering.view_tierrecord", raise_exception=True)
def run(request: StaffRequest, run_id: int) -> HttpResponse:
    """One run: how far it is, and what it found. Asks for itself again until it is done."""
    found = TierRun.objects.select_related("policy", "requested_by")
    run = get_object_or_404(found, pk=run_id)
    context = {"run": run, "movers": _movers(request, run)}
    template = "tiering/run.html#state" if request.htmx else "tiering/run.html"
    return render(request, template, context)


def _movers(request: StaffRequest, run: TierRun) -> list[queries.Mover]:
    if run.recorded_at is None or not run.changed:
        return []
    since = run.as_of - timedelta(days=1)
    return queries.movers(request.user, since=since, until=run.as_of, limit=50)
