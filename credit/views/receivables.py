"""Aging of receivables 账龄 as of any day, opening down to the invoices behind a figure."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms_transfer import ExportForm
from accounts.models import Account
from accounts.models.account import sees_all_accounts
from accounts.services.exporting import quota, take_out
from credit import policies
from credit.forms_receivables import AgingForm
from credit.models import Invoice, Policy
from credit.queries import indicators, receivables
from credit.queries.overdue import overdue
from credit.rules.receivables import Aged, days_overdue
from credit.services.exports import AGING
from kam.core import charts
from kam.core.errors import RuleViolation
from kam.core.exports import download
from kam.core.http import StaffRequest
from sales.rules import year_before
from staff.models import Region, User

MOST_ROWS = 200
MOST_INVOICES = 500
PANEL_INVOICES = 8
_MODELS: dict[str, Any] = {"account": Account, "manager": User, "region": Region}


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def aging(request: StaffRequest) -> HttpResponse:
    """What is unpaid by days overdue, by account, manager or region."""
    form = AgingForm(request.GET)
    if not form.is_valid():
        context = {"form": form, "may_export": False}
        return render(request, "credit/aging.html", context, status=422)
    as_of, by = form.cleaned_data["as_of"], form.cleaned_data["by"]
    accounts, narrowed = _narrowed(request, form)
    policy = receivables.aging_policy()
    rows = receivables.aging_by(by, as_of, accounts=accounts, policy=policy)
    totals = receivables.aging(as_of, accounts=accounts, policy=policy)
    context = {
        "form": form,
        "as_of": as_of,
        "by": by,
        "narrowed": narrowed,
        "rows": _shown(rows[:MOST_ROWS], form),
        "more": max(len(rows) - MOST_ROWS, 0),
        "totals": _cells(totals, form),
        "total": receivables.total(totals),
        "chart": _chart(totals, form),
        "indicators": _indicators(as_of, accounts),
        "may_export": request.user.has_perm("credit.export_credit"),
        "currency": settings.REPORTING_CURRENCY,
    }
    return render(request, "credit/aging.html", context)


def _narrowed(
    request: StaffRequest, form: AgingForm
) -> tuple[QuerySet[Account] | None, dict[str, str]]:
    """The accounts to look at (None: all), and what they were narrowed to, by name."""
    visible = Account.objects.visible_to(request.user)
    accounts: QuerySet[Account] | None = None if sees_all_accounts(request.user) else visible
    narrowed: dict[str, str] = {}
    if name := form.cleaned_data["manager"]:
        manager = None if name == "-" else get_object_or_404(User, username=name)
        accounts = visible.filter(manager=manager)
        narrowed["manager"] = str(manager) if manager else _("without account manager")
    if pk := form.cleaned_data["region"]:
        region = get_object_or_404(Region, pk=pk)
        accounts = (accounts if accounts is not None else visible).filter(region=region)
        narrowed["region"] = str(region)
    if number := form.cleaned_data["account"]:
        account = get_object_or_404(visible, account_number=number)
        accounts = visible.filter(pk=account.pk)
        narrowed["account"] = account.name
    return accounts, narrowed


def _bucket_label(name: str) -> str:
    """The bucket in words; those of the policy are figures."""
    if name == "not_due":
        return _("Not due")
    if name.startswith("over_"):
        return _("over %s days") % name.removeprefix("over_")
    return _("%s days") % name


def _url(view: str, form: AgingForm, **change: Any) -> str:
    names = ("as_of", "by", "manager", "region", "account")
    query = {name: form.cleaned_data[name] for name in names} | change
    return f"{reverse(view)}?{urlencode({k: v for k, v in query.items() if v})}"


def _cells(buckets: dict[str, Aged], form: AgingForm, **change: Any) -> list[tuple[str, Aged, str]]:
    """The figures of a row: label, what is owed, and the list of invoices behind it."""
    return [
        (_bucket_label(name), aged, _url("credit:open_invoices", form, bucket=name, **change))
        for name, aged in buckets.items()
    ]


def _shown(rows: list[receivables.Row], form: AgingForm) -> list[dict[str, Any]]:
    keys = [row.key for row in rows if row.key is not None]
    known = _MODELS[form.cleaned_data["by"]].objects.in_bulk(keys)
    return [
        {
            "name": str(known[row.key]) if row.key in known else "—",
            "url": _opened(form, known.get(row.key)),
            "cells": _cells(row.buckets, form, **_narrower(form, known.get(row.key))),
            "total": row.total,
            "overdue": row.overdue,
        }
        for row in rows
    ]


def _narrower(form: AgingForm, found: Any) -> dict[str, Any]:
    by = form.cleaned_data["by"]
    if by == "account":
        return {"account": found.account_number if found else ""}
    if by == "manager":
        return {"manager": found.username if found else "-"}
    return {"region": found.pk if found else ""}


def _opened(form: AgingForm, found: Any) -> str:
    """Where a row leads: an account to its invoices, the others to their accounts."""
    if form.cleaned_data["by"] == "account":
        return _url("credit:open_invoices", form, **_narrower(form, found))
    if found is None and form.cleaned_data["by"] == "region":
        return ""
    return _url("credit:receivables", form, **{**_narrower(form, found), "by": "account"})


def _chart(totals: dict[str, Aged], form: AgingForm) -> charts.Chart | None:
    if not any(aged.count for aged in totals.values()):
        return None
    points: list[dict[str, Any]] = [
        {
            "name": _bucket_label(name),
            "value": float(aged.amount),  # for drawing only
            "lines": [charts.money(aged.amount), _("%s invoices") % aged.count],
            "url": _url("credit:open_invoices", form, bucket=name),
        }
        for name, aged in totals.items()
    ]
    return charts.Chart(
        kind="monthly",
        source="aging",
        label=_("Receivables by days overdue"),
        data={"series": [{"name": _("Unpaid"), "points": points}]},
        size="chart-sm",
    )


def _rules(on: date) -> policies.Receivables:
    rules: policies.Receivables = policies.in_force(Policy.Kind.RECEIVABLES, on).rules
    return rules


def _indicators(as_of: date, accounts: QuerySet[Account] | None) -> indicators.Indicators:
    """Of the year that ends with this day."""
    rules = _rules(timezone.localdate())
    since = date.fromordinal(year_before(as_of).toordinal() + 1)
    return indicators.indicators_of(
        since, as_of, accounts=accounts, buckets=rules.aging, points=rules.payment_index
    )


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def open_invoices(request: StaffRequest) -> HttpResponse:
    """The invoices behind a figure of the aging."""
    form = AgingForm(request.GET)
    if not form.is_valid():
        return render(request, "credit/aging.html", {"form": form}, status=422)
    as_of, bucket = form.cleaned_data["as_of"], form.cleaned_data["bucket"]
    policy = receivables.aging_policy()
    if bucket not in policy.names:
        bucket = ""
    accounts, narrowed = _narrowed(request, form)
    found = receivables.open_invoices(
        as_of, accounts=accounts, policy=policy, bucket=bucket, most=MOST_INVOICES
    )
    ids = {item.invoice_id for item in found.rows}
    invoices = Invoice.objects.select_related("account").in_bulk(ids)
    rows = [
        (invoices[item.invoice_id], item, days_overdue(item.due_on, as_of)) for item in found.rows
    ]
    context = {
        "form": form,
        "as_of": as_of,
        "narrowed": narrowed,
        "bucket": _bucket_label(bucket) if bucket else "",
        "rows": rows,
        "total": found.total,
        "back": _url("credit:receivables", form),
        "currency": settings.REPORTING_CURRENCY,
    }
    return render(request, "credit/open_invoices.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("credit.view_creditparty", raise_exception=True)
@permission_required("credit.export_credit", raise_exception=True)
def export(request: StaffRequest) -> HttpResponseBase:
    """The aging as a file: all rows of the page's question, within the quota of the month."""
    asked = AgingForm(request.GET)
    if not asked.is_valid():
        return render(request, "credit/aging.html", {"form": asked}, status=422)
    as_of, by = asked.cleaned_data["as_of"], asked.cleaned_data["by"]
    accounts, _narrowed_to = _narrowed(request, asked)
    policy = receivables.aging_policy()
    rows = receivables.aging_by(by, as_of, accounts=accounts, policy=policy)
    titles = [_("Name"), *map(_bucket_label, policy.names), _("Total"), _("Overdue")]
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            take_out(
                _MODELS[by].objects.filter(pk__in=[row.key for row in rows if row.key]),
                AGING.key,
                "credit.aging_exported",
                actor=request.user,
                reason=form.cleaned_data["reason"],
                query=request.GET.urlencode(),
                columns=titles,
                file_format=form.cleaned_data["format"],
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            lines = map(_line, _shown(rows, asked))
            return download(f"aging-{as_of}", form.cleaned_data["format"], titles, lines)
    context = {
        "form": form,
        "number": len(rows),
        "on": as_of,
        "back": _url("credit:receivables", asked),
        "quota": quota(AGING.key, user=request.user),
    }
    status = 422 if form.errors else 200
    return render(request, "credit/aging_export.html", context, status=status)


def _line(row: dict[str, Any]) -> list[Any]:
    amounts = (aged.amount for _label, aged, _url in row["cells"])
    return [row["name"], *amounts, row["total"].amount, row["overdue"]]


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def account_panel(request: StaffRequest, account_number: str) -> HttpResponse:
    """What an account owes: aging, unpaid invoices, how it pays; a part of its page."""
    account = get_object_or_404(
        Account.objects.visible_to(request.user), account_number=account_number
    )
    today = timezone.localdate()
    own = Account.objects.filter(pk=account.pk)
    policy = receivables.aging_policy()
    buckets = receivables.aging(today, accounts=own, policy=policy)
    unpaid = Invoice.objects.filter(account=account).unpaid().prefetch_related("instalments")
    punctual = indicators.punctuality(year_before(today), today, accounts=own)
    context = {
        "account": account,
        "buckets": [(_bucket_label(name), aged) for name, aged in buckets.items()],
        "total": receivables.total(buckets),
        "overdue": overdue([account.pk], today).get(account.pk),
        "invoices": unpaid.order_by("due_on", "issued_on", "invoice_number")[:PANEL_INVOICES],
        "indicators": _indicators(today, own),
        "punctuality": punctual.get(account.pk),
        "today": today,
        "currency": settings.REPORTING_CURRENCY,
    }
    name = "credit/receivables_panel.html"
    return render(request, f"{name}#panel" if request.htmx else name, context)
