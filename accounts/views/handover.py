from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import handover as parts
from accounts.forms_handover import CaseForm, TakerForm, WithdrawForm
from accounts.models import HandoverCase, HandoverTransfer
from accounts.services import handover
from accounts.views.edit import sent
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest
from kam.core.models import ApiToken
from staff.models import User
from staff.roles import ROLE_NAMES

SEES = "accounts.view_account"


@require_safe
@permission_required(SEES, raise_exception=True)
def cases(request: StaffRequest) -> HttpResponse:
    """Handovers, and what waits for my signature."""
    mine = HandoverTransfer.objects.pending().filter(
        Q(taker=request.user, taker_signed_at=None)
        | Q(case__giver=request.user, giver_signed_at=None)
    )
    found = HandoverCase.objects.visible_to(request.user).select_related("giver", "opened_by")
    context = {
        "waiting": mine.select_related("case__giver", "taker"),
        "page": Paginator(found, 50).get_page(request.GET.get("page")),
    }
    return render(request, "accounts/handovers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("accounts.manage_handover", raise_exception=True)
def open_case(request: StaffRequest) -> HttpResponse:
    """Begin a handover of somebody who leaves or takes another post."""
    form = CaseForm(sent(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            case = handover.open_case(actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The handover is open."))
            return redirect(case)
    status = 422 if form.errors else 200
    return render(request, "accounts/handover_form.html", {"form": form}, status=status)


@require_safe
@permission_required(SEES, raise_exception=True)
def case(request: StaffRequest, pk: int) -> HttpResponse:
    """What the giver still holds, who takes over what, and who has signed."""
    return _page(request, _case(request, pk))


@require_POST
@permission_required(SEES, raise_exception=True)
def propose(request: StaffRequest, pk: int) -> HttpResponse:
    """Propose that somebody takes over what was ticked, or all that is left."""
    found = _case(request, pk)
    form = TakerForm(request.POST, giver=found.giver)
    if not form.is_valid():
        return _page(request, found, form)
    chosen = {
        part: request.POST.getlist(part) for part in parts.registered() if part in request.POST
    }
    try:
        handover.propose(
            found.pk,
            taker=form.cleaned_data["taker"],
            actor=request.user,
            chosen=None if "all" in request.POST else chosen,
        )
    except RuleViolation as violation:
        _refuse_stranger(violation)
        form.add_error(None, violation.message)
        return _page(request, found, form)
    messages.success(request, _("Proposed. It moves when both sides have signed."))
    return redirect(found)


@require_POST
@permission_required(SEES, raise_exception=True)
def sign(request: StaffRequest, pk: int) -> HttpResponse:
    """Sign a transfer for my side."""
    transfer = _transfer(request, pk)
    try:
        signed = handover.sign(transfer.pk, actor=request.user)
    except RuleViolation as violation:
        _refuse_stranger(violation)
        messages.error(request, violation.message)
    else:
        moved = signed.moved_at is not None
        messages.success(request, _("Signed; all of it has moved.") if moved else _("Signed."))
    return redirect(transfer.case)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(SEES, raise_exception=True)
def withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    """Take back or turn down a transfer, with a reason."""
    transfer = _transfer(request, pk)
    form = WithdrawForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            handover.withdraw(transfer.pk, actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            _refuse_stranger(violation)
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("Withdrawn; what is in it is open again."))
            return redirect(transfer.case)
    context = {"form": form, "transfer": transfer}
    status = 422 if form.errors else 200
    return render(request, "accounts/handover_form.html", context, status=status)


@require_POST
@permission_required("accounts.manage_handover", raise_exception=True)
def end_access(request: StaffRequest, pk: int) -> HttpResponse:
    """Let the leaver in no more, from now on."""
    found = _case(request, pk)
    return _done(
        request, found, handover.end_access, _("Their access has ended, open sessions too.")
    )


@require_POST
@permission_required("accounts.manage_handover", raise_exception=True)
def close(request: StaffRequest, pk: int) -> HttpResponse:
    """End a handover in which nothing is left."""
    return _done(request, _case(request, pk), handover.close_case, _("The handover is closed."))


def _done(
    request: StaffRequest, found: HandoverCase, service: Callable[..., HandoverCase], success: str
) -> HttpResponse:
    try:
        service(found.pk, actor=request.user)
    except RuleViolation as violation:
        _refuse_stranger(violation)
        messages.error(request, violation.message)
    else:
        messages.success(request, success)
    return redirect(found)


def _page(
    request: StaffRequest, found: HandoverCase, form: TakerForm | None = None
) -> HttpResponse:
    user, giver = request.user, found.giver
    directs = handover.may_direct(user, giver)
    labels = {key: part.label for key, part in parts.registered().items()}
    transfers = list(found.transfers.select_related("taker", "giver_signed_by", "withdrawn_by"))
    for transfer in transfers:
        transfer.case = found
    left = handover.left_to_propose(found) if found.is_open else {}
    context = {
        "case": found,
        "left": [(key, labels[key], items) for key, items in left.items()],
        "left_count": sum(map(len, left.values())),
        "transfers": [_row(transfer, user, labels) for transfer in transfers],
        "directs": directs,
        "may_propose": found.is_open and (directs or user.pk == giver.pk),
        "form": form or TakerForm(giver=giver),
        "roles": _roles_of_nobody_else(giver),
        "tokens": ApiToken.objects.live().filter(created_by=giver).count(),
    }
    status = 422 if form and form.errors else 200
    return render(request, "accounts/handover.html", context, status=status)


def _row(transfer: HandoverTransfer, user: User, labels: dict[str, Any]) -> dict[str, Any]:
    """A transfer as the page shows it."""
    is_side = user.pk in (transfer.taker_id, transfer.case.giver_id)
    pending = transfer.is_pending and transfer.case.is_open
    takes = user.pk == transfer.taker_id and not transfer.taker_signed_at
    return {
        "transfer": transfer,
        "parts": [(labels.get(key, key), items) for key, items in transfer.items.items()],
        "may_sign": pending and (takes or handover.may_sign_for_giver(transfer, user)),
        "may_withdraw": pending and (is_side or handover.may_direct(user, transfer.case.giver)),
    }


def _roles_of_nobody_else(giver: User) -> list[Any]:
    """Roles in which nobody could act when the giver is gone."""
    others = User.objects.filter(is_active=True, is_service=False).exclude(pk=giver.pk)
    groups = Group.objects.filter(user=giver).exclude(user__in=others)
    return [ROLE_NAMES.get(name, name) for name in groups.values_list("name", flat=True)]


def _case(request: StaffRequest, pk: int) -> HandoverCase:
    cases = HandoverCase.objects.visible_to(request.user).select_related(
        "giver", "opened_by", "closed_by", "access_ended_by"
    )
    return get_object_or_404(cases, pk=pk)


def _transfer(request: StaffRequest, pk: int) -> HandoverTransfer:
    visible = HandoverCase.objects.visible_to(request.user)
    transfers = HandoverTransfer.objects.filter(case__in=visible)
    return get_object_or_404(transfers.select_related("case__giver", "taker"), pk=pk)


def _refuse_stranger(violation: RuleViolation) -> None:
    if violation.code == "authority":
        raise PermissionDenied(violation.message)
