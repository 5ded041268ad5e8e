from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.reporting import PARETO


class MonthForm(forms.Form):
    """Which month to look at, and by what its complaints are counted."""

    month = forms.DateField(required=False, input_formats=["%Y-%m"])
    by = forms.ChoiceField(required=False, choices=[(name, name) for name in PARETO])


class SummaryForm(forms.Form):
    """What was learnt from the complaints of a month."""

    findings = forms.CharField(
        label=_("What stands out"), max_length=10_000, widget=forms.Textarea({"rows": 5})
    )
    improvements = forms.CharField(
        label=_("What is improved, by whom, by when"),
        max_length=10_000,
        widget=forms.Textarea({"rows": 5}),
    )


class PeriodForm(forms.Form):
    """The days of receipt of what is exported."""

    since = forms.DateField(required=False)
    until = forms.DateField(required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            self.add_error("until", _("The last day lies before the first."))
        return data
