from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kam.core import keyset
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, refusals_shown
from notifications import services
from notifications.forms import EndpointForm, RotateForm
from notifications.models import Delivery, Endpoint

PAGE_SIZE = 30
MANAGE = "notifications.manage_webhooks"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MANAGE, raise_exception=True)
def webhooks(request: StaffRequest) -> HttpResponse:
    """Every webhook; POST makes one and shows its secret, this once."""
    form = EndpointForm(request.POST or None)
    endpoint, secret = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = services.create_endpoint(actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            form = EndpointForm()
    rows = Endpoint.objects.with_counts()
    context = {"form": form, "rows": rows, "endpoint": endpoint, "secret": secret}
    status = 422 if form.errors else 200
    return render(request, "notifications/webhooks.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MANAGE, raise_exception=True)
def webhook(request: StaffRequest, pk: int) -> HttpResponse:
    """One webhook with its log; POST changes it."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    initial = {name: getattr(endpoint, name) for name in ("url", "events", "description")}
    form = EndpointForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_endpoint(pk, actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("Saved."))
            return redirect(endpoint)
    status = 422 if form.errors else 200
    context = _context(request, endpoint) | {"form": form}
    return render(request, "notifications/webhook.html", context, status=status)


@never_cache
@require_POST
@permission_required(MANAGE, raise_exception=True)
def rotate(request: StaffRequest, pk: int) -> HttpResponse:
    """Make a new secret and show it, this once."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    form = RotateForm(request.POST)
    secret = ""
    if form.is_valid():
        secret = services.rotate_secret(pk, actor=request.user, **form.cleaned_data)
    initial = {name: getattr(endpoint, name) for name in ("url", "events", "description")}
    context = _context(request, endpoint) | {
        "form": EndpointForm(initial=initial),
        "rotate_form": form,
        "secret": secret,
    }
    status = 422 if form.errors else 200
    return render(request, "notifications/webhook.html", context, status=status)


@require_POST
@permission_required(MANAGE, raise_exception=True)
def switch(request: StaffRequest, pk: int) -> HttpResponse:
    """Switch a webhook off, or on again."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    is_active = request.POST.get("is_active") == "1"
    services.change_endpoint(pk, is_active=is_active, actor=request.user)
    return redirect(endpoint)


@require_POST
@permission_required(MANAGE, raise_exception=True)
def test(request: StaffRequest, pk: int) -> HttpResponse:
    """Queue a test message."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    return _done(request, endpoint, _("A test message is on its way."), services.send_test, pk)


@require_POST
@permission_required(MANAGE, raise_exception=True)
def delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Forget a webhook."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    services.delete_endpoint(pk, actor=request.user)
    messages.success(request, _("The webhook %(url)s is deleted.") % {"url": endpoint.url})
    return redirect("notifications:webhooks")


@require_POST
@permission_required(MANAGE, raise_exception=True)
def replay(request: StaffRequest, pk: int, delivery_id: int) -> HttpResponse:
    """Send a message again."""
    delivery = get_object_or_404(Delivery, pk=delivery_id, endpoint=pk)
    text = _("The message is sent again.")
    return _done(request, delivery.endpoint, text, services.replay, delivery_id)


def _done(
    request: StaffRequest, endpoint: Endpoint, text: str, service: Any, subject: int
) -> HttpResponse:
    with refusals_shown(request):
        service(subject, actor=request.user)
        messages.success(request, text)
    return redirect(endpoint)


def _context(request: StaffRequest, endpoint: Endpoint) -> dict[str, Any]:
    log = Delivery.objects.filter(endpoint=endpoint).prefetch_related("attempts")
    if (wanted := request.GET.get("status", "")) in Delivery.Status.values:
        log = log.filter(status=wanted)
    try:
        cursor = request.GET.get("cursor", "")
        page = keyset.fetch(log, keys=("-pk",), cursor=cursor, size=PAGE_SIZE)
    except keyset.InvalidCursor as error:
        raise Http404 from error
    return {
        "endpoint": endpoint,
        "page": page,
        "statuses": Delivery.Status.choices,
        "wanted": wanted,
        "secrets": list(endpoint.secrets.live(timezone.now())),
        "rotate_form": RotateForm(),
    }
