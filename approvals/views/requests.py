from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from approvals import kinds, queries, services
from approvals.forms import DecisionForm, FilterForm, ResubmitForm
from approvals.models import Request, RequestQuerySet
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, refusals_shown

TABS = ("waiting", "mine", "all")


@require_safe
def index(request: StaffRequest) -> HttpResponse:
    """Requests: those that wait for me, those I asked for, all I may see."""
    wanted = request.GET.get("show", "")
    show = wanted if wanted in TABS else "waiting"
    form = FilterForm(request.GET)
    found = _tab(request, show)
    if form.is_valid():
        chosen = {name: value for name, value in form.cleaned_data.items() if value}
        found = found.filter(**chosen)
    rows = found.select_related("requested_by").order_by("-requested_at", "-pk")
    labels = [_("Waiting for me"), _("Asked by me"), _("All")]
    context = {
        "page": Paginator(rows, 50).get_page(request.GET.get("page")),
        "form": form,
        "show": show,
        "tabs": list(zip(TABS, labels, strict=True)),
        "filtered": form.is_valid() and any(form.cleaned_data.values()),
    }
    return render(request, "approvals/requests.html", context)


@require_safe
def badge(request: StaffRequest) -> HttpResponse:
    """How many requests wait for me, as the navigation shows it; empty when none does."""
    count = queries.waiting_count(request.user)
    return render(request, "approvals/badge.html", {"count": count})


def _tab(request: StaffRequest, show: str) -> RequestQuerySet:
    visible = Request.objects.visible_to(request.user)
    match show:
        case "waiting":
            return visible.waiting_for(request.user)
        case "mine":
            return visible.filter(Q(requested_by=request.user) | Q(kept_by=request.user))
    return visible


@require_safe
def detail(request: StaffRequest, request_id: int) -> HttpResponse:
    """One request: what is asked, who signed, who is awaited, and what may be done."""
    return _page(request, _get(request, request_id), DecisionForm(), ResubmitForm())


@require_POST
def sign(request: StaffRequest, request_id: int) -> HttpResponse:
    """Approve, reject or return."""
    asked = _get(request, request_id)
    form = DecisionForm(request.POST)
    if form.is_valid():
        try:
            services.sign(asked.pk, actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("Your decision is recorded."))
            return redirect(asked)
    return _page(request, _get(request, request_id), form, ResubmitForm())


@require_POST
def resubmit(request: StaffRequest, request_id: int) -> HttpResponse:
    """Ask again after a return."""
    asked = _get(request, request_id)
    form = ResubmitForm(request.POST)
    if form.is_valid():
        try:
            services.resubmit(asked.pk, actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The request awaits signatures."))
            return redirect(asked)
    return _page(request, _get(request, request_id), DecisionForm(), form)


@require_POST
def recall(request: StaffRequest, request_id: int) -> HttpResponse:
    """Take one's own request back."""
    return _do(request, request_id, services.recall, _("The request is recalled."))


@require_POST
def remind(request: StaffRequest, request_id: int) -> HttpResponse:
    """Remind those who must sign."""
    return _do(request, request_id, services.remind, _("A reminder is on its way."))


def _do(
    request: StaffRequest, request_id: int, verb: Callable[..., Request], done: str
) -> HttpResponse:
    asked = _get(request, request_id)
    with refusals_shown(request):
        verb(asked.pk, actor=request.user)
        messages.success(request, done)
    return redirect(asked)


def _get(request: StaffRequest, request_id: int) -> Request:
    visible = Request.objects.visible_to(request.user).select_related(
        "requested_by", "kept_by", "route"
    )
    return get_object_or_404(visible, pk=request_id)


def _page(
    request: StaffRequest, asked: Request, form: DecisionForm, resubmission: ResubmitForm
) -> HttpResponse:
    signatures = list(asked.signatures.select_related("signer", "on_behalf_of"))
    kind = kinds.registered().get(asked.kind)
    context: dict[str, Any] = {
        "asked": asked,
        "subject_url": kind.subject_url(asked) if kind else "",
        "what_if_url": kind.what_if_url(asked) if kind and kind.what_if_url else "",
        "rows": queries.snapshot_rows(asked),
        "stages": queries.stage_rows(asked, signatures),
        "signatures": signatures,
        "awaited": queries.awaited(asked),
        "desk": queries.desk_of(asked, request.user),
        "form": form,
        "resubmission": resubmission,
    }
    status = 422 if form.errors or resubmission.errors else 200
    return render(request, "approvals/request.html", context, status=status)
