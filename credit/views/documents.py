"""Invoices and payments: lists, pages, and what finance changes of them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Account
from credit import policies
from credit.forms_receivables import (
    InstalmentForm,
    InvoiceFilterForm,
    PaymentFilterForm,
    ReallocationForm,
)
from credit.models import Invoice, Payment, Policy
from credit.queries.claims import Claim, claims
from credit.services.allocation import reallocate
from credit.services.instalments import set_instalments
from kam.core import keyset
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest
from sales.models import Order

PAGE_SIZE = 50
MOST_TO_REALLOCATE = 200  # invoices on the page


def _account_of(request: StaffRequest) -> Account | None:
    number = request.GET.get("account", "")
    visible = Account.objects.visible_to(request.user)
    return get_object_or_404(visible, account_number=number) if number else None


def _page(request: StaffRequest, rows: QuerySet[Any], keys: Sequence[str]) -> keyset.Page:
    cursor = request.GET.get("cursor", "")
    try:
        return keyset.fetch(rows, keys=keys, cursor=cursor, size=PAGE_SIZE)
    except keyset.InvalidCursor as error:
        raise BadRequest from error


def claims_of(invoices: Sequence[Invoice]) -> dict[int, Claim]:
    """Late interest and limitation of invoices today, by the policy in force."""
    today = timezone.localdate()
    rules = policies.in_force(Policy.Kind.RECEIVABLES, today).rules
    return claims(invoices, today, interest=rules.interest, limits=rules.limitation)


# --- invoices
@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def invoices(request: StaffRequest) -> HttpResponse:
    """Invoices and credit notes, the latest first."""
    form, account = InvoiceFilterForm(request.GET), _account_of(request)
    rows = Invoice.objects.visible_to(request.user).select_related("account")
    rows = rows.prefetch_related("instalments")
    rows = _wanted_invoices(rows, form, account) if form.is_valid() else rows.none()
    page = _page(request, rows, ("-issued_on", "-pk"))
    context = {
        "form": form,
        "account": account,
        "page": page,
        "open_total": sum((max(row.open_amount, Decimal(0)) for row in page.rows), Decimal(0)),
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
        "currency": settings.REPORTING_CURRENCY,
    }
    template = "credit/invoices.html#results" if request.htmx else "credit/invoices.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)


def _wanted_invoices(rows: Any, form: InvoiceFilterForm, account: Account | None) -> Any:
    given = form.cleaned_data
    filters = {
        "account": account,
        "invoice_number__startswith": given["search"],
        "issued_on__gte": given["since"],
        "issued_on__lte": given["until"],
    }
    rows = rows.filter(**{name: value for name, value in filters.items() if value})
    if given["state"] == "overdue":
        return rows.overdue(timezone.localdate())
    states: dict[str, dict[str, Any]] = {
        "": {},
        "open": {"open_amount__gt": 0},
        "disputed": {"disputed": True, "open_amount__gt": 0},
        "settled": {"open_amount": 0},
        "credit_note": {"amount__lt": 0},
    }
    return rows.filter(**states[given["state"]])


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def invoice(request: StaffRequest, invoice_number: str) -> HttpResponse:
    """One invoice: what settled it, when it is due, interest and limitation."""
    return _invoice_page(request, _invoice(request, invoice_number), InstalmentForm())


def _invoice(request: StaffRequest, number: str) -> Invoice:
    visible = Invoice.objects.visible_to(request.user).select_related("account")
    return get_object_or_404(visible, invoice_number=number)


def _invoice_page(
    request: StaffRequest, found: Invoice, form: InstalmentForm, status: int = 200
) -> HttpResponse:
    order = Order.objects.visible_to(request.user).filter(order_number=found.order_number).first()
    context = {
        "invoice": found,
        "order": order if found.order_number else None,
        "allocations": found.allocations.select_related("payment", "credit_note", "write_off"),
        "applied": found.applied.select_related("invoice"),
        "instalments": found.instalments.all(),
        "claim": None if found.is_credit_note else claims_of([found])[found.pk],
        "form": form,
        "today": timezone.localdate(),
        "currency": settings.REPORTING_CURRENCY,
        "is_converted": found.currency != settings.REPORTING_CURRENCY,
    }
    return render(request, "credit/invoice.html", context, status=status)


@require_http_methods(["POST"])
@permission_required("credit.manage_receivables", raise_exception=True)
def instalments(request: StaffRequest, invoice_number: str) -> HttpResponse:
    """Let an invoice be paid in equal parts, or in one again."""
    found = _invoice(request, invoice_number)
    form = InstalmentForm(request.POST)
    if form.is_valid():
        try:
            set_instalments(found, **form.cleaned_data, actor=request.user)
        except RuleViolation as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The due days are stored."))
            return redirect(found)
    return _invoice_page(request, found, form, status=422)


# --- payments
@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def payments(request: StaffRequest) -> HttpResponse:
    """Payments, the latest first."""
    form, account = PaymentFilterForm(request.GET), _account_of(request)
    rows = Payment.objects.visible_to(request.user).select_related("account")
    rows = _wanted_payments(rows, form, account) if form.is_valid() else rows.none()
    page = _page(request, rows, ("-received_on", "-pk"))
    context = {
        "form": form,
        "account": account,
        "page": page,
        "total": sum((row.amount for row in page.rows), Decimal(0)),
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
        "currency": settings.REPORTING_CURRENCY,
    }
    template = "credit/payments.html#results" if request.htmx else "credit/payments.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)


def _wanted_payments(rows: Any, form: PaymentFilterForm, account: Account | None) -> Any:
    given = form.cleaned_data
    filters = {
        "account": account,
        "payment_number__startswith": given["search"],
        "received_on__gte": given["since"],
        "received_on__lte": given["until"],
    }
    rows = rows.filter(**{name: value for name, value in filters.items() if value})
    return rows.filter(allocated__lt=F("amount")) if given["unallocated"] else rows


def _payment(request: StaffRequest, number: str) -> Payment:
    visible = Payment.objects.visible_to(request.user).select_related("account")
    return get_object_or_404(visible, payment_number=number)


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def payment(request: StaffRequest, payment_number: str) -> HttpResponse:
    """One payment and what it settles."""
    found = _payment(request, payment_number)
    context = {
        "payment": found,
        "allocations": found.allocations.select_related("invoice"),
        "currency": settings.REPORTING_CURRENCY,
        "is_converted": found.currency != settings.REPORTING_CURRENCY,
    }
    return render(request, "credit/payment.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("credit.manage_receivables", raise_exception=True)
def payment_reallocate(request: StaffRequest, payment_number: str) -> HttpResponse:
    """Say by hand which invoices a payment settles."""
    found = _payment(request, payment_number)
    own = {part.invoice_id: part.amount for part in found.allocations.all()}
    account = Invoice.objects.filter(account=found.account_id)
    rows = account.filter(pk__in=own) | account.unpaid()
    shown = list(rows.order_by("due_on", "issued_on", "invoice_number")[:MOST_TO_REALLOCATE])
    initial = {f"part_{i}": own.get(row.pk) for i, row in enumerate(shown)}
    numbers = [row.invoice_number for row in shown]
    form = ReallocationForm(request.POST or None, numbers=numbers, initial=initial)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            reallocate(found, told=form.told(), reason=reason, actor=request.user)
        except RuleViolation as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The payment now settles what you said."))
            return redirect(found)
    context = {
        "payment": found,
        "form": form,
        "rows": [
            (row, row.open_amount + own.get(row.pk, Decimal(0)), form[f"part_{i}"])
            for i, row in enumerate(shown)
        ],
        "currency": settings.REPORTING_CURRENCY,
    }
    status = 422 if form.errors else 200
    return render(request, "credit/payment_reallocate.html", context, status=status)
