"""Charts as the pages draw them: data for static/charts.js and the same figures as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart, shown by `{% include "chart.html" with chart=… %}`.

    kind: the maker in static/charts.js, which says what `data` holds. All words are translated
    already. rows: the cells of the table, the first of them linked where there is a URL.
    """

    kind: str
    source: str  # the id of its data in the page
    label: str  # what it shows, for who does not see it
    data: Mapping[str, Any]
    head: Sequence[str] = ()
    rows: Sequence[tuple[str, Sequence[str]]] = field(default_factory=list)  # (url, cells)
    size: str = ""  # "chart-sm", "chart-spark"


def money(value: Decimal | int) -> str:
    """An amount for people: 2 decimals, thousands grouped."""
    return number_format(value, 2, force_grouping=True)


def percent(share: Decimal | float, decimals: int = 2) -> str:
    """A share of 1 for people: "2.98 %"."""
    return f"{number_format(share * 100, decimals)} %"
