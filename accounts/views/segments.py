from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.filters import Filters
from accounts.forms import SegmentForm
from accounts.models import Segment
from accounts.views.edit import sent
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest


@require_safe
@permission_required("accounts.view_account", raise_exception=True)
def segments(request: StaffRequest) -> HttpResponse:
    """One's own saved views, to rename, share and delete, and those that others share."""
    found = Segment.objects.visible_to(request.user).select_related("owner")
    rows = [
        (segment, Filters(QueryDict(segment.query), user=request.user).chips()) for segment in found
    ]
    return render(request, "accounts/segments.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@permission_required("accounts.view_account", raise_exception=True)
def save_segment(request: StaffRequest) -> HttpResponse:
    """Keep the filters of the query string under a name."""
    filters = Filters(request.GET, user=request.user)
    form = SegmentForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            segment = services.save_segment(
                query=filters.query, actor=request.user, **form.cleaned_data
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The view is saved."))
            return redirect(f"{reverse('accounts:list')}?{segment.query}")
    context = {"form": form, "filters": filters, "title": _("Save this view")}
    status = 422 if form.errors else 200
    return render(request, "accounts/segment_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@permission_required("accounts.view_account", raise_exception=True)
def edit_segment(request: StaffRequest, pk: int) -> HttpResponse:
    segment = get_object_or_404(Segment, owner=request.user, pk=pk)
    form = SegmentForm(sent(request), instance=segment)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_segment(segment.pk, actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            return redirect("accounts:segments")
    filters = Filters(QueryDict(segment.query), user=request.user)
    context = {"form": form, "filters": filters, "title": segment.name}
    status = 422 if form.errors else 200
    return render(request, "accounts/segment_form.html", context, status=status)


@require_POST
@permission_required("accounts.view_account", raise_exception=True)
def delete_segment(request: StaffRequest, pk: int) -> HttpResponse:
    segment = get_object_or_404(Segment, owner=request.user, pk=pk)
    services.delete_segment(segment.pk, actor=request.user)
    messages.success(request, _("The view is deleted."))
    return redirect("accounts:segments")
