from datetime import date
from decimal import Decimal

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from sales.models import Order
from sales.rules import month_of


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class OrderFilterForm(forms.Form):
    """What the order list is narrowed to; all of it optional."""

    search = forms.CharField(label=_("Order number or account"), max_length=60, required=False)
    account = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    since = forms.DateField(label=_("From"), required=False, widget=DateInput())
    until = forms.DateField(label=_("To"), required=False, widget=DateInput())
    month = forms.DateField(
        input_formats=["%Y-%m"], required=False, widget=forms.HiddenInput
    )  # in place of both days
    status = forms.ChoiceField(
        label=_("Status"), choices=[("", _("All")), *Order.Status.choices], required=False
    )
    late = forms.BooleanField(label=_("Late only"), required=False)

    def period(self) -> tuple[date | None, date | None]:
        """First and last day asked for; None where it is open."""
        if month := self.cleaned_data.get("month"):
            return month_of(month)
        return self.cleaned_data.get("since"), self.cleaned_data.get("until")


class ExchangeRateForm(forms.Form):
    """A rate from a day on; one that is stored for the same day is corrected."""

    currency = forms.CharField(
        label=_("Currency"), max_length=3, help_text=_("Three letters: USD, EUR, JPY")
    )
    valid_from = forms.DateField(label=_("Valid from"), widget=DateInput())
    rate = forms.DecimalField(
        label=_("Rate"),
        max_digits=18,
        decimal_places=8,
        min_value=Decimal("0.00000001"),
        help_text=_("Units of the reporting currency for one unit"),
    )

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise forms.ValidationError(_("A currency has three letters, as in USD."))
        if currency == settings.REPORTING_CURRENCY:
            raise forms.ValidationError(_("The reporting currency needs no rate."))
        return currency
