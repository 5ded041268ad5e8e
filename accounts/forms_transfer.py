"""Forms of imports, exports and merges."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts import export_kinds, frames
from accounts.forms import Styled
from accounts.models import Account, AccountQuerySet
from accounts.services.imports import UNREADABLE


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("Excel (.xlsx) or CSV, at most 10 MB and 20,000 rows."),
        widget=forms.ClearableFileInput(
            attrs={"class": "form-control", "accept": ".xlsx,.csv,.txt"}
        ),
        error_messages={"empty": UNREADABLE["empty"]},
    )
    clear_empty = forms.BooleanField(
        label=_("Empty cells empty the field"),
        help_text=_("Otherwise an empty cell leaves the field as it is."),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > frames.MAX_BYTES:
            raise forms.ValidationError(UNREADABLE["too_large"], "too_large")
        return file


class ExportForm(forms.Form):
    """What to export, as what, and why: the reason stands in the audit trail.

    Without `columns` there is nothing to choose from.
    """

    FORMATS = [("xlsx", _("Excel (.xlsx)")), ("csv", _("CSV (UTF-8)"))]

    columns = forms.MultipleChoiceField(
        label=_("Columns"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one column.")},
    )
    format = forms.ChoiceField(
        label=_("Format"), choices=FORMATS, widget=forms.Select(attrs={"class": "form-select"})
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("What the list is for. Exports are logged with your name."),
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )

    def __init__(self, *args: Any, columns: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["columns"].choices = columns  # type: ignore[attr-defined]
        if not columns:
            del self.fields["columns"]


class MergeForm(forms.Form):
    """Which fields of the absorbed account win, and why the two are one customer."""

    fields_from = forms.MultipleChoiceField(required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )

    def __init__(self, *args: Any, fields: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fields_from"].choices = fields  # type: ignore[attr-defined]


class UndoForm(forms.Form):
    """Why a merge is taken back."""

    reason = forms.CharField(max_length=500, required=False)


class DifferentForm(forms.Form):
    """Accounts that look alike and are different customers."""

    account = forms.ModelMultipleChoiceField(Account.objects.none(), to_field_name="account_number")

    def __init__(self, *args: Any, accounts: AccountQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = accounts  # type: ignore[attr-defined]


class MoreExportsForm(Styled, forms.Form):
    """More than the quota of this month, for a signature."""

    kind = forms.ChoiceField(label=_("What"))
    rows = forms.IntegerField(
        label=_("Additional rows"), min_value=0, max_value=10_000_000, initial=0
    )
    in_clear = forms.BooleanField(
        label=_("With contact details of customers that I do not serve"), required=False
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=500, help_text=_("The signers read it. It stays on record.")
    )

    def __init__(self, *args: Any, kinds: Sequence[export_kinds.Kind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (kind.key, kind.label) for kind in kinds
        ]
        self.style()
