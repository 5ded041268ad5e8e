from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from staff.models import User


class MarkForm(forms.Form):
    """What was decided about one item: exactly one of done, give_back and put_off.

    put_off: the day, or "day" for the one that was entered in `until`.
    """

    key = forms.CharField(max_length=120)
    done = forms.BooleanField(required=False)
    give_back = forms.BooleanField(required=False)
    put_off = forms.CharField(max_length=10, required=False)
    until = forms.DateField(required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        chosen = [name for name in ("done", "give_back", "put_off") if values.get(name)]
        if len(chosen) != 1:
            raise forms.ValidationError(_("Say what shall become of it."))
        if chosen == ["put_off"]:
            values["day"] = self._day(values)
        return values

    def _day(self, values: dict[str, Any]) -> date:
        day: date | None = values.get("until")
        if values["put_off"] != "day":
            try:
                day = date.fromisoformat(values["put_off"])
            except ValueError:
                day = None
        if day is None:
            raise forms.ValidationError(_("Choose a day."))
        return day


class HandOverForm(forms.Form):
    to = forms.ModelChoiceField(User.objects.none(), label=_("Colleague"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to = self.fields["to"]
        assert isinstance(to, forms.ModelChoiceField)  # noqa: S101 - as declared above
        to.queryset = people
        to.widget.attrs["class"] = "form-select"
        self.fields["note"].widget.attrs["class"] = "form-control"
