"""The tiers page: pyramid, RFM heat map, ABC curve, segments and who moved, as of any day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Tier
from kam.core.http import StaffRequest
from tiering import queries
from tiering.models import TierPolicy, TierRun
from tiering.segments import SEGMENT_ADVICE, SEGMENT_LABELS
from tiering.views import charts

RECENT_RUNS = 5
SCORES = range(1, 6)
SHADES = 8


class DayForm(forms.Form):
    """The day to look at; today where none is named or it lies in the future."""

    as_of = forms.DateField(label=_("As of"), required=False)


class CellForm(forms.Form):
    """The accounts to list: those of a cell of the heat map, or of a segment."""

    r = forms.IntegerField(min_value=1, max_value=5, required=False)
    f = forms.IntegerField(min_value=1, max_value=5, required=False)
    segment = forms.ChoiceField(choices=list(SEGMENT_LABELS.items()), required=False)


class SpanForm(forms.Form):
    """The two days to compare."""

    since = forms.DateField(label=_("From"))
    until = forms.DateField(label=_("To"))


@dataclass(frozen=True)
class Cell:
    """A cell of the heat map. shade: 0 (none) to 8 (the fullest cell)."""

    r: int
    f: int
    count: int
    shade: int


@dataclass(frozen=True)
class Segment:
    """A row of the table of value segments."""

    code: str
    label: str
    advice: str
    count: int
    share: float  # of the accounts with a purchase in the window


@permission_required("tiering.view_tierrecord", raise_exception=True)
def overview(request: StaffRequest) -> HttpResponse:
    """Tiers and value on a day; with `r` and `f` or `segment`, the accounts behind that figure."""
    day = _day(request)
    run = queries.newest_run(day)
    listed = _listed(request, run)
    if request.htmx and listed is not None:
        return render(request, "tiering/overview.html#accounts", listed)
    context: dict[str, Any] = {
        "day": day,
        "run": run,
        "day_form": DayForm(initial={"as_of": day}),
        "policy": TierPolicy.objects.in_force(day).first(),
        "runs": TierRun.objects.select_related("policy")[:RECENT_RUNS],
    }
    if run:
        context |= _picture(request, run)
    return render(request, "tiering/overview.html", context | (listed or {}))


def _day(request: HttpRequest) -> date:
    form = DayForm(request.GET)
    named = form.cleaned_data["as_of"] if form.is_valid() else None
    return min(named or timezone.localdate(), timezone.localdate())


def _picture(request: StaffRequest, run: TierRun) -> dict[str, Any]:
    totals = queries.tier_totals(request.user, run)
    points = queries.sales_curve(request.user, run)
    return {
        "totals": totals,
        "abc": queries.abc_totals(request.user, run),
        "pyramid": charts.pyramid(totals),
        "curve": charts.curve(points, run.policy) if points else None,
        "heat": _heat(queries.rfm_heat_map(request.user, run)),
        "segments": _segments(queries.segment_counts(request.user, run)),
    }


def _heat(counts: Sequence[tuple[int, int, int]]) -> list[tuple[int, list[Cell]]]:
    """Rows of the heat map, F 5 on top; in each, R 1 to 5."""
    found = {(r, f): count for r, f, count in counts}
    fullest = max(found.values(), default=1)
    return [
        (f, [Cell(r, f, n := found.get((r, f), 0), -(-n * SHADES // fullest)) for r in SCORES])
        for f in reversed(SCORES)
    ]


def _segments(counts: dict[str, int]) -> list[Segment]:
    total = sum(counts.values())
    return [
        Segment(
            code,
            str(SEGMENT_LABELS[code]),
            str(SEGMENT_ADVICE[code]),
            count,
            count / total if total else 0.0,
        )
        for code, count in counts.items()
    ]


def _listed(request: StaffRequest, run: TierRun | None) -> dict[str, Any] | None:
    """The accounts of the cell or segment that the address names; None where it names none."""
    form = CellForm(request.GET)
    if run is None or not form.is_valid():
        return None
    r, f, segment = (form.cleaned_data[name] for name in ("r", "f", "segment"))
    if r and f:
        rows = queries.accounts_in_cell(request.user, run, r=r, f=f)
        return {"rows": rows, "listed": f"R {r} · F {f}", "r": r, "f": f, "run": run}
    if segment:
        rows = queries.accounts_in_segment(request.user, run, segment)
        return {"rows": rows, "listed": SEGMENT_LABELS[segment], "segment": segment, "run": run}
    return None


@permission_required("tiering.view_tierrecord", raise_exception=True)
def movers(request: StaffRequest) -> HttpResponse:
    """Who changed tier between two days: a matrix from tier to tier, and the accounts."""
    run = queries.newest_run()
    until = run.as_of if run else timezone.localdate()
    initial = {"since": queries.month_before(until), "until": until}
    form = SpanForm(request.GET or initial)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        since, until = sorted([form.cleaned_data["since"], form.cleaned_data["until"]])
        context |= {
            "movers": queries.movers(request.user, since=since, until=until),
            "matrix": _matrix(queries.moves(request.user, since=since, until=until)),
            "tiers": list(Tier),
            "earlier": queries.newest_run(since),
        }
    return render(request, "tiering/movers.html", context)


def _matrix(counts: Mapping[tuple[str, str], int]) -> list[tuple[str, list[tuple[str, int]]]]:
    """For each tier left ("": not there before) the number of accounts by tier entered."""
    return [
        (left, [(entered, counts.get((left, entered), 0)) for entered in Tier.values])
        for left in ["", *Tier.values]
    ]
