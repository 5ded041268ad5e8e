import html
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts import paging
from accounts.figures import net_sales
from accounts.filters import Filters
from accounts.models import Account, Segment, Tier, sees_all_accounts
from kam.core import money
from kam.core.http import StaffRequest


@dataclass(frozen=True, kw_only=True)
class Column:
    """A heading of the list. `query`: what a click on it asks for; None for one without order."""

    label: str | Promise
    query: str | None = None
    sorted: str = ""
    css: str = ""


# Heading, key of paging.SORTS or "", class
_COLUMNS = [
    (gettext_lazy("Name"), "name", ""),
    (gettext_lazy("Tier"), "tier", ""),
    (gettext_lazy("Net sales, 12 months"), "", "num"),
    (gettext_lazy("Account manager"), "", ""),
    (gettext_lazy("Number"), "number", ""),
    (gettext_lazy("Region"), "", ""),
    (gettext_lazy("Industry"), "", ""),
    (gettext_lazy("Review due"), "review", ""),
    (gettext_lazy("Last change"), "updated", ""),
]
# A row of the table, %s for the headings of its columns but the first, which a phone shows beside
# the values. Fifty of them take the template a third of the page's time, and format_html_join a
# fifth.
_ROW = """<tr>
<td><a href="{url}" hx-boost="false">{name}</a></td>
<td data-label="%s"><span class="badge tier-{tier}">{tier_label}</span></td>
<td class="num" data-label="%s">{net_sales}</td>
<td data-label="%s">{manager}</td>
<td data-label="%s">{number}</td>
<td class="d-none d-md-table-cell" data-label="%s">{region}</td>
<td class="d-none d-md-table-cell" data-label="%s">{industry}</td>
<td class="text-nowrap{due}" data-label="%s">{review_due}</td>
<td class="text-nowrap d-none d-md-table-cell" data-label="%s">{updated}</td>
</tr>"""


@require_safe
@permission_required("accounts.view_account", raise_exception=True)
def account_list(request: StaffRequest) -> HttpResponse:
    """The archive: searched, filtered, sorted and paged; /accounts/."""
    filters = Filters(request.GET, user=request.user)
    page = paging.page(
        filters.narrow(Account.objects.visible_to(request.user)),
        search=filters.search,
        order=filters.order,
        cursor=request.GET.get("cursor", ""),
        narrowed_by={k: v for k, v in filters.values.items() if k != "search"},
        sees_all=sees_all_accounts(request.user),
    )
    today = timezone.localdate()
    sales = net_sales(today, [row.pk for row in page.rows])
    context = {
        "filters": filters,
        "page": page,
        "columns": _columns(filters, is_unsorted=page.is_unsorted),
        "rows": _rows(page.rows, today, sales),
        "total": _amount(sum(sales.values(), Decimal(0))) if sales is not None else None,
        "count_label": _count_label(page),
        "next_query": _with_cursor(filters.query, page.next),
        "previous_query": _with_cursor(filters.query, page.previous),
        "segments": Segment.objects.visible_to(request.user),
    }
    part = "#results" if request.htmx else ""
    return render(request, f"accounts/account_list.html{part}", context)


@require_safe
@permission_required("accounts.view_account", raise_exception=True)
def filter_panel(request: StaffRequest) -> HttpResponse:
    """All filters of the list as a form; a page of its own without JavaScript."""
    filters = Filters(request.GET, user=request.user)
    filters.form.style()
    part = "#form" if request.htmx else ""
    return render(request, f"accounts/account_filters.html{part}", {"filters": filters})


def _with_cursor(query: str, cursor: str) -> str:
    """A list's query string for another page of it; "" when there is none."""
    return "&".join(filter(None, [query, urlencode({"cursor": cursor})])) if cursor else ""


def _columns(filters: Filters, *, is_unsorted: bool) -> list[Column]:
    columns = []
    for label, key, css in _COLUMNS:
        if not key:
            columns.append(Column(label=label, css=css))
            continue
        states = {key: "ascending", f"-{key}": "descending"}
        state = "" if is_unsorted else states.get(filters.order, "")
        query = filters.ordered(f"-{key}" if state == "ascending" else key)
        columns.append(Column(label=label, css=css, query=query, sorted=state))
    return columns


def _rows(rows: list[paging.Row], today: date, sales: dict[int, Decimal]) -> SafeString:
    labels = {value: str(label) for value, label in Tier.choices}
    address = _detail_address()
    texts = (
        {
            "url": address % row.account_number,
            "name": row.name,
            "tier": row.tier,
            "tier_label": labels[row.tier],
            "net_sales": _amount(sales.get(row.pk, Decimal(0))),
            "manager": row.manager__full_name or row.manager__username or "—",
            "number": row.account_number,
            "region": row.region__name or "",
            "industry": row.industry__name or "",
            "review_due": row.review_due_on.isoformat() if row.review_due_on else "—",
            "due": " text-danger" if row.review_due_on and row.review_due_on <= today else "",
            "updated": timezone.localtime(row.updated_at).date().isoformat(),
        }
        for row in rows
    )
    escaped = ({name: html.escape(text) for name, text in row.items()} for row in texts)
    row = _ROW % tuple(html.escape(str(label)) for label, _key, _css in _COLUMNS[1:])
    return SafeString("\n".join(map(row.format_map, escaped)))


@cache
def _detail_address() -> str:
    """The address of an account's page with %s for its number, which needs no quoting."""
    return reverse("accounts:detail", args=["X"]).replace("X", "%s")


def _amount(value: Decimal) -> str:
    return f"{money.display(value):,}"


def _count_label(page: paging.Page) -> str:
    if page.next:
        return _("More than %(number)d accounts") % {"number": len(page.rows)}
    if page.previous:
        return _("The last %(number)d accounts") % {"number": len(page.rows)}
    return _("%(number)d accounts") % {"number": len(page.rows)}
