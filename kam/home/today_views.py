"""The Today page: what waits for the reader, and what they decide about it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Account
from accounts.people import who_sees
from kam.core.calendar import is_workday
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, row_id
from kam.core.today import registered
from kam.home import services
from kam.home.forms import HandOverForm, MarkForm
from kam.home.models import TodayMark
from kam.home.today import Day, Entry, day_of

SHOWN = 100
TAKE_BACK_WITHIN = timedelta(minutes=15)
ASIDE = "aside"


@require_safe
def today(request: StaffRequest) -> HttpResponse:
    """Everything that waits for the reader, the most urgent first, or what they set aside."""
    marked = request.GET.get("marked", "")
    mark = TodayMark.objects.filter(by=request.user, pk=row_id(marked)).first()
    return _page(request, mark=mark, finished=request.GET.get("finished", ""))


@require_POST
def mark(request: StaffRequest) -> HttpResponse:
    """Done, put off or given back."""
    form = MarkForm(request.POST)
    if not form.is_valid():
        said = [str(error) for error in form.non_field_errors()]
        return _page(request, error=" ".join(said) or _("Choose a day."))
    entry = _entry(request, form.cleaned_data["key"])
    try:
        made = _decide(entry, form.cleaned_data, request)
    except RuleViolation as violation:
        return _page(request, error=violation.message)
    finished = ""
    if made is None and form.cleaned_data["done"]:
        finished = _receipt(entry, request)
    if request.htmx:
        return _page(request, mark=made, entry=entry, finished=finished)
    if finished:
        return HttpResponseRedirect(_list(request, finished=finished))
    return _back(request, made)


def _decide(entry: Entry, wanted: dict[str, Any], request: StaffRequest) -> TodayMark | None:
    if wanted["done"]:
        return services.tick(entry, actor=request.user)
    if wanted["give_back"]:
        services.give_back(entry, actor=request.user)
        return None
    return services.put_off(entry, until=wanted["day"], actor=request.user)


@require_POST
def undo(request: StaffRequest, mark_id: int) -> HttpResponse:
    """Take back what was decided."""
    try:
        services.undo(mark_id, actor=request.user)
    except TodayMark.DoesNotExist as error:
        raise Http404 from error
    return _page(request) if request.htmx else _back(request)


@require_POST
def take_back(request: StaffRequest) -> HttpResponse:
    """Undo the work that was recorded from a row a moment ago."""
    key, _title = _read(request.POST.get("finished", ""), request)
    if not key:
        late = _("This can no longer be taken back here.")
        return _page(request, error=late)
    try:
        services.take_back(key, actor=request.user)
    except RuleViolation as violation:
        return _page(request, error=violation.message)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    return _page(request) if request.htmx else _back(request)


def _receipt(entry: Entry, request: StaffRequest) -> str:
    """With which its holder, for some minutes, takes back what was recorded from this row."""
    return signing.dumps([entry.item.key, entry.item.title], salt=_salt(request))


def _read(receipt: str, request: StaffRequest) -> tuple[str, str]:
    """Key and title of what a receipt is for; both empty when it is none, or too old."""
    try:
        key, title = signing.loads(receipt, salt=_salt(request), max_age=TAKE_BACK_WITHIN)
    except signing.BadSignature:
        return "", ""
    return key, title


def _salt(request: StaffRequest) -> str:
    return f"home.finished:{request.user.pk}"


@require_http_methods(["GET", "POST"])
def hand_over(request: StaffRequest) -> HttpResponse:
    """Give an item to a colleague who sees the customer."""
    entry = _entry(request, request.GET.get("key", ""))
    if not entry.may_hand_over:
        raise Http404
    account = Account.objects.visible_to(request.user).get(account_number=entry.item.account_number)
    kind = entry.kind
    people = who_sees(account, may=kind.permission, serving=kind.for_team)
    people = people.exclude(pk=request.user.pk)
    form = HandOverForm(request.POST if request.method == "POST" else None, people=people)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.hand_over(entry, actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            return _back(request, made)
    context = {"entry": entry, "form": form, "query": _query(request)}
    return render(request, "home/today_hand_over.html", context, status=422 if form.errors else 200)


def _entry(request: StaffRequest, key: str) -> Entry:
    """The reader's row of this key; 404 when it is not theirs, or gone."""
    kind = key.partition(":")[0]
    entry = day_of(request.user, timezone.now(), kind=kind).find(key) if kind else None
    if entry is None:
        raise Http404
    return entry


def _page(
    request: StaffRequest,
    *,
    mark: TodayMark | None = None,
    entry: Entry | None = None,
    finished: str = "",
    error: str = "",
) -> HttpResponse:
    now = timezone.now()
    day = day_of(request.user, now)
    if mark and entry is None:
        entry = day.find(mark.key)
    show = request.GET.get("show", "")
    wanted = [each for each in _part(day, show) if show in ("", ASIDE, each.kind.key)]
    context = {
        "day": timezone.localdate(now),
        "show": show,
        "query": _query(request),
        "kinds": _counts(day),
        "waiting": len(day.waiting),
        "aside": len(day.aside),
        "entries": wanted[:SHOWN],
        "more": max(0, len(wanted) - SHOWN),
        "choices": choices(timezone.localdate(now)),
        "mark": mark if entry else None,
        "marked": entry,
        "finished": _read(finished, request)[1],
        "receipt": finished,
        "error": error,
    }
    template = "home/today.html#day" if request.htmx else "home/today.html"
    return render(request, template, context, status=422 if error else 200)


def _part(day: Day, show: str) -> list[Entry]:
    return day.aside if show == ASIDE else day.waiting


def _counts(day: Day) -> list[tuple[Any, int]]:
    """The kinds that something waits of, with how many."""
    found = Counter(entry.kind.key for entry in day.waiting)
    return [(kind, found[key]) for key, kind in registered().items() if key in found]


def choices(today: date) -> list[tuple[date, str]]:
    """The days that something is most often put off to."""
    tomorrow = today + timedelta(days=1)
    while not is_workday(tomorrow):
        tomorrow += timedelta(days=1)
    return [
        (tomorrow, _("Next working day")),
        (today + timedelta(days=7), _("In a week")),
        (today + timedelta(days=30), _("In 30 days")),
    ]


def _query(request: StaffRequest) -> str:
    """What the list is narrowed by, for the addresses of its forms."""
    show = request.GET.get("show", "")
    return urlencode({"show": show}) if show else ""


def _back(request: StaffRequest, made: TodayMark | None = None) -> HttpResponse:
    """To the list as it was narrowed, which offers to take back what was made."""
    if made is None:
        messages.success(request, _("It waits again."))
    return HttpResponseRedirect(_list(request, marked=made.pk if made else ""))


def _list(request: StaffRequest, **wanted: int | str) -> str:
    wanted = {"show": request.GET.get("show", ""), **wanted}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return reverse("home:today") + (f"?{query}" if query else "")
