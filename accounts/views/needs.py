from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms_needs import AnalysisForm, NeedFilter, NeedForm, OwnerForm, WordsForm
from accounts.models import Need
from accounts.need_words import COURSES
from accounts.queries_needs import by_product
from accounts.services import needs
from accounts.views.detail import visible_account
from accounts.views.edit import live_account, sent
from kam.core import exports, keyset
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest

PAGE_SIZE = 50
CARDS = 50  # of each column of the board
FEED_SIZE = 500
CLOSED_SHOWN = timedelta(days=30)
LONGEST_URL = 200  # that a need stores
_SOURCE_PAGES = {"complaint": "complaints:complaint", "order": "sales:order"}
# Heading of the form, label of its text, service and name of its argument.
_STEPS: dict[str, tuple[str | Promise, str | Promise, Callable[..., Need], str]] = {
    "answer": (
        gettext_lazy("Answer the need"),
        gettext_lazy("Answer to the customer"),
        needs.answer,
        "text",
    ),
    "confirm": (
        gettext_lazy("The customer confirms"),
        gettext_lazy("What the customer says"),
        needs.confirm,
        "outcome",
    ),
    "send-back": (
        gettext_lazy("The customer wants something else"),
        gettext_lazy("What the customer says"),
        needs.send_back,
        "outcome",
    ),
    "decline": (
        gettext_lazy("Decline the need"),
        gettext_lazy("Why, as the customer was told"),
        needs.decline,
        "outcome",
    ),
}

# From which column of the board to which other one: the step that leads there, and its button.
MOVES: dict[tuple[str, str], tuple[str, str | Promise]] = {
    ("collected", "analysed"): ("analyse", gettext_lazy("Analyse")),
    ("collected", "declined"): ("decline", gettext_lazy("Decline")),
    ("analysed", "answered"): ("answer", gettext_lazy("Answer")),
    ("analysed", "declined"): ("decline", gettext_lazy("Decline")),
    ("answered", "analysed"): ("send-back", gettext_lazy("Wants something else")),
    ("answered", "confirmed"): ("confirm", gettext_lazy("Customer confirms")),
    ("declined", "analysed"): ("analyse", gettext_lazy("Take up again")),
}


@require_safe
@permission_required("accounts.view_need", raise_exception=True)
def need_list(request: StaffRequest) -> HttpResponse:
    """Needs, newest first; filtered."""
    form = NeedFilter(request.GET, user=request.user)
    rows = form.needs().select_related("account", "owner")
    context = {"page": _page_of(request, rows), "form": form, "query": _query(request)}
    part = "#results" if request.htmx else ""
    return render(request, f"accounts/needs.html{part}", context)


@require_safe
@permission_required("accounts.view_need", raise_exception=True)
def board(request: StaffRequest) -> HttpResponse:
    """Needs by where they stand; in each column what weighs most and is due first on top."""
    form = NeedFilter({**request.GET.dict(), "show": "all"}, user=request.user)
    rows = form.needs().select_related("account", "owner")
    recent = timezone.now() - CLOSED_SHOWN
    columns = []
    for status in Need.Status:
        found = rows.filter(status=status)
        if status in (Need.Status.CONFIRMED, Need.Status.DECLINED):
            found = found.filter(closed_at__gte=recent).order_by("-closed_at", "-pk")
        else:
            found = found.order_by("-priority", "-feasibility", "answer_due_on", "pk")
        cards = list(found[: CARDS + 1])
        moves = [(to, *move) for (start, to), move in MOVES.items() if start == status]
        columns.append((status, cards[:CARDS], len(cards) > CARDS, moves))
    context = {"columns": columns, "form": form, "today": timezone.localdate()}
    return render(request, "accounts/need_board.html", context)


@require_safe
@permission_required("accounts.view_need", raise_exception=True)
def feed(request: StaffRequest) -> HttpResponseBase:
    """Which products are asked for how often: for product development; also as a file."""
    form = NeedFilter({**request.GET.dict(), "show": "all"}, user=request.user)
    rows = by_product(form.needs())
    if (file_format := request.GET.get("format", "")) in ("xlsx", "csv"):
        return _feed_file(request, rows, file_format)
    context = {"rows": rows[:FEED_SIZE], "form": form, "query": _query(request)}
    return render(request, "accounts/need_feed.html", context)


@require_safe
@permission_required("accounts.view_need", raise_exception=True)
def need(request: StaffRequest, pk: int) -> HttpResponse:
    """One need: what it is, what was found, answered and said to it."""
    found = _need(request, pk)
    context = {
        "need": found,
        "course": COURSES.get(found.course, ""),
        "is_late": found.status in ("collected", "analysed")
        and found.answer_due_on < timezone.localdate(),
    }
    return render(request, "accounts/need.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("accounts.change_need", raise_exception=True)
def collect(request: StaffRequest, account_number: str) -> HttpResponse:
    """Write down what a customer wants; `?source=complaint&from=TS…` says where it was heard."""
    account = live_account(request, account_number)
    heard = {"source": request.GET.get("source", "")}
    form = NeedForm(sent(request), account=account, user=request.user, initial=heard)

    def write() -> Need:
        page = _page_of_source(request)
        return needs.collect(account, actor=request.user, source_url=page, **form.cleaned_data)

    title = _("New need")
    return _form(request, form, write, {"title": title, "back": account, "pretitle": account})


def _page_of_source(request: StaffRequest) -> str:
    """The page of the complaint or order that `?from=` names; "" where there is none."""
    source, number = request.GET.get("source", ""), request.GET.get("from", "")
    try:
        page = reverse(_SOURCE_PAGES[source], args=[number])
    except (KeyError, NoReverseMatch):
        return ""
    return page if len(page) <= LONGEST_URL else ""


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("accounts.change_need", raise_exception=True)
def take_step(request: StaffRequest, pk: int, step: str) -> HttpResponse:
    """Analyse, answer, confirm, send back, decline or give a need."""
    found = _need(request, pk)
    context: dict[str, Any] = {"back": found, "pretitle": found.account, "need": found}
    form: forms.Form
    service: Callable[..., Need]
    if step == "analyse":
        form, service = AnalysisForm(sent(request), need=found), needs.analyse
        context["title"] = _("Analyse the need")
    elif step == "give":
        form, service = OwnerForm(sent(request), need=found), needs.give
        context["title"] = _("Let somebody else answer")
    elif step in _STEPS:
        context["title"], label, service, argument = _STEPS[step]
        form = WordsForm(sent(request), label=str(label))
    else:
        raise Http404

    def take() -> Need:
        values = {**form.cleaned_data}
        if step in _STEPS:
            values = {argument: values["words"]}
        return service(found.pk, actor=request.user, **values)

    return _form(request, form, take, context)


@require_safe
@permission_required("accounts.view_need", raise_exception=True)
def panel(request: StaffRequest, account_number: str) -> HttpResponse:
    """The open needs of an account, for its page."""
    account = visible_account(request, account_number)
    rows = Need.objects.visible_to(request.user).filter(account=account)
    context = {
        "account": account,
        "needs": rows.open().select_related("owner").order_by("answer_due_on", "pk")[:10],
        "number": rows.count(),
        "today": timezone.localdate(),
    }
    return render(request, "accounts/needs_panel.html", context)


def _form(
    request: StaffRequest,
    form: forms.BaseForm,
    action: Callable[[], Need],
    context: dict[str, Any],
) -> HttpResponse:
    back = reverse("accounts:need_board") if request.GET.get("from") == "board" else None
    if request.method == "POST" and form.is_valid():
        try:
            written = action()
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("Saved."))
            return redirect(written if back is None else back)
    context |= {"form": form, "back": back or context["back"].get_absolute_url()}
    status = 422 if form.errors else 200
    return render(request, "accounts/need_form.html", context, status=status)


def _need(request: StaffRequest, pk: int) -> Need:
    found = Need.objects.visible_to(request.user).select_related(
        "account", "contact", "owner", "collected_by", "analysed_by", "answered_by", "closed_by"
    )
    return get_object_or_404(found, pk=pk)


def _page_of(request: StaffRequest, rows: Any) -> keyset.Page:
    keys = ["-collected_at", "-pk"]
    try:
        return keyset.fetch(rows, keys=keys, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except keyset.InvalidCursor as error:
        raise Http404 from error


def _query(request: StaffRequest) -> str:
    """The filters without the place in the list."""
    query = request.GET.copy()
    for name in ("cursor", "format"):
        query.pop(name, None)
    return query.urlencode()


def _feed_file(request: StaffRequest, rows: Any, file_format: str) -> HttpResponseBase:
    titles = [
        _("Product"),
        _("Times asked for"),
        _("Customers"),
        _("Open"),
        _("High priority"),
        _("Needs a development"),
        _("Not feasible"),
        _("Last asked for"),
    ]
    exports.record_export(
        rows,
        "accounts.needs_exported",
        actor=request.user,
        reason="",
        query=_query(request),
        columns=titles,
        file_format=file_format,
    )
    lines = (
        [
            *(row[name] for name in ("name", "number", "accounts", "waiting", "urgent")),
            row["to_develop"],
            row["unmet"],
            timezone.localdate(row["last"]),
        ]
        for row in rows
    )
    return exports.download("needs", file_format, titles, lines)
