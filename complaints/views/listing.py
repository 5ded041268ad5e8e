"""The list of complaints, the part on an account's page, and taking one down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Account
from complaints import forms, paging
from complaints.models import Complaint, ComplaintQuerySet
from complaints.reporting import received_between
from complaints.services import registering
from complaints.views import listed
from kam.core import keyset
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest

PAGE_SIZE = 50
PANEL = 6
CARRIED = ("account", "cause", "tier", "since", "until")  # filters that only links give
SHOWN_ONCE = "complaints.shown_once"  # in the session: shown once on the page of the new complaint


@require_safe
@permission_required("complaints.view_complaint", raise_exception=True)
def complaint_list(request: StaffRequest) -> HttpResponse:
    """Complaints: the open ones by their deadline, all of them by when they came in."""
    form = forms.FilterForm(request.GET)
    rows, show = Complaint.objects.none(), ""
    if form.is_valid():
        show = form.cleaned_data["show"] or "open"
        rows = _wanted(_shown(show, request), form.cleaned_data)
    keys = ("-received_at", "-pk") if show in ("", "all") else ("due", "pk")
    try:
        cursor = request.GET.get("cursor", "")
        page = paging.page(rows, keys=keys, cursor=cursor, size=PAGE_SIZE, user=request.user)
    except keyset.InvalidCursor as error:
        raise Http404 from error
    context = {
        "form": form,
        "show": show,
        "page": page,
        "rows": listed.rows(page.rows),
        "categories": forms.category_choices(),
        "carried": [(name, request.GET[name]) for name in CARRIED if request.GET.get(name)],
        "account": _account(request),
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
    }
    template = "complaints/complaint_list.html"
    template += "#results" if request.htmx else ""
    return render(request, template, context, status=200 if form.is_valid() else 422)


def _account(request: StaffRequest) -> Account | None:
    """The account whose complaints are asked for; None for those of all."""
    number = request.GET.get("account")
    if not number:
        return None
    return Account.objects.visible_to(request.user).filter(account_number=number).first()


def _shown(show: str, request: StaffRequest) -> ComplaintQuerySet:
    rows = Complaint.objects.open()
    narrowed: dict[str, Callable[[], ComplaintQuerySet]] = {
        "all": Complaint.objects.all,
        "open": rows.all,
        "late": lambda: Complaint.objects.late(timezone.now()),
        "waiting": lambda: Complaint.objects.filter(waiting_since__isnull=False),  # all are open
        "escalated": lambda: rows.filter(escalation_level__gt=0),
        "mine": lambda: rows.in_care_of(request.user),
    }
    return narrowed[show]()


def _wanted(rows: ComplaintQuerySet, given: dict[str, Any]) -> ComplaintQuerySet:
    filters = {
        "complaint_number__startswith": given["search"],
        "channel": given["channel"],
        "severity": given["severity"],
        "status": given["status"],
        "category": given["category"],
        "account__account_number": given["account"],
        "cause": given["cause"],
        "tier": given["tier"],
    }
    rows = received_between(rows, given["since"], given["until"])
    return rows.filter(**{name: value for name, value in filters.items() if value})


@require_safe
@permission_required("complaints.view_complaint", raise_exception=True)
def account_panel(request: StaffRequest, account_number: str) -> HttpResponse:
    """The complaints of an account, open ones first; a part of its page."""
    accounts = Account.objects.visible_to(request.user)
    account = get_object_or_404(accounts, account_number=account_number)
    rows = Complaint.objects.filter(account=account).select_related("assignee")
    rows = rows.order_by(F("closed_at").desc(nulls_first=True), "-received_at", "-pk")
    context = {"account": account, "complaints": rows[:PANEL]}
    name = "complaints/account_panel.html"
    return render(request, f"{name}#panel" if request.htmx else name, context)


@require_http_methods(["GET", "POST"])
@permission_required("complaints.change_complaint", raise_exception=True)
def register(request: StaffRequest) -> HttpResponse:
    """Take a complaint down; ?account= is whose it is."""
    accounts = Account.objects.visible_to(request.user).live()
    account = accounts.filter(account_number=request.GET.get("account", "")).first()
    form = forms.RegisterForm(
        request.POST or None,
        user=request.user,
        account=account,
        initial={"account": account.account_number if account else ""},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = registering.register(actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            request.session[SHOWN_ONCE] = [made.complaint.pk, made.secret]
            messages.success(request, _("Registered as %s.") % made.complaint.complaint_number)
            return redirect(made.complaint)
    context = {"form": form, "account": account, "categories": forms.category_choices()}
    status = 422 if form.errors else 200
    return render(request, "complaints/register.html", context, status=status)
