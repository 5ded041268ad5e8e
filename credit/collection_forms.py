"""Forms of collections. What they refuse is what a form can know; the services know the rest."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact
from credit.models import (
    CollectionAction,
    CollectionCase,
    Dispute,
    Invoice,
    LegalCase,
    PaymentPromise,
)
from staff.models import Region, User

Kind = CollectionAction.Kind
_AMOUNT: dict[str, Any] = {"max_digits": 18, "decimal_places": 4}


class DayInput(forms.DateInput):
    """A date picker; browsers want ISO dates in it whatever the language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _text(label: Any, *, required: bool = False, rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=4000, widget=forms.Textarea({"rows": rows})
    )


def _day(label: Any, **fields: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DayInput, **fields)


class WorklistFilter(forms.Form):
    """What narrows the worklist."""

    who = forms.ChoiceField(
        label=_("Whose"), required=False, choices=[("", _("All")), ("mine", _("Mine"))]
    )
    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[("", _("All")), ("due", _("Due now")), ("waiting", _("Put off"))],
    )
    step = forms.ChoiceField(
        label=_("Next step"), required=False, choices=[("", _("All")), *Kind.choices]
    )
    region = forms.ModelChoiceField(
        label=_("Region"), required=False, queryset=Region.objects.order_by("name")
    )


class OfCaseForm(forms.Form):
    """A form about a case: its contacts and its open invoices can be chosen."""

    def __init__(self, *args: Any, case: CollectionCase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        invoices = Invoice.objects.filter(account=case.account_id).unpaid()
        contacts = Contact.objects.filter(account=case.account_id).order_by("name")
        for name, rows in (("contact", contacts), ("invoices", invoices), ("invoice", invoices)):
            if name in self.fields:
                field = self.fields[name]
                assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
                field.queryset = rows


def _contact(label: Any) -> forms.ModelChoiceField[Contact]:
    return forms.ModelChoiceField(label=label, required=False, queryset=Contact.objects.none())


class InvoiceChoice(forms.ModelMultipleChoiceField):
    """Invoices to tick, each with what is open of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            Invoice.objects.none(),
            label=_("invoices"),
            widget=forms.CheckboxSelectMultiple,
            **kwargs,
        )

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.invoice_number} · {obj.due_on} · {obj.open_amount:,.2f}"


class OneInvoice(forms.ModelChoiceField):
    """One invoice, with what is open of it."""

    def __init__(self) -> None:
        super().__init__(Invoice.objects.none(), label=_("invoice"))

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.invoice_number} · {obj.due_on} · {obj.open_amount:,.2f}"


class StepForm(OfCaseForm):
    """A step without a letter; legal action is recorded with its legal case."""

    kind = forms.ChoiceField(
        label=_("kind"),
        choices=[(kind.value, kind.label) for kind in (Kind.CALL, Kind.VISIT, Kind.REMINDER)],
    )
    done_on = _day(_("done on"), initial=timezone.localdate)
    contact = _contact(_("contact"))
    outcome = forms.ChoiceField(
        label=_("outcome"), required=False, choices=[("", "–"), *CollectionAction.Outcome.choices]
    )
    note = _text(_("note"))


class LetterForm(OfCaseForm):
    kind = forms.ChoiceField(
        label=_("kind"),
        choices=[(kind.value, kind.label) for kind in (Kind.LETTER, Kind.FORMAL_DEMAND)],
    )
    done_on = _day(_("sent on"), initial=timezone.localdate)
    contact = _contact(_("contact"))
    invoices = InvoiceChoice()
    letter = _text(_("text of the letter"), required=True, rows=20)


class PromiseForm(OfCaseForm):
    amount = forms.DecimalField(label=_("amount"), min_value=0, **_AMOUNT)
    pay_by = _day(_("pay by"))
    made_on = _day(_("made on"), initial=timezone.localdate)
    contact = _contact(_("made by"))
    invoices = InvoiceChoice(
        required=False,
        help_text=_("Without a choice every payment counts; with one, what settles these."),
    )
    note = _text(_("note"))


class WithdrawForm(OfCaseForm):
    """Which open promise was recorded in error, and why it is withdrawn."""

    promise = forms.ModelChoiceField(
        label=_("promise to pay"), queryset=PaymentPromise.objects.none()
    )
    reason = _text(_("reason"), required=True)

    def __init__(self, *args: Any, case: CollectionCase, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        promise = self.fields["promise"]
        assert isinstance(promise, forms.ModelChoiceField)  # noqa: S101
        promise.queryset = case.promises.filter(status=PaymentPromise.Status.OPEN)


class PutOffForm(OfCaseForm):
    until = _day(_("put off until"))
    reason = _text(_("reason"))


class PlanForm(OfCaseForm):
    owner = forms.ModelChoiceField(
        label=_("collector"), required=False, queryset=User.objects.filter(is_active=True)
    )
    plan = _text(_("collection plan"), rows=6)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)  # noqa: S101
        owner.queryset = User.objects.filter(
            is_active=True,
            is_service=False,
            groups__name__in=["account_manager", "ka_director", "finance", "legal"],
        ).distinct()


class CloseForm(OfCaseForm):
    reason = forms.ChoiceField(
        label=_("why it is closed"), choices=CollectionCase.CloseReason.choices
    )
    note = _text(_("remark"))


class DisputeForm(OfCaseForm):
    invoice = OneInvoice()
    amount = forms.DecimalField(label=_("disputed amount"), min_value=0, **_AMOUNT)
    reason = forms.ChoiceField(label=_("reason"), choices=Dispute.Reason.choices)
    note = _text(_("what the customer says"))


class WriteOffForm(OfCaseForm):
    invoice = OneInvoice()
    amount = forms.DecimalField(label=_("amount"), min_value=0, **_AMOUNT)
    reason = _text(_("reason"), required=True)


class LegalForm(OfCaseForm):
    invoices = InvoiceChoice()
    claim_amount = forms.DecimalField(
        label=_("amount claimed"),
        min_value=0,
        help_text=_("With interest and costs, if they are claimed."),
        **_AMOUNT,
    )
    court = forms.CharField(label=_("court"), required=False, max_length=120)


class SettleForm(forms.Form):
    outcome = forms.ChoiceField(label=_("outcome"), choices=Dispute.Outcome.choices)
    note = _text(_("how it was settled"))


class ReverseForm(forms.Form):
    reason = _text(_("reason"), required=True)


class MoveForm(forms.Form):
    """The next status of a legal case; `expected` is the one the person saw."""

    status = forms.ChoiceField(label=_("status"))
    on = _day(_("on"), initial=timezone.localdate)
    court = forms.CharField(label=_("court"), required=False, max_length=120)
    case_number = forms.CharField(label=_("case number"), required=False, max_length=60)
    outcome = _text(_("outcome"))
    expected = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, legal_case: LegalCase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(LegalCase.Status.choices)
        status = self.fields["status"]
        assert isinstance(status, forms.ChoiceField)  # noqa: S101
        status.choices = [(code, labels[code]) for code in LegalCase.Status.values]
        self.following = [(code, labels[code]) for code in LegalCase.NEXT[legal_case.status]]
        if not self.is_bound:
            status.choices = self.following
        self.initial.update(
            expected=legal_case.status,
            court=legal_case.court,
            case_number=legal_case.case_number,
        )
