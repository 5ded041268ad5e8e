"""Notices to contacts: written, previewed, sent, and the record of each letter (F5)."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.models import Account, OptOut
from accounts.rules import MASK
from accounts.services import opt_outs
from kam.core import keyset
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, refusals_shown
from mailings import letters, recipients, services, tasks
from mailings.forms import MailingForm
from mailings.models import Delivery, Mailing

PAGE_SIZE = 50


@require_safe
@permission_required("mailings.view_mailing", raise_exception=True)
def index(request: StaffRequest) -> HttpResponse:
    """The mailings; /mailings/."""
    rows = Mailing.objects.visible_to(request.user).select_related("created_by")
    rows = rows.annotate(letters=Count("deliveries"))
    try:
        page = keyset.fetch(
            rows, keys=("-created_at", "-pk"), cursor=request.GET.get("cursor", ""), size=PAGE_SIZE
        )
    except keyset.InvalidCursor as error:
        raise Http404 from error
    return render(request, "mailings/index.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("mailings.send_mailing", raise_exception=True)
def edit(request: StaffRequest, pk: int | None = None) -> HttpResponse:
    """Write a mailing, or change a draft of one's own."""
    mailing = get_object_or_404(Mailing, pk=pk, created_by=request.user) if pk else None
    data = request.POST if request.method == "POST" else None
    form = MailingForm(data, user=request.user, mailing=mailing)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_draft(actor=request.user, mailing_id=pk, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            return redirect(saved)
    context = {"form": form, "mailing": mailing}
    return render(request, "mailings/edit.html", context, status=422 if form.errors else 200)


@require_safe
@permission_required("mailings.view_mailing", raise_exception=True)
def detail(request: StaffRequest, pk: int) -> HttpResponse:
    """A draft with who would get it; a mailing under way or sent with what came of each letter."""
    mailing = _visible(request, pk)
    if request.htmx and request.htmx.target == "progress":
        if mailing.status != Mailing.Status.SENDING:
            return HttpResponseClientRefresh()
        context = {"mailing": mailing, "counts": _counts(mailing)}
        return render(request, "mailings/mailing.html#progress", context)
    is_author = mailing.created_by_id == request.user.pk
    context = {"mailing": mailing, "is_author": is_author, **_sample(request, mailing)}
    context |= _preview(request, mailing) if mailing.is_draft else _record(request, mailing)
    return render(request, "mailings/mailing.html", context)


def _preview(request: StaffRequest, mailing: Mailing) -> dict[str, Any]:
    page = Paginator(recipients.reachable(mailing), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [
        (contact.account, contact.name, MASK if contact.is_masked else contact.email)
        for contact in page
    ]
    return {"recipients": recipients.counted(mailing), "rows": rows, "page": page}


def _record(request: StaffRequest, mailing: Mailing) -> dict[str, Any]:
    status = request.GET.get("status", "")
    deliveries = mailing.deliveries.select_related("account").order_by("pk")
    if status in Delivery.Status.values:
        deliveries = deliveries.filter(status=status)
    page = Paginator(deliveries, PAGE_SIZE).get_page(request.GET.get("page"))
    served = set(
        Account.objects.served_by(request.user)
        .filter(pk__in=[delivery.account_id for delivery in page])
        .values_list("pk", flat=True)
    )
    rows = [
        (delivery, delivery.email if delivery.account_id in served else MASK) for delivery in page
    ]
    return {"counts": _counts(mailing), "rows": rows, "page": page, "status": status}


def _counts(mailing: Mailing) -> list[tuple[str, str, int]]:
    """How many letters are in each state: value, label, number."""
    found = dict(mailing.deliveries.order_by().values_list("status").annotate(number=Count("pk")))
    return [
        (value, str(label), found[value])
        for value, label in Delivery.Status.choices
        if value in found
    ]


def _sample(request: StaffRequest, mailing: Mailing) -> dict[str, str]:
    """The text as an imagined reader gets it."""
    sample = letters.text(mailing, name=_("Wang Fang"), company=_("Sample Ltd"), url="https://…")
    return {"sample": sample}


@require_POST
@permission_required("mailings.send_mailing", raise_exception=True)
def delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    mailing = _visible(request, pk)
    with refusals_shown(request):
        services.delete_draft(mailing.pk, actor=request.user)
        return redirect("mailings:list")
    return redirect(mailing)


@require_POST
@permission_required("mailings.send_mailing", raise_exception=True)
def start(request: StaffRequest, pk: int) -> HttpResponse:
    """Send a draft to everybody of its preview."""
    mailing = _visible(request, pk)
    with refusals_shown(request):
        number = services.start_mailing(mailing.pk, actor=request.user)
        tasks.enqueue(mailing.pk)
        messages.success(request, _("%(number)d letters are being sent.") % {"number": number})
    return redirect(mailing)


@require_POST
@permission_required("mailings.view_mailing", raise_exception=True)
def stop(request: StaffRequest, pk: int) -> HttpResponse:
    """Send no further letters."""
    mailing = _visible(request, pk)
    with refusals_shown(request):
        services.stop_mailing(mailing.pk, actor=request.user)
        messages.success(request, _("Stopped: no further letter goes out."))
    return redirect(mailing)


@require_POST
@permission_required("mailings.send_mailing", raise_exception=True)
def resume(request: StaffRequest, pk: int) -> HttpResponse:
    """Go on with what was stopped."""
    mailing = _visible(request, pk)
    with refusals_shown(request):
        services.resume_mailing(mailing.pk, actor=request.user)
        tasks.enqueue(mailing.pk)
    return redirect(mailing)


@require_POST
@permission_required("mailings.send_mailing", raise_exception=True)
def send_again(request: StaffRequest, pk: int, delivery_id: int) -> HttpResponse:
    """Repeat one letter that failed, or of which nobody knows whether it arrived."""
    mailing = _visible(request, pk)
    delivery = get_object_or_404(Delivery, mailing=mailing, pk=delivery_id)
    with refusals_shown(request):
        services.send_again(delivery.pk, actor=request.user)
        tasks.enqueue(mailing.pk)
    return redirect(mailing)


@login_not_required
@csrf_exempt  # mail programs post here by themselves (RFC 8058); the signed token is the key
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    """The link in a letter: asking shows a button, so that a scanner of links opts nobody out."""
    delivery = letters.delivery_of(token)
    if delivery is None:
        raise Http404
    if request.method == "POST":
        if request.POST.get("wanted"):
            opt_outs.opt_in(delivery.email, actor=None)
        else:
            opt_outs.opt_out(delivery.email, via=OptOut.Via.LINK, actor=None)
    context = {
        "is_out": opt_outs.is_out(delivery.email),
        "address": _hinted(delivery.email),
        "sender": settings.COMPANY_NAME,
    }
    return render(request, "mailings/opt_out.html", context)


def _hinted(address: str) -> str:
    """Enough of an address for its owner to know it: "w••••@k1.example"."""
    name, _at, domain = address.partition("@")
    return f"{name[:1]}••••@{domain}"


def _visible(request: StaffRequest, pk: int) -> Mailing:
    mailings = Mailing.objects.visible_to(request.user).select_related("created_by")
    return get_object_or_404(mailings, pk=pk)
