"""The Credit Limit and Term Table 信用额度、期限表 on a page and as a file."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms_transfer import ExportForm
from accounts.models import Account
from accounts.services.exporting import quota
from credit.forms_terms import DayInput
from credit.models import GRADES
from credit.queries import table
from credit.services import exports
from kam.core import keyset
from kam.core.errors import RuleViolation
from kam.core.exports import download
from kam.core.http import StaffRequest

PAGE_SIZE = 50
SORT_LABELS = {
    "name": _("Name"),
    "limit": _("Highest limit"),
    "exposure": _("Highest exposure"),
    "until": _("First to end"),
}


class TableForm(forms.Form):
    """Which rows of the table, in which order, as of which day."""

    search = forms.CharField(label=_("Customer"), max_length=100, required=False)
    state = forms.ChoiceField(
        label=_("Credit line"), choices=[("", _("All")), *table.STATES.items()], required=False
    )
    grade = forms.ChoiceField(
        label=_("Rating"),
        choices=[("", _("All")), *((grade, grade) for grade in GRADES)],
        required=False,
    )
    sort = forms.ChoiceField(label=_("Sort by"), choices=list(SORT_LABELS.items()), required=False)
    as_of = forms.DateField(label=_("as of"), widget=DayInput, required=False)

    def clean_as_of(self) -> date:
        """The day, today without one and at the latest."""
        today = timezone.localdate()
        day: date = self.cleaned_data["as_of"] or today
        if day > today:
            raise forms.ValidationError(_("The table is not known for a future day."))
        return day

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        is_past = data.get("as_of") is not None and data["as_of"] < timezone.localdate()
        if is_past and (data.get("state") == "over" or data.get("sort") == "exposure"):
            raise forms.ValidationError(_("The exposure is known of today only."))
        return data

    def accounts(self, request: StaffRequest) -> QuerySet[Account]:
        """The accounts of a valid form, those the user may see."""
        data = self.cleaned_data
        return table.accounts_of(
            Account.objects.visible_to(request.user).select_related("manager"),
            data["as_of"],
            state=data["state"],
            grade=data["grade"],
            search=data["search"],
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that rows are sorted by."""
        return table.SORTS[self.cleaned_data["sort"] or "name"]


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def limits(request: StaffRequest) -> HttpResponse:
    """Limit, term and use of every customer with credit, for sales and finance alike."""
    form = TableForm(request.GET)
    context: dict[str, Any] = {"form": form, "currency": settings.REPORTING_CURRENCY}
    if form.is_valid():
        on = form.cleaned_data["as_of"]
        page = _page(form, request)
        context |= {
            "page": page,
            "rows": table.rows_of(page.rows, on),
            "on": on,
            "is_today": on == timezone.localdate(),
            "is_filtered": any(form.cleaned_data[name] for name in ("search", "state", "grade")),
            "query": _query(request),
        }
    name = "credit/limits.html"
    status = 200 if form.is_valid() else 422
    return render(request, f"{name}#results" if request.htmx else name, context, status=status)


def _page(form: TableForm, request: StaffRequest) -> keyset.Page:
    cursor = request.GET.get("cursor", "")
    try:
        accounts = form.accounts(request)
        return keyset.fetch(accounts, keys=form.keys, cursor=cursor, size=PAGE_SIZE)
    except keyset.InvalidCursor as error:
        raise BadRequest from error


def _query(request: StaffRequest) -> str:
    query = request.GET.copy()
    query.pop("cursor", None)
    return query.urlencode()


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("credit.export_credit", raise_exception=True)
def export_limits(request: StaffRequest) -> HttpResponseBase:
    """The table as a file; /credit/limits/export/?<the table's query string>."""
    chosen = TableForm(request.GET)
    if not chosen.is_valid():
        raise BadRequest
    on = chosen.cleaned_data["as_of"]
    accounts = chosen.accounts(request).order_by(*chosen.keys)
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        kind = form.cleaned_data["format"]
        try:
            rows = exports.export_table(
                accounts,
                on,
                actor=request.user,
                reason=form.cleaned_data["reason"],
                query=_query(request),
                file_format=kind,
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            return download(f"credit-limits-{on}", kind, exports.titles(), rows)
    context = {
        "form": form,
        "number": accounts.count(),
        "on": on,
        "back": f"{reverse('credit:limits')}?{_query(request)}",
        "quota": quota(exports.KIND.key, user=request.user),
    }
    status = 422 if form.errors else 200
    return render(request, "credit/limits_export.html", context, status=status)
