from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from approvals import kinds, queries, services
from approvals.forms import RouteForm, StageFormSet, bands_of, rows_of
from approvals.models import Request, Route
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest


@require_safe
@permission_required("approvals.view_route", raise_exception=True)
def index(request: StaffRequest) -> HttpResponse:
    """The route of every kind: in force, and the versions before and after it."""
    versions: dict[str, list[Route]] = {}
    for route in Route.objects.select_related("proposed_by").prefetch_related("bands"):
        versions.setdefault(route.kind, []).append(route)
    today = timezone.localdate()
    in_force: dict[str, Route] = {}
    for route in Route.objects.in_force(today).prefetch_related("bands"):
        in_force.setdefault(route.kind, route)
    bands = queries.band_rows(list(in_force.values()))
    rows = [
        (key, kind, in_force.get(key), bands.get(key, []), versions.get(key, []))
        for key, kind in sorted(kinds.registered().items())
    ]
    return render(request, "approvals/routes.html", {"rows": rows})


@require_safe
@permission_required("approvals.view_route", raise_exception=True)
def detail(request: StaffRequest, route_id: int) -> HttpResponse:
    """One version: its bands and stages, and the request it is or was approved by."""
    routes = Route.objects.select_related("proposed_by").prefetch_related("bands")
    route = get_object_or_404(routes, pk=route_id)
    asked = Request.objects.visible_to(request.user).of(route).first()
    context = {
        "route": route,
        "bands": queries.band_rows([route])[route.kind],
        "asked": asked,
        "in_force": Route.objects.filter(kind=route.kind).in_force(timezone.localdate()).first(),
    }
    return render(request, "approvals/route.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("approvals.propose_route", raise_exception=True)
def propose(request: StaffRequest, kind: str) -> HttpResponse:
    """Propose a new version, beginning with the one in force."""
    known = kinds.registered().get(kind)
    if known is None:
        raise Http404
    form = RouteForm(request.POST or None)
    stages = StageFormSet(request.POST or None, initial=_initial(kind), prefix="stages")
    if request.method == "POST" and form.is_valid() and stages.is_valid():
        try:
            route = services.propose_route(
                kind=kind, bands=bands_of(stages), actor=request.user, **form.cleaned_data
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The route awaits approval."))
            return redirect(route)
    status = 422 if request.method == "POST" else 200
    context = {"kind": known, "form": form, "stages": stages}
    return render(request, "approvals/route_form.html", context, status=status)


def _initial(kind: str) -> list[dict[str, object]]:
    routes = Route.objects.filter(kind=kind).in_force(timezone.localdate())
    route = routes.prefetch_related("bands").first()
    return rows_of(route.terms()) if route else []
