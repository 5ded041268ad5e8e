from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import handover as parts
from accounts.forms_handover import CoverForm
from accounts.models import Cover
from accounts.models.handover import CoverQuerySet
from accounts.services import cover, handover
from accounts.views.edit import sent
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest
from staff.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("accounts.view_account", raise_exception=True)
def covers(request: StaffRequest) -> HttpResponse:
    """Who looks after whose accounts and when, and the form that asks somebody to."""
    form = CoverForm(sent(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        values = {**form.cleaned_data}
        values["person"] = values.get("person") or request.user
        try:
            cover.propose_cover(actor=request.user, **values)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("Asked; it is in force once they accept."))
            return redirect("accounts:covers")
    today = timezone.localdate()
    found = _visible(request)
    rows = [
        (row, state, _may_end(row, state, request.user))
        for row in found.order_by("-until", "-pk")[:100]
        for state in [row.state_on(today)]
    ]
    status = 422 if form.errors else 200
    return render(request, "accounts/covers.html", {"form": form, "rows": rows}, status=status)


@require_safe
@permission_required("accounts.view_account", raise_exception=True)
def cover_page(request: StaffRequest, pk: int) -> HttpResponse:
    """One cover, and all that its person holds: what both sides agree on."""
    found = get_object_or_404(_visible(request), pk=pk)
    state = found.state_on(timezone.localdate())
    held = {} if state == "over" else handover.open_items(found.person)
    context = {
        "cover": found,
        "state": state,
        "may_end": _may_end(found, state, request.user),
        "held": [
            (part.label, held[key]) for key, part in parts.registered().items() if key in held
        ],
        "count": sum(map(len, held.values())),
    }
    return render(request, "accounts/cover.html", context)


@require_POST
@permission_required("accounts.view_account", raise_exception=True)
def accept(request: StaffRequest, pk: int) -> HttpResponse:
    """Agree to cover."""
    return _done(request, pk, cover.accept_cover, _("You cover on these days."))


@require_POST
@permission_required("accounts.view_account", raise_exception=True)
def end(request: StaffRequest, pk: int) -> HttpResponse:
    """Turn a cover down, or end it from today on."""
    return _done(request, pk, cover.end_cover, _("The cover has ended."))


def _done(
    request: StaffRequest, pk: int, service: Callable[..., Cover], success: str
) -> HttpResponse:
    found = get_object_or_404(_visible(request), pk=pk)
    try:
        service(found.pk, actor=request.user)
    except RuleViolation as violation:
        if violation.code == "authority":
            raise PermissionDenied(violation.message) from violation
        messages.error(request, violation.message)
    else:
        messages.success(request, success)
    return redirect("accounts:covers")


def _visible(request: StaffRequest) -> CoverQuerySet:
    return Cover.objects.visible_to(request.user).select_related("person", "cover")


def _may_end(row: Cover, state: str, user: User) -> bool:
    if state == "over":
        return False
    return user.pk in (row.person_id, row.cover_id) or handover.may_direct(user, row.person)
