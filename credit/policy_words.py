"""The content of credit policies as flat names and in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import rating_words
from credit.models import CollectionAction
from credit.rules.grades import GRADES
from kam.core.words import labelled

LABELS = {
    "checks.no_credit_line": gettext_lazy("Hold without a credit line"),
    "checks.line_expired": gettext_lazy("Hold when the line has run out"),
    "checks.exposure_over_limit": gettext_lazy("Hold over the limit"),
    "checks.group_limit": gettext_lazy("Hold over the limit of the group"),
    "checks.company_ceiling": gettext_lazy("Hold over the ceiling on all receivables"),
    "checks.manual_hold": gettext_lazy("Hold customers put on hold"),
    "checks.overdue_days": gettext_lazy("Days overdue allowed"),
    "checks.overdue_amount": gettext_lazy("Overdue amount allowed"),
    "checks.overdue_share": gettext_lazy("Overdue share of the limit allowed"),
    "checks.single_order_maximum": gettext_lazy("Largest single order"),
    "checks.rating_too_low": gettext_lazy("Lowest grade that buys on credit"),
    "reservation_minutes": gettext_lazy("Minutes a reservation is kept"),
    "release.tolerance_share": gettext_lazy("Release: tolerance, share of the amount"),
    "release.tolerance_amount": gettext_lazy("Release: tolerance, amount"),
    "release.days": gettext_lazy("Release: days"),
    "buffer": gettext_lazy("Buffer on the need"),
    "first_terms.months": gettext_lazy("New customer: until full months of dealing"),
    "first_terms.max_limit": gettext_lazy("New customer: highest limit"),
    "first_terms.max_days": gettext_lazy("New customer: longest term (days)"),
    "first_terms.best_grade": gettext_lazy("New customer: best grade"),
    "review.every_months": gettext_lazy("Months between reviews"),
    "review.remind_days": gettext_lazy("Days of reminding before a review is due"),
    "review.lapse_days": gettext_lazy("Days a line counts after its review was due"),
    "alerts.payment_index_fall": gettext_lazy("Alert: payment index fell by"),
    "alerts.overdue_share_rise": gettext_lazy("Alert: overdue share rose by"),
    "alerts.exposure_growth": gettext_lazy("Alert: exposure grew by (share)"),
    "alerts.exposure_growth_from": gettext_lazy("Alert: exposure grew by (amount)"),
    "alerts.grades_down": gettext_lazy("Alert: grades lower by"),
    "review.cut_from_days": gettext_lazy("A review proposes no credit from days overdue"),
    "alerts.compare_days": gettext_lazy("Alert: days compared with one and the same day"),
    "overdue.days": gettext_lazy("Measures from days overdue"),
    "overdue.amount": gettext_lazy("Measures from an overdue amount of"),
    "interest.base_rate": gettext_lazy("Late interest: base rate of a year"),
    "interest.multiple": gettext_lazy("Late interest: multiple of the base rate"),
    "interest.grace_days": gettext_lazy("Late interest: days of grace"),
    "interest.days_of_year": gettext_lazy("Late interest: days of a year"),
    "limitation.years": gettext_lazy("Limitation: years from the due date"),
    "limitation.longest_years": gettext_lazy("Limitation: years at most"),
    "worklist.broken_promise": gettext_lazy("Worklist: points of a broken promise"),
    "worklist.broken_promises_at_most": gettext_lazy("Worklist: points of them at most"),
    "worklist.unrated": gettext_lazy("Worklist: points of a customer not rated"),
    "promises.grace_days": gettext_lazy("Promise to pay: days of grace"),
    "promises.tolerance_share": gettext_lazy("Promise to pay: tolerance, share of the amount"),
    "disputes.days": gettext_lazy("Dispute: days it holds collection off at most"),
}
# Of lists, by the place of the value; %(number)s counts from 1.
OF_LISTS = {
    "aging.upper_days": gettext_lazy("Aging: last day of bucket %(number)s"),
    "payment_index.steps.days_late": gettext_lazy("Payment index: step %(number)s, days late"),
    "payment_index.steps.points": gettext_lazy("Payment index: step %(number)s, points"),
    "worklist.amount.since": gettext_lazy("Worklist: overdue amount %(number)s, from"),
    "worklist.amount.points": gettext_lazy("Worklist: overdue amount %(number)s, points"),
    "worklist.days.since": gettext_lazy("Worklist: days overdue %(number)s, from"),
    "worklist.days.points": gettext_lazy("Worklist: days overdue %(number)s, points"),
    "dunning.steps.day": gettext_lazy("Collection step %(number)s: from day"),
    "dunning.steps.action": gettext_lazy("Collection step %(number)s: what is done"),
}
OF_GRADES = {
    "caps": gettext_lazy("Highest limit for grade %(grade)s"),
    "worklist.grade": gettext_lazy("Worklist: points of grade %(grade)s"),
}
OF_CARDS = {
    "criteria": gettext_lazy("Criterion"),
    "grades": gettext_lazy("Grade"),
    "caps": gettext_lazy("Cap"),
    "bins": gettext_lazy("bin"),
    "metric": gettext_lazy("figure"),
    "weight": gettext_lazy("weight"),
    "points": gettext_lazy("points"),
    "missing": gettext_lazy("missing figure"),
    "lower": gettext_lazy("from"),
    "upper": gettext_lazy("below"),
    "grade": gettext_lazy("best grade"),
    "name": gettext_lazy("grade name"),
}
SHARES = {  # of 1, shown as percentages
    "checks.overdue_share",
    "release.tolerance_share",
    "buffer",
    "alerts.overdue_share_rise",
    "alerts.exposure_growth",
    "interest.base_rate",
    "promises.tolerance_share",
}
CODES = {
    "freeze": gettext_lazy("freeze the line"),
    "zero": gettext_lazy("let its limit count as 0"),
    **dict(CollectionAction.Kind.choices),
}
_TEXTS: dict[str, Any] = {
    "": None,
    "True": True,
    "False": False,
}  # as the signers' snapshot has them
_CARD = re.compile(r"(criteria|grades|caps)\[")
_NUMBER = re.compile(r"\[(\d+)\]")
_AMOUNT = re.compile(r"-?\d{4,}(\.\d+)?")
_RANKS = {grade: rank for rank, grade in enumerate(GRADES)}


def flat(content: Any, path: str = "") -> dict[str, Any]:
    """The values of a content by their place: {"checks.overdue_days": 30, "steps[0].day": 1}."""
    return dict(_leaves(content, path))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        # The database keeps names in an order of its own: grades go from the best down.
        for name, each in sorted(value.items(), key=lambda pair: _RANKS.get(pair[0], 0)):
            yield from _leaves(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _leaves(each, f"{path}[{number}]")
    else:
        yield path, value


def label(path: str) -> str:
    """What a value of a policy is called."""
    above, _dot, last = path.rpartition(".")
    if _CARD.match(path):
        return " ".join(_of_card(path))
    if above in OF_GRADES:
        return str(OF_GRADES[above]) % {"grade": last}
    if (number := _NUMBER.search(path)) and (place := _NUMBER.sub("", path)) in OF_LISTS:
        return str(OF_LISTS[place]) % {"number": int(number[1]) + 1}
    return str(LABELS.get(path) or path.replace("_", " "))


def _of_card(path: str) -> Iterator[str]:
    """The place of a value in a scorecard, word by word."""
    for step in path.split("."):
        name, _bracket, number = step.rstrip("]").partition("[")
        yield str(OF_CARDS.get(name, name))
        if number:
            yield str(int(number) + 1)


def changes(text: str) -> str:
    """Lines of "place: value" as people read them."""
    return "\n".join(_line(*line.split(": ", 1)) for line in text.splitlines())


def _line(path: str, value: str) -> str:
    return labelled(label(path), said(path, value))


def said(path: str, text: str) -> str:
    """A value of a change, which has it as text, in words."""
    if path.endswith(".metric"):
        return rating_words.metric_label(text)
    if path.endswith(".missing"):
        return str(rating_words.MISSING.get(text, text))
    if _CARD.match(path):
        return text or "–"
    return shown(path, _TEXTS.get(text, text))


def in_words(kind: str, content: Any) -> list[tuple[str, str]]:
    """The content as (name, value) for people, lists on a line each."""
    if kind == "scorecard":
        return list(_card(content))
    return [(label(path), shown(path, value)) for path, value in flat(content).items()]


def shown(path: str, value: Any) -> str:
    """A value of a policy: switched off where there is none."""
    if value is None:
        return _("switched off")
    if isinstance(value, bool):
        return _("switched on") if value else _("switched off")
    if path in SHARES:
        return rating_words.share(Decimal(value))
    return grouped(str(CODES.get(value, value)))


def grouped(text: str) -> str:
    """A number from 1000 on with thousands separators; anything else as it is."""
    return f"{Decimal(text):,}" if _AMOUNT.fullmatch(text) else text


def _card(content: Any) -> Iterator[tuple[str, str]]:
    for each in content["criteria"]:
        bins = [
            labelled(_range(each["metric"], found), _("%(n)s points") % {"n": found["points"]})
            for found in each["bins"]
        ]
        weight = _("weight %(share)s") % {"share": f"{each['weight']} %"}
        missing = str(rating_words.MISSING.get(each.get("missing", "worst"), ""))
        yield rating_words.metric_label(each["metric"]), "\n".join([weight, *bins, missing])
    for grade in content["grades"]:
        yield (
            _("Grade %(grade)s") % {"grade": grade["name"]},
            _("%(n)s points") % {"n": f"{grade['lower']} – {grade['upper']}"},
        )
    for cap in content.get("caps", []):
        name = _("No better than %(grade)s") % {"grade": cap["grade"]}
        yield name, labelled(rating_words.metric_label(cap["metric"]), _range(cap["metric"], cap))


def _range(metric: str, found: Any) -> str:
    return rating_words.figures_between(metric, found.get("lower"), found.get("upper"))
