"""What ratings and suggested limits say, for people."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kam.core import metrics
from kam.core.charts import money, percent
from kam.core.words import listed

MISSING = {
    "worst": gettext_lazy("missing: worst points"),
    "neutral": gettext_lazy("missing: 50 points"),
    "exclude": gettext_lazy("missing: left out"),
    "refuse": gettext_lazy("missing: nothing is rated"),
}
REFUSALS = {
    "figure_missing": gettext_lazy("The scorecard rates nobody without these figures:"),
    "out_of_range": gettext_lazy("These figures are outside the scale of the scorecard:"),
    "no_figures": gettext_lazy("Nothing is known of this customer. Missing:"),
    "one_sided": gettext_lazy("Payment history alone rates nobody. Missing:"),
}
MORE = {
    "first_line": gettext_lazy("a first line, or one anew"),
    "limit": gettext_lazy("a higher limit"),
    "increase": gettext_lazy("a temporary increase"),
    "terms": gettext_lazy("longer terms"),
    "group": gettext_lazy("credit for the group"),
}


def metric_label(name: str) -> str:
    """What a figure is called; its bare name where no app knows it."""
    metric = metrics.registered().get(name)
    return str(metric.label) if metric else name


def figure(metric: str, value: Decimal | str | None) -> str | None:
    """A figure as people read it: "12.5 %", "30 days", "1,000,000"; None where there is none."""
    if value is None:
        return None
    known = metrics.registered().get(metric)
    if known and known.is_share:
        return share(Decimal(value))
    if known and known.is_in_days:
        count = 1 if Decimal(value) == 1 else 2  # 1.5 days
        return ngettext("%(days)s day", "%(days)s days", count) % {"days": _exact(Decimal(value))}
    return _exact(Decimal(value))


def share(value: Decimal) -> str:
    """A share of 1 with the decimals it has: "12.5 %"."""
    return f"{_exact(value * 100)} %"


def figures_between(metric: str, lower: str | None, upper: str | None) -> str:
    """A range of figures; `lower` is in it, `upper` is not."""
    words = {"lower": figure(metric, lower), "upper": figure(metric, upper)}
    if upper is None:
        return _("%(lower)s and more") % words if lower is not None else _("any")
    if lower is None:
        return _("below %(upper)s") % words
    return _("%(lower)s to below %(upper)s") % words


def _exact(number: Decimal) -> str:
    """A number with the decimals it has, its thousands grouped."""
    decimals = max(0, -int(number.normalize().as_tuple().exponent))
    return number_format(number, decimals, force_grouping=True)


def more(codes: list[str]) -> str:
    """In which ways terms give more than those in force."""
    return listed(MORE.get(code, code) for code in codes)


def step(code: str, figures: Mapping[str, Any]) -> str:
    """One step of a suggested limit. Source: docs/policies/credit.md sections 4 and 5."""
    match code:
        case "grade_held_back":
            text = _(
                "A new customer (%(months)s of %(needed)s full months): grade %(scored)s counts as"
                " %(grade)s."
            )
        case "terms_cut":
            text = _(
                "A new customer (%(months)s of %(needed)s full months): %(asked)s days are cut to"
                " %(terms_days)s."
            )
        case "need":
            text = _(
                "Need: %(annual_credit_sales)s of sales x %(terms_days)s / 365 days, %(buffer)s"
                " more as a buffer: %(need)s."
            )
        case "cap_by_grade":
            text = _("Grade %(grade)s is capped at %(cap)s.")
        case "first_limit":
            text = _("A new customer gets at most %(max_limit)s.")
        case "limit":
            text = _("Suggested limit: the smallest of these, %(limit)s.")
        case _:
            return code
    return text % {name: _shown(name, value) for name, value in figures.items()}


_MONEY = {"annual_credit_sales", "need", "cap", "max_limit", "limit"}


def _shown(name: str, value: Any) -> str:
    if name in _MONEY:
        return money(Decimal(value))
    return percent(Decimal(value), 0) if name == "buffer" else str(value)
