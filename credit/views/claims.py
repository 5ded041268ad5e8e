"""Lists and pages of disputes, write-offs and legal cases."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from approvals.models import Request
from credit.collection_forms import MoveForm, ReverseForm, SettleForm
from credit.models import Dispute, LegalCase, WriteOff
from credit.services import disputes as dispute_services
from credit.services import legal as legal_services
from credit.services import write_offs as write_off_services
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest

PAGE_SIZE = 50


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def disputes(request: StaffRequest) -> HttpResponse:
    """Disputes, the open ones first."""
    rows = Dispute.objects.visible_to(request.user).select_related("invoice__account")
    return _list(
        request,
        "disputes",
        rows.order_by(F("settled_on").desc(nulls_first=True), "-opened_on", "-pk"),
    )


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def write_offs(request: StaffRequest) -> HttpResponse:
    """Write-offs, the latest first."""
    rows = WriteOff.objects.visible_to(request.user)
    return _list(request, "write_offs", rows.select_related("invoice__account", "proposed_by"))


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def legal_cases(request: StaffRequest) -> HttpResponse:
    """Legal cases, the latest first."""
    rows = LegalCase.objects.visible_to(request.user)
    return _list(request, "legal_cases", rows.select_related("account"))


@require_http_methods(["GET", "POST"])
@permission_required("credit.view_creditparty", raise_exception=True)
def dispute(request: StaffRequest, pk: int) -> HttpResponse:
    """One dispute; finance settles it."""
    rows = Dispute.objects.visible_to(request.user)
    found = get_object_or_404(rows.select_related("invoice__account", "opened_by"), pk=pk)
    form = SettleForm(request.POST or None)
    return _page(
        request,
        {"kind": "dispute", "subject": found, "account": found.invoice.account},
        form,
        "credit.manage_receivables",
        lambda **given: dispute_services.settle_dispute(found.pk, **given),
    )


@require_http_methods(["GET", "POST"])
@permission_required("credit.view_creditparty", raise_exception=True)
def write_off(request: StaffRequest, pk: int) -> HttpResponse:
    """One write-off with its requests; finance asks for its reversal."""
    rows = WriteOff.objects.visible_to(request.user)
    found = get_object_or_404(rows.select_related("invoice__account", "proposed_by"), pk=pk)
    form = ReverseForm(request.POST or None)
    context = {
        "kind": "write_off",
        "subject": found,
        "account": found.invoice.account,
        "requests": Request.objects.of(found).order_by("pk"),
    }
    return _page(
        request,
        context,
        form,
        "credit.manage_receivables",
        lambda **given: write_off_services.propose_reversal(found.pk, **given),
    )


@require_http_methods(["GET", "POST"])
@permission_required("credit.view_creditparty", raise_exception=True)
def legal_case(request: StaffRequest, pk: int) -> HttpResponse:
    """One legal case; who keeps legal cases brings it further."""
    rows = LegalCase.objects.visible_to(request.user)
    found = get_object_or_404(rows.select_related("account", "opened_by"), pk=pk)
    form = MoveForm(request.POST or None, legal_case=found)
    context = {
        "kind": "legal_case",
        "subject": found,
        "account": found.account,
        "invoices": found.invoices.all(),
    }
    return _page(
        request,
        context,
        form,
        "credit.manage_legal",
        lambda **given: legal_services.move_on(found.pk, **given),
    )


def _list(request: StaffRequest, kind: str, rows: QuerySet[Any]) -> HttpResponse:
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "credit/claims.html", {"kind": kind, "page": page})


def _page(
    request: StaffRequest, context: dict[str, Any], form: Form, permission: str, save: Any
) -> HttpResponse:
    """Show a claim; on POST `save` what was filled in, for who has the permission."""
    may = request.user.has_perm(permission)
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        if form.is_valid():
            try:
                save(actor=request.user, **form.cleaned_data)
            except RuleViolation as violation:
                form.add_error(None, violation.message)
            else:
                messages.success(request, _("Recorded."))
                return redirect(context["subject"])
    context |= {"form": form, "may": may}
    return render(request, "credit/claim.html", context, status=422 if form.errors else 200)
