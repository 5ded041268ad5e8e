"""Forms of the receivables pages."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credit.models import Statement
from sales.forms import DateInput

BY = [("account", _("Account")), ("manager", _("Account manager")), ("region", _("Region"))]
STATES = [
    ("", _("All")),
    ("open", _("Unpaid")),
    ("overdue", _("Overdue")),
    ("disputed", _("Disputed")),
    ("settled", _("Settled")),
    ("credit_note", _("Credit notes")),
]


class AgingForm(forms.Form):
    """The day to look at, and by what to group; the rest narrows to what is opened."""

    as_of = forms.DateField(label=_("As of"), required=False, widget=DateInput())
    by = forms.ChoiceField(label=_("Grouped by"), choices=BY, required=False)
    manager = forms.CharField(required=False, max_length=150, widget=forms.HiddenInput)
    region = forms.IntegerField(required=False, widget=forms.HiddenInput)
    account = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    bucket = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["as_of"] = cleaned.get("as_of") or timezone.localdate()
        cleaned["by"] = cleaned.get("by") or "account"
        return cleaned


class InvoiceFilterForm(forms.Form):
    """What narrows the list of invoices."""

    search = forms.CharField(label=_("Invoice number"), required=False, max_length=60)
    state = forms.ChoiceField(label=_("State"), choices=STATES, required=False)
    since = forms.DateField(label=_("Issued from"), required=False, widget=DateInput())
    until = forms.DateField(label=_("Issued to"), required=False, widget=DateInput())
    account = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)


class PaymentFilterForm(forms.Form):
    """What narrows the list of payments."""

    search = forms.CharField(label=_("Payment number"), required=False, max_length=60)
    since = forms.DateField(label=_("Received from"), required=False, widget=DateInput())
    until = forms.DateField(label=_("Received to"), required=False, widget=DateInput())
    unallocated = forms.BooleanField(label=_("With unallocated credit"), required=False)
    account = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)


class InstalmentForm(forms.Form):
    """Equal parts of an invoice; one part takes the schedule away."""

    count = forms.IntegerField(label=_("Number of parts"), min_value=1, max_value=120)
    first_due_on = forms.DateField(label=_("First part due on"), widget=DateInput())
    every_months = forms.IntegerField(
        label=_("Months between"), min_value=1, max_value=12, initial=1
    )


class ReallocationForm(forms.Form):
    """An amount for each invoice that a payment may settle; empty: nothing."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea)

    def __init__(self, *args: Any, numbers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.numbers = numbers
        for place, _number in enumerate(numbers):
            self.fields[f"part_{place}"] = forms.DecimalField(
                max_digits=18, decimal_places=4, min_value=Decimal(0), required=False
            )

    def told(self) -> list[tuple[str, Decimal]]:
        """The invoices that get something, and how much."""
        parts = ((n, self.cleaned_data[f"part_{i}"]) for i, n in enumerate(self.numbers))
        return [(number, part) for number, part in parts if part]


class PeriodForm(forms.Form):
    """The days of a statement of account, both included."""

    since = forms.DateField(label=_("From"), widget=DateInput())
    until = forms.DateField(label=_("To"), widget=DateInput())


class SentForm(PeriodForm):
    """That a statement was sent."""

    sent_on = forms.DateField(label=_("Sent on"), widget=DateInput())
    sent_to = forms.CharField(label=_("Sent to"), max_length=200)


class AnswerForm(forms.Form):
    """What the customer said to a statement."""

    outcome = forms.ChoiceField(
        label=_("Answer"),
        choices=[
            (Statement.Outcome.CONFIRMED, Statement.Outcome.CONFIRMED.label),
            (Statement.Outcome.DISPUTED, Statement.Outcome.DISPUTED.label),
        ],
    )
    answered_on = forms.DateField(label=_("Answered on"), widget=DateInput())
    answered_by = forms.CharField(label=_("Answered by"), max_length=100)
    note = forms.CharField(
        label=_("Remark"), required=False, max_length=2000, widget=forms.Textarea
    )
    upload = forms.FileField(label=_("Signed copy"), required=False)
