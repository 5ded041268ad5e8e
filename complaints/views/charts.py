"""The charts of the monthly summary, in the reader's language."""

from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import Tier
from complaints import words
from complaints.reporting import Group, cumulated
from kam.core.charts import Chart, percent

MOST_BARS = 15
LEVEL = 0.8  # the vital few
REST = "…"
LISTED = ("cause", "category", "channel", "severity", "tier", "status")  # filters of the list
_WORDS: dict[str, words.Words] = {
    "channel": words.CHANNELS,
    "category": words.CATEGORIES,
    "cause": words.CAUSES,
    "severity": words.SEVERITIES,
    "tier": dict(Tier.choices),
    "status": words.STATUSES,
}


def name_of(column: str, key: str) -> str:
    """What a value of a column is called; loaded history has words of its own."""
    return str(_WORDS.get(column, {}).get(key, key)) or _("not known")


def pareto(groups: Sequence[Group], column: str, days: Mapping[str, date]) -> Chart:
    """The most frequent first, with their cumulated share 帕累托图; rare ones are one bar.

    days: `since` and `until` of the complaints; each bar leads to its own in the list.
    """
    shown, rare = list(groups[:MOST_BARS]), groups[MOST_BARS:]
    if rare:
        overdue = sum(g.overdue for g in rare)
        shown.append(Group(key=REST, count=sum(g.count for g in rare), overdue=overdue))
    points = []
    rows: list[tuple[str, list[str]]] = []
    for group, share in cumulated(shown):
        name = name_of(column, group.key)
        count, late = _number(group.count), _number(group.overdue)
        lines = [
            f"{_('Complaints')} {count}",
            f"{_('Cumulated')} {percent(share, 1)}",
            f"{_('Past their deadline')} {late}",
        ]
        url = _in_list(group.key, column, days)
        point = {"name": name, "value": group.count, "cumulative": share, "lines": lines}
        points.append(point | {"url": url} if url else point)
        rows.append((url, [name, count, percent(share, 1), late]))
    return Chart(
        kind="pareto",
        source="pareto",
        label=_("Complaints by frequency, with their cumulated share"),
        data={
            "points": points,
            "bars": _("Complaints"),
            "line": _("Cumulated"),
            "marks": [{"at": LEVEL, "name": percent(LEVEL, 0)}],
        },
        head=["", _("Complaints"), _("Cumulated"), _("Past their deadline")],
        rows=rows,
    )


def _in_list(key: str, column: str, days: Mapping[str, date]) -> str:
    """The address of a bar's complaints; none where the list cannot be narrowed to them."""
    if column not in LISTED or key in ("", REST):
        return ""
    return f"{reverse('complaints:list')}?{urlencode({'show': 'all', column: key, **days})}"


def trend(months: Sequence[tuple[date, int, int]]) -> Chart:
    """Complaints received by month, and those of them that were late."""
    names = [f"{month:%Y-%m}" for month, _count, _late in months]
    series = [
        (_("Received"), [count for _month, count, _late in months]),
        (_("Past their deadline"), [late for _month, _count, late in months]),
    ]
    return Chart(
        kind="monthly",
        source="trend",
        label=_("Complaints by month"),
        data={
            "series": [
                {
                    "name": label,
                    "points": [
                        {"name": name, "value": value, "lines": [f"{label} {_number(value)}"]}
                        for name, value in zip(names, values, strict=True)
                    ],
                }
                for label, values in series
            ]
        },
        head=[_("Month"), *(label for label, _values in series)],
        rows=[
            ("", [f"{month:%Y-%m}", _number(count), _number(late)]) for month, count, late in months
        ],
    )


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)
