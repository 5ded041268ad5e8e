"""The board: a month of visits, each on its day, to be moved to another one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kam.core.calendar import is_workday
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest
from visits import queries
from visits.forms import MoveForm
from visits.models import Status, Visit
from visits.services import visiting
from visits.services.plans import following_month

SHOWN = 6  # visits of one day; the rest is a link to the list


@dataclass
class Day:
    """A day of the board."""

    date: date
    in_month: bool
    is_today: bool
    is_workday: bool
    visits: list[Visit] = field(default_factory=list)

    @property
    def shown(self) -> list[Visit]:
        return self.visits[:SHOWN]

    @property
    def more(self) -> int:
        """How many there are besides."""
        return len(self.visits) - len(self.shown)


@require_safe
@permission_required("visits.view_visit", raise_exception=True)
def board(request: StaffRequest) -> HttpResponse:
    """The month of one person, or of everybody whose visits the user plans."""
    part = "#board" if request.htmx else ""
    return render(request, f"visits/board.html{part}", _context(request, request.GET))


@require_POST
@permission_required("visits.change_visit", raise_exception=True)
def move(request: StaffRequest, visit_id: int) -> HttpResponse:
    """Give a visit another day: from the board (its part is sent anew) or from a form."""
    visit = get_object_or_404(Visit.objects.visible_to(request.user), pk=visit_id)
    form = MoveForm(request.POST)
    told = ""
    if not form.is_valid():
        told = _("Choose a day.")
    else:
        to = form.cleaned_data["on"]
        try:
            visit = visiting.move_visit(
                visit.pk, to=to, expected=form.cleaned_data["expected"], actor=request.user
            )
        except RuleViolation as violation:
            told = violation.message
        else:
            return _moved(request, visit, to)
    if request.htmx:
        return _board_part(request, told, failed=True)
    messages.error(request, told)
    return redirect(_back(request, visit))


def _moved(request: StaffRequest, visit: Visit, to: date) -> HttpResponse:
    told = _("%(account)s is on %(day)s now.") % {"account": visit.account, "day": to}
    if not is_workday(to):
        told += " " + _("This is no working day.")
    if request.htmx:
        return _board_part(request, told)
    messages.success(request, told)
    return redirect(_back(request, visit))


def _board_part(request: StaffRequest, told: str, *, failed: bool = False) -> HttpResponse:
    context = _context(request, request.POST) | {"told": told, "failed": failed}
    return render(request, "visits/board.html#board", context)


def _back(request: StaffRequest, visit: Visit) -> str:
    """Where the form was, if that is a page of ours."""
    url = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if is_ours else visit.get_absolute_url()


# --- what the board shows


def _context(request: StaffRequest, asked: QueryDict) -> dict[str, Any]:
    today = timezone.localdate()
    month = _month(asked.get("month", ""), today)
    people = list(queries.plannable_by(request.user))
    who = _who(asked.get("who"), people, request)
    weeks = _weeks(month, today)
    visits = _visits(request, weeks[0][0].date, weeks[-1][-1].date, who)
    for week in weeks:
        for day in week:
            day.visits = visits[day.date]
    in_month = [each for week in weeks for day in week if day.in_month for each in day.visits]
    return {
        "month": month,
        "previous": month - timedelta(days=1),
        "following": following_month(month),
        "weeks": weeks,
        "people": people,
        "who": who,
        "is_everybody": who == "all",
        "proposed": sum(visit.status == Status.PROPOSED for visit in in_month),
        "number": len(in_month),
        "missed": sum(visit.is_missed for visit in in_month),
        "day_names": [day.date for day in weeks[0]],
    }


def _month(text: str, today: date) -> date:
    """The first day of the month that is asked for; else of this one."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return month if 2000 <= month.year <= 2200 else today.replace(day=1)


def _who(asked: str | None, people: list[Any], request: StaffRequest) -> str:
    """The id of a person, or "all"; oneself unless asked otherwise."""
    known = {str(person.pk) for person in people}
    if asked in known or asked == "all":
        return str(asked)
    return str(request.user.pk) if str(request.user.pk) in known else "all"


def _weeks(month: date, today: date) -> list[list[Day]]:
    """The weeks, Monday to Sunday, that hold the month."""
    first = month - timedelta(days=month.weekday())
    last = following_month(month) - timedelta(days=1)
    weeks = []
    while first <= last:
        days = [first + timedelta(days=n) for n in range(7)]
        weeks.append(
            [Day(day, day.month == month.month, day == today, is_workday(day)) for day in days]
        )
        first += timedelta(days=7)
    return weeks


def _visits(
    request: StaffRequest, since: date, until: date, who: str
) -> defaultdict[date, list[Visit]]:
    rows = Visit.objects.visible_to(request.user).for_list()
    rows = rows.filter(planned_on__gte=since, planned_on__lte=until)
    rows = rows.exclude(status=Status.CANCELLED)
    if who != "all":
        rows = rows.filter(owner=int(who))
    days: defaultdict[date, list[Visit]] = defaultdict(list)
    for visit in rows:
        days[visit.planned_on].append(visit)
    return days
