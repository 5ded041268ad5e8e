"""Forms of a prospect's qualification. What they check is form; the rules stand in services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import qualification_rules as rules
from accounts.forms import Styled
from accounts.models import Qualification
from accounts.models.qualification import ANSWERS
from accounts.qualification_words import HINTS, NAMES

NOTES = ["need_note", "money_note", "authority_note", "legal_note"]


class AssessmentForm(Styled, forms.ModelForm):
    """The answers to the three questions and to the legal points."""

    expected = forms.CharField(widget=forms.HiddenInput)  # updated_at as seen

    class Meta:
        model = Qualification
        fields = [*rules.QUESTIONS, *NOTES]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["expected"] = self.instance.updated_at.isoformat()
        for name in rules.QUESTIONS:
            self.fields[name] = _answer(NAMES[name], HINTS[name])
        for point in rules.LEGAL_POINTS:
            self.fields[point] = _answer(NAMES[point], "")
            self.initial[point] = self.instance.legal.get(point, rules.UNKNOWN)
        self.style()
        for name in NOTES:
            self.fields[name].widget.attrs["rows"] = "2"

    def questions(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Each question with its note."""
        return [(self[name], self[f"{name}_note"]) for name in rules.QUESTIONS]

    def points(self) -> list[forms.BoundField]:
        return [self[point] for point in rules.LEGAL_POINTS]

    def answers(self) -> dict[str, Any]:
        """The fields of the qualification as they were entered."""
        entered = self.cleaned_data
        legal = {point: entered[point] for point in rules.LEGAL_POINTS if entered[point]}
        return {name: entered[name] for name in [*rules.QUESTIONS, *NOTES]} | {"legal": legal}

    def _post_clean(self) -> None:
        """Leave the instance alone: the service writes it, under its lock."""


def _answer(label: Any, hint: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, help_text=hint, choices=ANSWERS, required=False)


class DecisionForm(Styled, forms.Form):
    """Customer or not, and why."""

    expected = forms.CharField(widget=forms.HiddenInput)
    decision = forms.ChoiceField(choices=[("accept", ""), ("reject", "")])
    reasons = forms.CharField(
        label=_("Reasons"),
        max_length=2000,
        required=False,  # the service says that they are missing
        widget=forms.Textarea,
        help_text=_("Kept in the archive; the next one who looks at this company reads them."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style()
