from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kam.core import money
from tiering import rules
from tiering.models import Designation, TierPolicy

_WHOLE = re.compile(r"[0-9]{1,18}")


class DayInput(forms.DateInput):
    """A date picker; browsers want ISO dates in it whatever the language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class RunForm(forms.Form):
    as_of = forms.DateField(label=_("as of"), widget=DayInput)

    def clean_as_of(self) -> date:
        """The day, today at the latest."""
        day: date = self.cleaned_data["as_of"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("Tiers cannot be worked out for a future day."))
        return day


class DayForm(forms.Form):
    """Which day to look at; without one: the newest that is recorded."""

    as_of = forms.DateField(label=_("as of"), widget=DayInput, required=False)


class CutsField(forms.CharField):
    """Four numbers separated by commas or spaces; the model says what is wrong with them."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(str(cut) for cut in value) if isinstance(value, (list, tuple)) else value

    def to_python(self, value: Any) -> list[Any]:  # type: ignore[override]
        plain = unicodedata.normalize(
            "NFKC", str(value or "")
        )  # full width, as it is typed in China
        texts = [text for text in re.split(r"[,;\s]+", plain) if text]
        return [int(text) if _WHOLE.fullmatch(text) else text for text in texts]


class PolicyForm(forms.ModelForm):
    recency_cuts = CutsField(
        label=_("recency cuts (days)"),
        required=False,
        help_text=_("Four ascending cuts; at or below the first one scores 5."),
    )
    frequency_cuts = CutsField(
        label=_("frequency cuts (purchases)"),
        required=False,
        help_text=_("Four ascending cuts; at or above the last one scores 5."),
    )
    monetary_cuts = CutsField(
        label=_("monetary cuts (net sales)"),
        required=False,
        help_text=_("Four ascending cuts; at or above the last one scores 5."),
    )

    class Meta:
        model = TierPolicy
        fields: ClassVar[list[str]] = [
            "effective_from",
            "note",
            "strategic_share",
            "key_share",
            "window_months",
            "abc_a_share",
            "abc_b_share",
            "rfm_method",
            "high_score",
            "recency_cuts",
            "frequency_cuts",
            "monetary_cuts",
        ]
        widgets: ClassVar[dict[str, Any]] = {
            "effective_from": DayInput,
            "note": forms.Textarea({"rows": 3}),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "effective_from": _("Today or later: rules do not reach back."),
            "strategic_share": _("Of the company's net sales, 0 to 1: 0.05 is 5 %."),
            "key_share": _("Of the company's net sales, 0 to 1: 0.01 is 1 %."),
        }

    def clean_monetary_cuts(self) -> list[str]:
        """As strings: JSON has no exact decimals."""
        return [str(cut) for cut in self.cleaned_data["monetary_cuts"]]

    @staticmethod
    def from_policy(policy: TierPolicy) -> dict[str, Any]:
        """What a new draft begins with: the terms in force, from tomorrow on."""
        initial = {name: getattr(policy, name) for name in PolicyForm.Meta.fields}
        shares = {
            name: money.plain(value) for name, value in initial.items() if name.endswith("_share")
        }
        return initial | {
            **shares,
            "note": "",
            "effective_from": timezone.localdate() + timedelta(days=1),
            "recency_cuts": policy.recency_cuts or rules.DEFAULT_RECENCY_CUTS,
            "frequency_cuts": policy.frequency_cuts or rules.DEFAULT_FREQUENCY_CUTS,
            "monetary_cuts": policy.monetary_cuts or rules.DEFAULT_MONETARY_CUTS,
        }


class DesignationForm(forms.ModelForm):
    class Meta:
        model = Designation
        fields: ClassVar[list[str]] = ["tier", "reason", "effective_from", "expires_on"]
        widgets: ClassVar[dict[str, Any]] = {
            "reason": forms.Textarea({"rows": 3}),
            "effective_from": DayInput,
            "expires_on": DayInput,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.initial.setdefault("effective_from", today)
        self.initial.setdefault("expires_on", today + timedelta(days=365))


class RevocationForm(forms.Form):
    reason = forms.CharField(label=_("reason"), widget=forms.Textarea({"rows": 2}))
