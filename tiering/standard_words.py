"""Service standards in words: one line per promise, one value per tier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts import export_kinds
from accounts.models import Tier
from kam.core import money
from kam.core.words import labelled
from tiering.standards import SEVERITIES, Standard

TIERS = ("strategic", "key", "ordinary")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One promise: the place it has in a tier's part ("responses.severe.resolve_hours")."""

    place: str
    label: str
    values: tuple[str, ...]  # in the order of TIERS

    @property
    def by_tier(self) -> list[tuple[Tier, str]]:
        return by_tier(self.values)

    @property
    def is_text(self) -> bool:
        return self.place == "benefits"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A figure that belongs to no tier, and its place ("escalation.director_hours")."""

    place: str
    label: str
    value: str


def by_tier[T](values: Iterable[T]) -> list[tuple[Tier, T]]:
    """Values in the order of TIERS, each with its tier."""
    return [(Tier(tier), value) for tier, value in zip(TIERS, values, strict=True)]


def lines(standard: Standard) -> list[Line]:
    """Every promise of a standard, for a table with a column for each tier."""
    return [
        Line(
            place=place,
            label=label,
            values=tuple(_value(standard, tier, place) for tier in TIERS),
        )
        for place, label in places()
    ]


def places() -> Iterator[tuple[str, str]]:
    """The places of a tier's part and what they are called, in the order they are shown."""
    yield "visit_every_days", _("Days between visits")
    for severity, name in SEVERITIES.items():
        words = {"severity": name}
        yield (
            f"responses.{severity}.acknowledge_hours",
            _("Working hours to acknowledge, %(severity)s complaint") % words,
        )
        yield (
            f"responses.{severity}.resolve_hours",
            _("Working hours to resolve, %(severity)s complaint") % words,
        )
    yield "silent_after_days", _("Days without a touch until it is a blind spot")
    yield "terms_days", _("Usual days of payment")
    yield "benefits", _("Benefits")


def rules(standard: Standard) -> list[Rule]:
    """Who is called when a deadline is missed, and what may be exported in a month."""
    called = {
        "manager": _("Working hours past a deadline until the account manager is called"),
        "director": _("Working hours past a deadline until the director is called"),
        "deputy_gm": _("Working hours past a deadline until the deputy general manager is called"),
    }
    found = [
        Rule(
            place=f"escalation.{rung}_hours",
            label=label,
            value=money.plain(getattr(standard.escalation, f"{rung}_hours")),
        )
        for rung, label in called.items()
    ]
    for kind in export_kinds.known():
        label = _("Rows to export in a month: %(list)s") % {"list": kind.label}
        rows = standard.export_rows.get(kind.key, kind.rows_a_month)
        found.append(Rule(place=f"export_rows.{kind.key}", label=label, value=str(rows)))
    return found


def hours_in_words(standard: Standard) -> str:
    """The working hours: "09:00-12:00, 13:00-18:00 (Asia/Shanghai)"."""
    periods = ", ".join(f"{opens}-{closes}" for opens, closes in standard.hours.periods)
    return f"{periods} ({standard.hours.zone})"


def flat(standard: Standard) -> dict[str, str]:
    """Every value under its name in words, to tell two standards apart."""
    values = {
        labelled(tier.label, line.label): value
        for line in lines(standard)
        for tier, value in line.by_tier
    }
    values |= {rule.label: rule.value for rule in rules(standard)}
    return values | {_("Working hours"): hours_in_words(standard)}


def _value(standard: Standard, tier: str, place: str) -> str:
    if place == "silent_after_days":
        return str(standard.silent_after_days[tier])
    part = standard.tiers[tier]
    if place.startswith("responses."):
        _responses, severity, name = place.split(".")
        return money.plain(getattr(part.responses[severity], name))
    return str(getattr(part, place))
