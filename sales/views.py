"""Pages of the ledger: orders, products, exchange rates, and the panel on the account page."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms_transfer import ExportForm
from accounts.models import Account
from accounts.services.exporting import quota
from kam.core import charts, keyset
from kam.core.errors import RuleViolation
from kam.core.exports import download
from kam.core.http import StaffRequest
from sales import exports, queries
from sales.forms import ExchangeRateForm, OrderFilterForm
from sales.models import ExchangeRate, Order, OrderLine, OrderQuerySet, Product
from sales.services.rates import set_exchange_rate

PAGE_SIZE = 50
PANEL_ORDERS = 8
MOST_ACCOUNTS = 200  # that a search in the order list looks at


@require_safe
@permission_required("sales.view_order", raise_exception=True)
def orders(request: StaffRequest) -> HttpResponse:
    """Orders by day, the latest first, narrowed by the filters."""
    form = OrderFilterForm(request.GET)
    account = _account_of(request)
    narrowed = _narrowed(Order.objects.visible_to(request.user), form, account, request)
    page = _page(request, narrowed.for_list(), keys=("-ordered_on", "-pk"))
    context = {
        "form": form,
        "account": account,
        "page": page,
        "total": sum((row.net_amount for row in page.rows if row.counts), Decimal(0)),
        "today": timezone.localdate(),
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
        "filter_query": _filter_query(request, form),
        "next_query": _with_cursor(request, page.next),
        "previous_query": _with_cursor(request, page.previous),
        "currency": settings.REPORTING_CURRENCY,
    }
    template = "sales/order_list.html#results" if request.htmx else "sales/order_list.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("sales.export_order", raise_exception=True)
def export_orders(request: StaffRequest) -> HttpResponseBase:
    """The orders of a list as a file; /orders/export/?<the list's filters>."""
    filters = OrderFilterForm(request.GET)
    visible = Order.objects.visible_to(request.user)
    account = _account_of(request)
    orders = _narrowed(visible, filters, account, request).order_by("-ordered_on", "-pk")
    titles = exports.columns()
    form = ExportForm(
        request.POST or None, columns=list(titles.items()), initial={"columns": list(titles)}
    )
    query = _filter_query(request, filters)
    if request.method == "POST" and form.is_valid():
        names, kind = form.cleaned_data["columns"], form.cleaned_data["format"]
        try:
            rows = exports.export_orders(
                orders,
                names,
                actor=request.user,
                reason=form.cleaned_data["reason"],
                query=query,
                file_format=kind,
            )
        except RuleViolation as violation:
            form.add_error("format", violation.message)
        else:
            file_name = f"orders-{timezone.localdate()}"
            return download(file_name, kind, [titles[name] for name in names], rows)
    context = {
        "form": form,
        "filters": filters,
        "query": query,
        "back": f"{reverse('sales:orders')}?{query}",
        "number": orders.count(),
        "quota": quota(exports.KIND.key, user=request.user),
    }
    return render(request, "sales/export.html", context, status=422 if form.errors else 200)


def _filter_query(request: StaffRequest, form: OrderFilterForm) -> str:
    """The filters as a query string, without the place in the list."""
    return urlencode({name: request.GET[name] for name in form.fields if request.GET.get(name)})


def _account_of(request: StaffRequest) -> Account | None:
    number = request.GET.get("account", "")
    visible = Account.objects.visible_to(request.user)
    return get_object_or_404(visible, account_number=number) if number else None


def _narrowed(
    orders: OrderQuerySet, form: OrderFilterForm, account: Account | None, request: StaffRequest
) -> OrderQuerySet:
    if not form.is_valid():
        return orders.none()
    since, until = form.period()
    filters = {
        "account": account,
        "ordered_on__gte": since,
        "ordered_on__lte": until,
        "status": form.cleaned_data["status"],
    }
    orders = orders.filter(**{name: value for name, value in filters.items() if value})
    if form.cleaned_data["late"]:
        orders = orders.late(timezone.localdate())
    if text := form.cleaned_data["search"]:
        found = Account.objects.visible_to(request.user).search(text).values("pk")[:MOST_ACCOUNTS]
        accounts = [row["pk"] for row in found]
        orders = orders.filter(Q(order_number__startswith=text) | Q(account__in=accounts))
    return orders


def _page(request: StaffRequest, rows: QuerySet[Any], *, keys: Sequence[str]) -> keyset.Page:
    cursor = request.GET.get("cursor", "")
    try:
        return keyset.fetch(rows, keys=keys, cursor=cursor, size=PAGE_SIZE)
    except keyset.InvalidCursor as error:
        raise BadRequest from error


def _with_cursor(request: StaffRequest, cursor: str) -> str:
    """The query string of a neighbouring page; "" where there is none."""
    if not cursor:
        return ""
    query = request.GET.copy()
    query["cursor"] = cursor
    return query.urlencode()


@require_safe
@permission_required("sales.view_order", raise_exception=True)
def order(request: StaffRequest, order_number: str) -> HttpResponse:
    """One order with its lines, amounts and delivery."""
    found = get_object_or_404(
        Order.objects.visible_to(request.user).for_reading(), order_number=order_number
    )
    lines = list(found.lines.all())
    context = {
        "order": found,
        "lines": lines,
        "days_late": found.days_late(timezone.localdate()),
        "reporting_currency": settings.REPORTING_CURRENCY,
        "is_converted": found.currency != settings.REPORTING_CURRENCY,
        "has_costs": any(line.unit_cost is not None for line in lines),
        "own_total": sum((line.quantity * line.unit_price for line in lines), Decimal(0)),
    }
    return render(request, "sales/order_detail.html", context)


@require_safe
@permission_required("sales.view_order", raise_exception=True)
def account_panel(request: StaffRequest, account_number: str) -> HttpResponse:
    """What an account ordered: late deliveries, months, last orders; a part of its page."""
    account = get_object_or_404(
        Account.objects.visible_to(request.user), account_number=account_number
    )
    today = timezone.localdate()
    recent = Order.objects.filter(account=account).order_by("-ordered_on", "-pk")
    late = recent.late(today).filter(ordered_on__gt=today.replace(day=1, year=today.year - 1))
    context = {
        "account": account,
        "orders": recent[:PANEL_ORDERS],
        "late": [(order, order.days_late(today)) for order in late[:PANEL_ORDERS]],
        "chart": _monthly_chart(account, today),
        "today": today,
        "currency": settings.REPORTING_CURRENCY,
    }
    name = "sales/account_panel.html"
    return render(request, f"{name}#panel" if request.htmx else name, context)


def _monthly_chart(account: Account, today: date) -> charts.Chart | None:
    """Net sales of 12 months beside the 12 before; None without any order in them."""
    months = queries.monthly_net_sales(account.pk, today)
    if not any(count for _first, _amount, count in months):
        return None
    points: list[dict[str, Any]] = [
        {
            "name": f"{first:%m}",
            "title": f"{first:%Y-%m}",
            "value": float(amount),  # for drawing only
            "lines": [charts.money(amount), _("%s orders") % count],
            "url": _orders_url(account=account.account_number, month=f"{first:%Y-%m}"),
        }
        for first, amount, count in months
    ]
    series = [
        {"name": _("12 months before"), "points": points[:12]},
        {"name": _("Last 12 months"), "points": points[12:]},
    ]
    rows = [
        (point["url"], [point["title"], charts.money(amount), str(count)])
        for point, (_first, amount, count) in zip(points[::-1], months[::-1], strict=True)
    ]
    return charts.Chart(
        kind="monthly",
        source="monthly-net-sales",
        label=_("Net sales per month"),
        data={"series": series},
        head=[_("Month"), _("Net sales"), _("Orders")],
        rows=rows,
        size="chart-sm",
    )


def _orders_url(**query: str) -> str:
    return f"{reverse('sales:orders')}?{urlencode(query)}"


# --- products ----------------------------------------------------------------
@require_safe
@permission_required("sales.view_order", raise_exception=True)
def products(request: StaffRequest) -> HttpResponse:
    """Products by code, found by a part of code or name."""
    text = request.GET.get("search", "").strip()[:60]
    found = Product.objects.all()
    if text:
        found = found.filter(
            Q(code__icontains=text) | Q(name__icontains=text) | Q(category__icontains=text)
        )
    page = _page(request, found, keys=("code",))
    context = {
        "search": text,
        "page": page,
        "next_query": _with_cursor(request, page.next),
        "previous_query": _with_cursor(request, page.previous),
    }
    return render(request, "sales/product_list.html", context)


@require_safe
@permission_required("sales.view_order", raise_exception=True)
def product(request: StaffRequest, code: str) -> HttpResponse:
    """One product and the last orders of it that one may see."""
    found = get_object_or_404(Product, code=code)
    lines = (
        OrderLine.objects.filter(product=found, order__in=Order.objects.visible_to(request.user))
        .select_related("order__account")
        .order_by("-order__ordered_on", "-order_id", "line_number")[:PAGE_SIZE]
    )
    return render(
        request,
        "sales/product_detail.html",
        {"product": found, "lines": lines, "currency": settings.REPORTING_CURRENCY},
    )


# --- exchange rates ----------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("sales.view_order", raise_exception=True)
def exchange_rates(request: StaffRequest) -> HttpResponse:
    """The rates in force and their history; those with the permission add and correct them."""
    may_add = request.user.has_perm("sales.add_exchangerate")
    if request.method == "POST" and not may_add:
        raise PermissionDenied
    form = ExchangeRateForm(request.POST or None, initial={"valid_from": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        set_exchange_rate(**form.cleaned_data, actor=request.user)
        messages.success(request, _("The rate is stored. Orders stored before keep theirs."))
        return redirect("sales:exchange_rates")
    page = _page(request, ExchangeRate.objects.all(), keys=("-valid_from", "currency", "pk"))
    context = {
        "form": form,
        "may_add": may_add,
        "page": page,
        "currency": settings.REPORTING_CURRENCY,
        "next_query": _with_cursor(request, page.next),
        "previous_query": _with_cursor(request, page.previous),
    }
    status = 422 if form.errors else 200
    return render(request, "sales/exchange_rates.html", context, status=status)
