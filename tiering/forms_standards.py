from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Tier
from kam.core.policy_data import to_json
from kam.core.words import labelled
from tiering import standard_words
from tiering.forms import DayInput
from tiering.standard_words import TIERS, Line, Rule
from tiering.standards import Standard


class StandardForm(forms.Form):
    """A new version of the service standard: every promise, beginning with the one in force."""

    effective_from = forms.DateField(
        label=_("effective from"),
        widget=DayInput,
        help_text=_("Today or later: rules do not reach back."),
    )
    note = forms.CharField(label=_("reason for the change"), widget=forms.Textarea({"rows": 3}))
    zone = forms.CharField(label=_("time zone"), max_length=40)
    periods = forms.CharField(
        label=_("working hours"),
        max_length=200,
        help_text=_("Of every working day, as in 09:00-12:00, 13:00-18:00."),
    )

    def __init__(self, *args: Any, standard: Standard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = standard_words.lines(standard)
        periods = ", ".join("-".join(period) for period in standard.hours.periods)
        self.initial = {
            "effective_from": timezone.localdate() + timedelta(days=1),
            "zone": standard.hours.zone,
            "periods": periods,
        }
        for line in self.lines:
            for tier, value in line.by_tier:
                label = labelled(tier.label, line.label)
                self.fields[f"{tier}.{line.place}"] = _field(line.place, label, value)
        self.rules = standard_words.rules(standard)
        for rule in self.rules:
            self.fields[rule.place] = _field(rule.place, rule.label, rule.value)

    def table(self) -> Iterator[tuple[Line, list[tuple[Tier, forms.BoundField]]]]:
        """Each promise with its fields, one for each tier."""
        for line in self.lines:
            yield line, [(Tier(tier), self[f"{tier}.{line.place}"]) for tier in TIERS]

    def general(self) -> list[forms.BoundField]:
        """The fields that belong to no tier."""
        return [self[name] for name in ("effective_from", "note", "periods", "zone")]

    def figures(self) -> list[tuple[Rule, forms.BoundField]]:
        """Each figure that belongs to no tier, with its field."""
        return [(rule, self[rule.place]) for rule in self.rules]

    def written(self) -> dict[str, Any]:
        """The content that a valid form describes; `tiering.standards.read` judges it."""
        data = self.cleaned_data
        periods = [re.split(r"\s*[-–—至]\s*", each.strip()) for each in _split(data["periods"])]
        parts = {tier: self._part(tier) for tier in TIERS}
        written: dict[str, Any] = {
            "hours": {"zone": data["zone"].strip(), "periods": periods},
            "silent_after_days": {tier: parts[tier].pop("silent_after_days") for tier in TIERS},
            "tiers": parts,
        }
        for rule in self.rules:
            group, _dot, name = rule.place.partition(".")
            written.setdefault(group, {})[name] = data[rule.place]
        found: dict[str, Any] = to_json(written)
        return found

    def _part(self, tier: str) -> dict[str, Any]:
        part: dict[str, Any] = {}
        for line in self.lines:
            *above, name = line.place.split(".")
            place = part
            for each in above:
                place = place.setdefault(each, {})
            place[name] = self.cleaned_data[f"{tier}.{line.place}"]
        return part


def _split(text: str) -> list[str]:
    return [each for each in re.split(r"[,，;；]", text) if each.strip()]


def _field(place: str, label: str, value: str) -> forms.Field:
    if place == "benefits":
        widget = forms.Textarea({"rows": 3, "aria-label": label, "class": "form-control"})
        return forms.CharField(label=label, initial=value, required=False, widget=widget)
    classes = {"aria-label": label, "class": "form-control text-end"}
    if place.endswith("_days") or place.startswith("export_rows."):
        return forms.IntegerField(
            label=label, initial=value, min_value=0, widget=forms.NumberInput(classes)
        )
    return forms.DecimalField(
        label=label,
        initial=value,
        min_value=0,
        max_digits=6,
        decimal_places=2,
        widget=forms.NumberInput(classes),
    )
