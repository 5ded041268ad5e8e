from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kam.core import keyset
from kam.core.http import StaffRequest
from notifications import queries, services
from notifications.forms import PreferencesForm
from notifications.models import Notification, NotificationQuerySet

PAGE_SIZE = 30


@require_safe
def notices(request: StaffRequest) -> HttpResponse:
    """The reader's own notices, the newest first; `?show=unread` only those not read."""
    rows = Notification.objects.visible_to(request.user).in_page().select_related("account")
    only_unread = request.GET.get("show") == "unread"
    if only_unread:
        rows = rows.filter(read_at=None)
    try:
        page = keyset.fetch(
            rows, keys=("-at", "-pk"), cursor=request.GET.get("cursor", ""), size=PAGE_SIZE
        )
    except keyset.InvalidCursor as error:
        raise Http404 from error
    context = {
        "page": page,
        "rows": queries.rows(page.rows),
        "only_unread": only_unread,
        "unread": queries.unread_count(request.user),
    }
    return render(request, "notifications/list.html", context)


@never_cache
@require_safe
def bell(request: StaffRequest) -> HttpResponse:
    """How many are unread; the frame asks for it every minute."""
    unread = queries.unread_count(request.user)
    context = {"unread": unread, "counted": queries.COUNTED}
    return render(request, "notifications/bell.html", context)


@never_cache
@require_safe
def follow(request: StaffRequest, pk: int) -> HttpResponse:
    """Go where a notice leads; it counts as read."""
    notice = get_object_or_404(_own(request).select_related("account"), pk=pk)
    services.mark_read([notice.pk], actor=request.user)
    (row,) = queries.rows([notice])
    return redirect(row.url)


@require_POST
def read(request: StaffRequest, pk: int) -> HttpResponse:
    """Mark one as read."""
    notice = get_object_or_404(_own(request), pk=pk)
    services.mark_read([notice.pk], actor=request.user)
    return redirect("notifications:list")


@require_POST
def read_all(request: StaffRequest) -> HttpResponse:
    """Mark all as read."""
    services.mark_read(None, actor=request.user)
    return redirect("notifications:list")


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: StaffRequest) -> HttpResponse:
    """How the reader hears of each kind: at the bell, by mail, or not at all."""
    form = PreferencesForm(request.POST or None, choices=queries.choices(request.user))
    if request.method == "POST" and form.is_valid():
        services.set_preferences(form.wanted(), actor=request.user)
        messages.success(request, _("Saved."))
        return redirect("notifications:preferences")
    context = {"form": form, "has_address": bool(request.user.email)}
    status = 422 if form.errors else 200
    return render(request, "notifications/preferences.html", context, status=status)


def _own(request: StaffRequest) -> NotificationQuerySet:
    return Notification.objects.visible_to(request.user).in_page()
