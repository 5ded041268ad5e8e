from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django import forms
from django.template.defaultfilters import floatformat
from django.utils.translation import gettext_lazy as _

from credit.explanations import NAMES

if TYPE_CHECKING:
    from credit.queries.held_orders import ReleaseTerms


class QueueFilterForm(forms.Form):
    """What narrows the queue of held orders."""

    search = forms.CharField(label=_("Order or customer"), required=False, max_length=100)
    asked = forms.BooleanField(label=_("Release asked for"), required=False)
    delivered = forms.ChoiceField(
        label=_("Goods"),
        required=False,
        choices=[
            ("", _("All")),
            ("no", _("Not delivered")),
            ("yes", _("Delivered in spite of the hold")),
        ],
    )


class AskForm(forms.Form):
    """Why a held order should be released."""

    reason = forms.CharField(
        label=_("Why it should be released"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReleaseForm(forms.Form):
    """Letting an order go: the amount and reasons that were seen, how far it reaches, and why."""

    seen_amount = forms.DecimalField(max_digits=18, decimal_places=4, widget=forms.HiddenInput())
    seen_reasons = forms.MultipleChoiceField(
        choices=NAMES.items(), required=False, widget=forms.MultipleHiddenInput()
    )
    tolerance = forms.DecimalField(
        label=_("The order may grow by"), min_value=0, max_digits=18, decimal_places=2
    )
    days = forms.IntegerField(label=_("For how many days"), min_value=0)
    comment = forms.CharField(
        label=_("Comment"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any, *, terms: ReleaseTerms) -> None:
        super().__init__(data, initial=asdict(terms))
        self.fields["tolerance"].help_text = _("At most %s.") % floatformat(terms.tolerance, "2g")
        self.fields["days"].help_text = _("At most %s.") % terms.days


class HoldForm(forms.Form):
    """Putting a customer on hold, or lifting that."""

    lift = forms.BooleanField(required=False, widget=forms.HiddenInput())
    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
