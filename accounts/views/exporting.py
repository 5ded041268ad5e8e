"""What one took out of the house this month, what is left, and asking for more."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import export_kinds
from accounts.forms_transfer import MoreExportsForm
from accounts.models import Export, ExportAllowance
from accounts.services import exporting
from accounts.views.edit import done, sent
from kam.core.http import StaffRequest

ROWS_SHOWN = 50


@require_safe
def exports(request: StaffRequest) -> HttpResponse:
    """Quotas, exports and allowances: one's own, everybody's for who supervises them."""
    kinds = _kinds(request)
    taken = Export.objects.select_related("user")
    if not request.user.has_perm("accounts.view_export"):
        taken = taken.filter(user=request.user)
    asked = ExportAllowance.objects.visible_to(request.user).select_related("user")
    context = {
        "quotas": [exporting.quota(kind.key, user=request.user) for kind in kinds],
        "exports": taken[:ROWS_SHOWN],
        "allowances": asked[:ROWS_SHOWN],
        "month": timezone.localdate(),
    }
    return render(request, "accounts/exports.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_more(request: StaffRequest) -> HttpResponse:
    """Ask for a signature on more exports than the quota of the month."""
    kinds = _kinds(request)
    initial = {"kind": request.GET.get("kind", ""), "rows": request.GET.get("rows", "0")}
    form = MoreExportsForm(sent(request), kinds=kinds, initial=initial)

    def ask() -> None:
        exporting.ask_for_more(actor=request.user, **form.cleaned_data)

    if done(request, form, ask, _("Asked for; you may export once it is signed.")):
        return redirect("accounts:exports")
    status = 422 if form.errors else 200
    return render(request, "accounts/export_more.html", {"form": form}, status=status)


def _kinds(request: StaffRequest) -> list[export_kinds.Kind]:
    kinds = export_kinds.open_to(request.user)
    if not kinds:
        raise PermissionDenied
    return kinds
