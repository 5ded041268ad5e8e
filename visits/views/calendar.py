"""One's visits in one's own calendar program, under a secret address."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kam.core.http import StaffRequest
from visits import feed as feeds
from visits.models import CalendarLink
from visits.services import links


@require_http_methods(["GET", "POST"])
@never_cache
@permission_required("visits.view_visit", raise_exception=True)
def subscription(request: StaffRequest) -> HttpResponse:
    """Whether there is an address; a POST makes a new one and shows it this once."""
    url = ""
    if request.method == "POST":
        secret = links.make_link(request.user)
        url = settings.SITE_URL + reverse("visits:feed", args=[secret])
    link = CalendarLink.objects.filter(user=request.user, revoked_at=None).first()
    return render(request, "visits/subscription.html", {"link": link, "url": url})


@require_POST
@permission_required("visits.view_visit", raise_exception=True)
def revoke(request: StaffRequest) -> HttpResponse:
    """End the address."""
    if links.revoke_link(request.user):
        messages.success(request, _("The address works no more."))
    return redirect("visits:subscription")


@require_safe
@login_not_required
@never_cache
@sensitive_variables("secret")
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar; whoever knows the address reads it. A wrong or revoked one is not there."""
    now = timezone.now()
    link = links.find_link(secret, now=now)
    if link is None:
        raise Http404
    response = HttpResponse(
        feeds.calendar(link.user, timezone.localdate(now)), content_type="text/calendar"
    )
    response["Content-Disposition"] = 'attachment; filename="visits.ics"'
    response["Referrer-Policy"] = "no-referrer"
    return response
