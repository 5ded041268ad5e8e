"""The board: a month of visits, each on its day, to be moved to another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Tier
from kam.core.calendar import is_workday
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, page_before
from visits import queries
from visits.forms import MoveForm
from visits.models import Status, Visit, VisitQuerySet
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
    visits: list[Visit] = field(default_factory=list)  # the first ones, SHOWN at most
    number: int = 0
    proposed: int = 0
    missed: int = 0

    @property
    def more(self) -> int:
        """How many there are besides."""
        return self.number - len(self.visits)


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
    return page_before(request) or visit.get_absolute_url()


# --- what the board shows


def _context(request: StaffRequest, asked: QueryDict) -> dict[str, Any]:
    today = timezone.localdate()
    month = _month(asked.get("month", ""), today)
    people = list(queries.plannable_by(request.user))
    who = _who(asked.get("who"), people, request)
    tier = asked.get("tier", "") if asked.get("tier") in Tier.values else ""
    weeks = _weeks(month, today)
    days = [day for week in weeks for day in week]
    _fill(days, _rows(request, who, tier), today)
    in_month = [day for day in days if day.in_month]
    return {
        "month": month,
        "previous": month - timedelta(days=1),
        "following": following_month(month),
        "weeks": weeks,
        "people": people,
        "who": who,
        "is_everybody": who == "all",
        "tier": tier,
        "tiers": Tier.choices,
        "proposed": sum(day.proposed for day in in_month),
        "number": sum(day.number for day in in_month),
        "missed": sum(day.missed for day in in_month),
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


def _rows(request: StaffRequest, who: str, tier: str) -> VisitQuerySet:
    rows = Visit.objects.visible_to(request.user).exclude(status=Status.CANCELLED)
    if who != "all":
        rows = rows.filter(owner=int(who))
    return rows.filter(account__tier=tier) if tier else rows


def _fill(days: list[Day], rows: VisitQuerySet, today: date) -> None:
    """Count the visits of each day, and read the first ones: three queries, however many."""
    rows = rows.filter(planned_on__gte=days[0].date, planned_on__lte=days[-1].date)
    by_date = {day.date: day for day in days}
    counted = rows.order_by().values("planned_on")
    for row in counted.annotate(
        number=Count("pk"),
        proposed=Count("pk", filter=Q(status=Status.PROPOSED)),
        missed=Count("pk", filter=Q(status=Status.PLANNED, planned_on__lt=today)),
    ):
        day = by_date[row["planned_on"]]
        day.number, day.proposed, day.missed = row["number"], row["proposed"], row["missed"]
    place = Window(
        RowNumber(),
        partition_by="planned_on",
        order_by=[F("planned_at").asc(nulls_last=True), F("pk").asc()],
    )
    first = rows.annotate(place=place).filter(place__lte=SHOWN).values_list("pk", flat=True)
    # Read at once: the database expects more of them and would look through all visits.
    for visit in Visit.objects.filter(pk__in=list(first)).for_list():
        by_date[visit.planned_on].visits.append(visit)
