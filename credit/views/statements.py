"""Statements of account 对账单: as a page, a workbook and a PDF, sent and answered."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Account
from accounts.rules import MASK
from accounts.services.secrets import may_read_details
from credit import statement_pdf
from credit.forms_receivables import AnswerForm, PeriodForm, SentForm
from credit.models import Invoice, Statement
from credit.queries.statement import AccountStatement, statement_of
from credit.rules.receivables import days_overdue
from credit.services.statements import answer_statement, send_statement
from credit.views.documents import claims_of
from kam.core import audit
from kam.core.errors import RuleViolation
from kam.core.exports import download
from kam.core.http import StaffRequest

MOST_STATEMENTS = 24


def _account(request: StaffRequest, number: str) -> Account:
    return get_object_or_404(Account.objects.visible_to(request.user), account_number=number)


def _last_month() -> tuple[date, date]:
    last = timezone.localdate().replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def _period(form: PeriodForm) -> tuple[date, date]:
    """The days asked for; last month when they are not both there or not in order."""
    if form.is_valid() and form.cleaned_data["since"] <= form.cleaned_data["until"]:
        return form.cleaned_data["since"], form.cleaned_data["until"]
    return _last_month()


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def statement(request: StaffRequest, account_number: str) -> HttpResponse:
    """What was invoiced and paid in a period, the balance, and the statements that were sent."""
    return _page(request, _account(request, account_number), request.GET)


def _page(
    request: StaffRequest,
    account: Account,
    query: Any,
    *,
    sent_form: SentForm | None = None,
    answer_form: AnswerForm | None = None,
    status: int = 200,
) -> HttpResponse:
    asked = PeriodForm(query)
    since, until = _period(asked)
    today = timezone.localdate()
    found = statement_of(account.pk, since, until)
    period = {"since": since, "until": until}
    context = {
        "account": account,
        "statement": found,
        "unpaid": _unpaid(found),
        "period_form": PeriodForm(initial=period),
        "period_wrong": bool(query) and "since" in query and asked.errors,
        "sent_form": sent_form or SentForm(initial={**period, "sent_on": today}),
        "answer_form": answer_form or AnswerForm(initial={"answered_on": today}),
        "statements": account.statements.select_related("sent_by", "attachment")[:MOST_STATEMENTS],
        "may_reach": may_read_details(account, request.user),
        "MASK": MASK,
        "today": today,
        "currency": settings.REPORTING_CURRENCY,
    }
    return render(request, "credit/statement.html", context, status=status)


def _unpaid(found: AccountStatement) -> list[dict[str, Any]]:
    """What is unpaid with its days overdue on the last day, and once an invoice today's claim."""
    numbers = [invoice.number for invoice in found.unpaid]
    rows = list(Invoice.objects.filter(invoice_number__in=numbers))
    known, claim = {row.invoice_number: row for row in rows}, claims_of(rows)
    return [
        {
            "invoice": known[each.number],
            "due_on": each.due_on,
            "open": each.open_amount,
            "days": days_overdue(each.due_on, found.until),
            "claim": claim.pop(known[each.number].pk, None),
        }
        for each in found.unpaid
    ]


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def statement_file(request: StaffRequest, account_number: str, kind: str) -> HttpResponseBase:
    """The statement of a period as .xlsx or .pdf; who took it out is logged."""
    account = _account(request, account_number)
    since, until = _period(PeriodForm(request.GET))
    found = statement_of(account.pk, since, until)
    changes = {"since": str(since), "until": str(until), "format": kind}
    audit.record(account, "credit.statement_exported", actor=request.user, changes=changes)
    name = f"statement-{account.account_number}-{until}"
    if kind == "pdf":
        pdf = statement_pdf.render(account, found, settings.REPORTING_CURRENCY)
        return FileResponse(BytesIO(pdf), as_attachment=True, filename=f"{name}.pdf")
    titles = [_("Day"), _("Kind"), _("Number"), _("Due on"), _("Invoiced"), _("Paid"), _("Balance")]
    rows: list[list[Any]] = [[since, _("Balance brought forward"), "", "", "", "", found.opening]]
    rows += [
        [line.on, line.label, line.number, line.due_on or "", line.debit, line.credit, line.balance]
        for line in found.lines
    ]
    rows.append([until, _("Balance"), "", "", "", "", found.closing])
    return download(name, "xlsx", titles, rows)


@require_http_methods(["POST"])
@permission_required("credit.view_creditparty", raise_exception=True)
@permission_required("credit.manage_receivables", raise_exception=True)
def statement_send(request: StaffRequest, account_number: str) -> HttpResponse:
    """Record that a statement was sent."""
    account = _account(request, account_number)
    form = SentForm(request.POST)
    if form.is_valid():
        try:
            send_statement(account, **form.cleaned_data, actor=request.user)
        except RuleViolation as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The statement is recorded as sent."))
            return redirect("credit:statement", account.account_number)
    return _page(request, account, request.POST, sent_form=form, status=422)


@require_http_methods(["POST"])
@permission_required("credit.view_creditparty", raise_exception=True)
@permission_required("credit.manage_receivables", raise_exception=True)
def statement_answer(request: StaffRequest, pk: int) -> HttpResponse:
    """Record what the customer said to a statement."""
    found = get_object_or_404(
        Statement.objects.visible_to(request.user).select_related("account"), pk=pk
    )
    form = AnswerForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            answer_statement(found, **form.cleaned_data, actor=request.user)
        except RuleViolation as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The answer is recorded."))
            return redirect("credit:statement", found.account.account_number)
    return _page(request, found.account, {}, answer_form=form, status=422)
