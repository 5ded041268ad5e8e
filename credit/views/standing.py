"""Where an account stands: the credit panel of its page, and the hold set by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Account
from credit import explanations
from credit.forms import HoldForm
from credit.models import CreditParty
from credit.queries.held_orders import held_orders, look
from credit.services import groups, holds
from credit.services.standing import Standing
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, refusals_shown, row_id
from kam.core.policy_data import to_json

SMALLEST = Decimal("0.01")
PANEL_ORDERS = 8


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def account_panel(request: StaffRequest, account_number: str) -> HttpResponse:
    """Limit, exposure and its parts, what is left, what is overdue, and held orders."""
    account = _account(request, account_number)
    standing = look({account.pk})
    position = standing.position(account.pk)
    reasons = standing.decide(account.pk, SMALLEST).reasons
    context = {
        "account": account,
        "position": position,
        "line": standing.line(account.pk),
        "available": standing.available(account.pk),
        "parts": _parts(standing, account.pk),
        "reasons": explanations.explain(to_json(reasons)),
        "on_hold": position.on_manual_hold,
        "held": held_orders(request.user).filter(account=account)[:PANEL_ORDERS],
        "currency": settings.REPORTING_CURRENCY,
    }
    template = "credit/account_panel.html"
    return render(request, f"{template}#panel" if request.htmx else template, context)


def _parts(standing: Standing, account_id: int) -> list[dict[str, Any]]:
    """The exposure that counts against the limit, part by part, each as a share of the widest."""
    party = standing.parties[standing.holder(account_id)]
    limit = standing.position(account_id).usable_limit
    widest = max(limit, standing.exposure(party.pk), Decimal(1))
    parts = [
        ("invoiced", _("Unpaid invoices"), party.invoiced, "bg-primary"),
        ("ordered", _("Orders not yet invoiced"), party.ordered, "bg-azure"),
        ("reserved", _("Reservations"), party.reserved, "bg-cyan"),
        ("subsidiaries", _("Subsidiaries"), party.subsidiaries, "bg-indigo"),
    ]
    return [
        {"code": code, "label": label, "amount": amount, "share": amount / widest, "color": color}
        for code, label, amount, color in parts
        if amount or code != "subsidiaries"
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("credit.hold_account", raise_exception=True)
def hold(request: StaffRequest, account_number: str) -> HttpResponse:
    """Put an account on hold, or lift that, with a reason."""
    account = _account(request, account_number)
    party = CreditParty.objects.select_related("held_by").filter(pk=account.pk).first()
    is_held = bool(party and party.hold_reason)
    form = HoldForm(request.POST or None, initial={"lift": is_held})
    if request.method == "POST" and form.is_valid():
        lift = form.cleaned_data["lift"]
        change = holds.lift_hold if lift else holds.set_hold
        try:
            change(account.pk, actor=request.user, reason=form.cleaned_data["reason"])
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            done = _("The hold was lifted.") if lift else _("The customer is on hold.")
            messages.success(request, done)
            return redirect("credit:account_terms", account_number)
    context = {"account": account, "party": party, "is_held": is_held, "form": form}
    return render(request, "credit/hold.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required("credit.supervise_credit", raise_exception=True)
def confirm_group(request: StaffRequest, account_number: str) -> HttpResponse:
    """Have an account in the credit group that the archive says."""
    account = _account(request, account_number)
    head = request.POST.get("head", "")
    with refusals_shown(request):
        groups.confirm(account.pk, head=row_id(head) or None, actor=request.user)
        messages.success(request, _("The credit group is confirmed."))
    return redirect("credit:account_terms", account_number)


def _account(request: StaffRequest, account_number: str) -> Account:
    accounts = Account.objects.visible_to(request.user)
    return get_object_or_404(accounts, account_number=account_number)
