from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Account
from approvals.forms import DecisionForm
from approvals.models import Request
from approvals.queries import desk_of
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest
from tiering import services
from tiering.forms import DesignationForm, RevocationForm, RunForm
from tiering.models import Designation, DesignationQuerySet
from tiering.services.designations import DESIGNATION_KIND

EXPIRING_DAYS = 60
FILTERS = ("waiting", "in_force", "expiring", "all")


@require_safe
@permission_required("tiering.view_tierrecord", raise_exception=True)
def designations(request: StaffRequest) -> HttpResponse:
    """Designations of the visible accounts: waiting, in force, expiring soon, or all."""
    wanted = request.GET.get("show", "")
    show = wanted if wanted in FILTERS else "in_force"
    found = Designation.objects.visible_to(request.user).select_related(
        "account", "proposed_by", "decided_by"
    )
    page = Paginator(_filtered(found, show), 50).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "show": show,
        "filters": _filter_labels(),
        "today": timezone.localdate(),
    }
    return render(request, "tiering/designations.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("tiering.propose_designation", raise_exception=True)
def propose(request: StaffRequest, account_number: str) -> HttpResponse:
    """Ask for a tier by strategic significance for a visible account."""
    accounts = Account.objects.visible_to(request.user).live()
    account = get_object_or_404(accounts, account_number=account_number)
    form = DesignationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            designation = services.propose_designation(
                account.pk, actor=request.user, **form.cleaned_data
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The designation awaits signatures."))
            return redirect("tiering:designation", designation.pk)
    context = {"account": account, "form": form}
    status = 422 if form.errors else 200
    return render(request, "tiering/designation_form.html", context, status=status)


@require_safe
@permission_required("tiering.view_tierrecord", raise_exception=True)
def designation(request: StaffRequest, designation_id: int) -> HttpResponse:
    """One designation, and what may be done with it."""
    return _page(request, _get(request, designation_id), RevocationForm())


@require_http_methods(["GET", "POST"])
@permission_required("tiering.propose_designation", raise_exception=True)
def edit(request: StaffRequest, designation_id: int) -> HttpResponse:
    """Change a proposal that was sent back."""
    designation = _get(request, designation_id)
    form = DesignationForm(request.POST or None, instance=designation)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_designation(designation.pk, actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("Saved. Submit the request again."))
            return redirect(_asked(designation) or "tiering:designations")
    context = {"account": designation.account, "form": form, "designation": designation}
    status = 422 if form.errors else 200
    return render(request, "tiering/designation_form.html", context, status=status)


@require_http_methods(["POST"])
@permission_required("tiering.approve_designation", raise_exception=True)
def revoke(request: StaffRequest, designation_id: int) -> HttpResponse:
    """End a designation before it expires."""
    designation = _get(request, designation_id)
    form = RevocationForm(request.POST)
    if form.is_valid():
        try:
            services.revoke_designation(designation.pk, actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The designation is revoked."))
            return redirect("tiering:designation", designation.pk)
    return _page(request, _get(request, designation_id), form)


def _get(request: StaffRequest, designation_id: int) -> Designation:
    visible = Designation.objects.visible_to(request.user)
    rows = visible.select_related("account", "proposed_by", "decided_by")
    return get_object_or_404(rows, pk=designation_id)


def _asked(designation: Designation) -> Request | None:
    return Request.objects.of(designation, DESIGNATION_KIND).first()


def _page(
    request: StaffRequest, designation: Designation, revocation: RevocationForm
) -> HttpResponse:
    today = timezone.localdate()
    asked = _asked(designation)
    context = {
        "designation": designation,
        "asked": asked,
        "desk": desk_of(asked, request.user) if asked else None,
        "form": DecisionForm(),
        "revocation": revocation,
        "run_form": RunForm(initial={"as_of": today}),
        "is_in_force": designation.status == Designation.Status.APPROVED
        and designation.revoked_on is None
        and designation.expires_on >= today,
    }
    status = 422 if revocation.errors else 200
    return render(request, "tiering/designation.html", context, status=status)


def _filtered(found: DesignationQuerySet, show: str) -> DesignationQuerySet:
    today = timezone.localdate()
    match show:
        case "waiting":
            return found.filter(status=Designation.Status.PROPOSED)
        case "in_force":
            return found.in_force(today).order_by("expires_on", "pk")
        case "expiring":
            soon = today + timedelta(days=EXPIRING_DAYS)
            return found.in_force(today).filter(expires_on__lte=soon).order_by("expires_on", "pk")
    return found


def _filter_labels() -> list[tuple[str, str]]:
    labels = [
        _("Awaiting approval"),
        _("In force"),
        _("Expiring within %s days") % EXPIRING_DAYS,
        _("All"),
    ]
    return list(zip(FILTERS, labels, strict=True))
