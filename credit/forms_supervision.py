"""Forms of the supervision pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.forms import DayInput
from credit.models import CreditAlert
from credit.services.supervision import MONTHS, Figure


class CeilingForm(forms.Form):
    """A ceiling on what all customers owe, or none."""

    amount = forms.DecimalField(
        label=_("ceiling"),
        required=False,
        min_value=Decimal(0),
        max_digits=18,
        decimal_places=4,
        help_text=_("In the reporting currency; empty: there is no ceiling any more."),
    )
    effective_from = forms.DateField(
        label=_("effective from"), widget=DayInput, initial=timezone.localdate
    )
    reason = forms.CharField(label=_("reason"), widget=forms.Textarea({"rows": 2}))


class YearForm(forms.Form):
    """The year to look at; this year where none is given."""

    year = forms.IntegerField(label=_("year"), min_value=2000, max_value=2100, required=False)

    def wanted(self) -> int:
        """The year that was asked for, if it is one."""
        given = self.cleaned_data.get("year") if self.is_valid() else None
        return int(given or timezone.localdate().year)


class RecordsForm(forms.Form):
    """Which part of a year's credit sales to list."""

    year = forms.IntegerField(min_value=2000, max_value=2100)
    month = forms.IntegerField(min_value=1, max_value=12, required=False)
    region = forms.IntegerField(required=False)
    manager = forms.IntegerField(required=False)

    def period(self) -> str:
        """The year, or the month: "2026-01"."""
        year, month = self.cleaned_data["year"], self.cleaned_data["month"]
        return f"{year}-{month:02}" if month else str(year)

    def filters(self) -> dict[str, int]:
        """The filled fields as lookups of invoices."""
        lookups = {
            "month": "issued_on__month",
            "region": "account__region",
            "manager": "account__manager",
        }
        return {
            lookup: self.cleaned_data[name]
            for name, lookup in lookups.items()
            if self.cleaned_data[name] is not None
        }


class AlertFilterForm(forms.Form):
    """Which alerts the page shows."""

    show = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Not acknowledged")), ("all", _("All"))],
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All")), *CreditAlert.Kind.choices]
    )
    search = forms.CharField(label=_("Customer"), required=False, max_length=100)


class NoteForm(forms.Form):
    """What was found or done."""

    comment = forms.CharField(label=_("comment"), max_length=2000)


class BudgetForm(forms.Form):
    """Twelve amounts for the company, and as many as are wanted of regions and managers.

    parts: (key, name) of each row; a field is "<key>-<month>", the company's key being "company".
    """

    reason = forms.CharField(label=_("reason"), widget=forms.Textarea({"rows": 2}))

    def __init__(self, *args: Any, parts: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts = list(parts)
        for key, _name in self.parts:
            for month in MONTHS:
                self.fields[f"{key}-{month}"] = forms.DecimalField(
                    required=False, min_value=Decimal(0), max_digits=18, decimal_places=4
                )

    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The table: each part with its twelve fields."""
        return [(name, [self[f"{key}-{month}"] for month in MONTHS]) for key, name in self.parts]

    def figures(self) -> list[Figure]:
        """The filled fields."""
        data: Mapping[str, Any] = self.cleaned_data
        return [
            Figure(month=month, amount=data[f"{key}-{month}"], **_scope(key))
            for key, _name in self.parts
            for month in MONTHS
            if data.get(f"{key}-{month}") is not None
        ]


def _scope(key: str) -> dict[str, int]:
    kind, _dash, pk = key.partition("_")
    return {kind: int(pk)} if pk else {}
