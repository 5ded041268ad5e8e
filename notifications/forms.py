from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications import webhooks
from notifications.models import Mail
from notifications.queries import Choice
from notifications.services.endpoints import MAX_OVERLAP_HOURS, OVERLAP_HOURS


class PreferencesForm(forms.Form):
    """Two fields for each kind of notice; a field that is not sent is off."""

    def __init__(self, data: Any = None, *, choices: Sequence[Choice]) -> None:
        super().__init__(data)
        self.choices = choices
        for place, choice in enumerate(choices):
            self.fields[f"page_{place}"] = forms.BooleanField(
                label=str(choice.label), required=False, initial=choice.in_page
            )
            self.fields[f"mail_{place}"] = forms.ChoiceField(
                label=str(choice.label),
                choices=Mail.choices,
                initial=choice.mail,
                widget=forms.Select(attrs={"class": "form-select form-select-sm"}),
            )

    def rows(self) -> Iterator[tuple[Choice, forms.BoundField, forms.BoundField]]:
        """Each kind with its two fields, for the table."""
        for place, choice in enumerate(self.choices):
            yield choice, self[f"page_{place}"], self[f"mail_{place}"]

    def wanted(self) -> dict[str, tuple[bool, str]]:
        """What was chosen, for `services.set_preferences`."""
        data = self.cleaned_data
        return {
            choice.kind: (data[f"page_{place}"], data[f"mail_{place}"])
            for place, choice in enumerate(self.choices)
        }


class EndpointForm(forms.Form):
    """The rules stand in `services.endpoints`; this is the shape."""

    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("Begins with https:// and leads into the internet."),
        widget=forms.URLInput(attrs={"placeholder": "https://erp.example.com/hooks"}),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"), choices=(), widget=forms.CheckboxSelectMultiple
    )
    description = forms.CharField(label=_("Description"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        events = self.fields["events"]
        assert isinstance(events, forms.MultipleChoiceField)  # noqa: S101
        events.choices = webhooks.choices()


class RotateForm(forms.Form):
    hours = forms.IntegerField(
        label=_("The old secret signs for so many hours more"),
        min_value=0,
        max_value=MAX_OVERLAP_HOURS,
        initial=OVERLAP_HOURS,
    )
