"""Service standards in words: one line per promise, one value per tier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Tier
from tiering.standards import SEVERITIES, Standard

TIERS = ("strategic", "key", "ordinary")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One promise: the place it has in a tier's part ("responses.severe.resolve_hours")."""

    place: str
    label: str
    values: tuple[str, ...]  # in the order of TIERS

    @property
    def is_text(self) -> bool:
        return self.place == "benefits"


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
    yield "terms_days", _("Usual days of payment")
    yield "benefits", _("Benefits")


def hours_in_words(standard: Standard) -> str:
    """The working hours: "09:00-12:00, 13:00-18:00 (Asia/Shanghai)"."""
    periods = ", ".join(f"{opens}-{closes}" for opens, closes in standard.hours.periods)
    return f"{periods} ({standard.hours.zone})"


def flat(standard: Standard) -> dict[str, str]:
    """Every value under its name in words, to tell two standards apart."""
    values = {
        f"{Tier(tier).label}: {line.label}": value
        for line in lines(standard)
        for tier, value in zip(TIERS, line.values, strict=True)
    }
    return values | {_("Working hours"): hours_in_words(standard)}


def _value(standard: Standard, tier: str, place: str) -> str:
    part = standard.tiers[tier]
    if place.startswith("responses."):
        _responses, severity, name = place.split(".")
        return format(getattr(part.responses[severity], name).normalize(), "f")
    return str(getattr(part, place))
