"""Forms of complaints. What they refuse is what a form can know; the services know the rest.

The names of the fields are the arguments of the services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.form_fields import AccountField
from accounts.models import Account, Contact
from complaints import words
from complaints.models import Action, Compensation, Complaint, Finding
from complaints.rules import CATEGORIES, Rung, Severity
from sales.forms import DateInput
from sales.models import Product
from staff.models import User

if TYPE_CHECKING:
    from django.db.models import QuerySet

BACKEND = "django.contrib.auth.backends.ModelBackend"
YES_NO = [("yes", _("Yes")), ("no", _("No"))]
TEXT = 10_000  # characters of a long text


def _text(label: Any, *, required: bool = True, rows: int = 3, **fields: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=TEXT,
        widget=forms.Textarea({"rows": rows}),
        **fields,
    )


def _day(label: Any, **fields: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DateInput(), **fields)


def _product() -> forms.ModelChoiceField[Product]:
    return forms.ModelChoiceField(
        Product.objects.all(),
        label=_("Product code"),
        to_field_name="code",
        widget=forms.TextInput,
        required=False,
        error_messages={"invalid_choice": _("There is no such product.")},
    )


def _category() -> forms.CharField:
    widget = forms.TextInput({"list": "categories", "autocomplete": "off"})
    return forms.CharField(label=_("Category"), max_length=80, widget=widget)


def solvers() -> QuerySet[User]:
    """Who may be given a complaint to solve."""
    found = User.objects.with_perm("complaints.change_complaint", backend=BACKEND)
    return found.filter(is_service=False).order_by("full_name", "username")


def colleagues() -> QuerySet[User]:
    """Who may be given something to do."""
    return User.objects.filter(is_active=True, is_service=False).order_by("full_name", "username")


class ForUser(forms.Form):
    """A form that offers what this user may see."""

    def __init__(self, *args: Any, user: User, complaint: Complaint | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.complaint = user, complaint
        field = self.fields.get("account")
        if isinstance(field, AccountField):
            field.accounts = Account.objects.visible_to(user)

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = rows


class RegisterForm(ForUser):
    """A complaint as it is taken down; of a known account its contacts can be chosen."""

    account = AccountField(
        required=False,
        help_text=_("Its number, or a part of its name; empty where the customer is not known."),
    )
    channel = forms.ChoiceField(label=_("Channel"), choices=words.choices(words.CHANNELS))
    category = _category()
    severity = forms.ChoiceField(
        label=_("Severity"),
        choices=words.choices(words.SEVERITIES),
        initial=Severity.MODERATE.value,
        help_text=_("It sets the deadlines, together with the tier of the customer."),
    )
    title = forms.CharField(label=_("Title"), max_length=200)
    description = _text(_("What happened"), required=False, rows=5)
    contact = forms.ModelChoiceField(Contact.objects.none(), label=_("Contact"), required=False)
    contact_text = forms.CharField(
        label=_("Who complains"),
        max_length=200,
        required=False,
        help_text=_("Name and how to reach them, where they are no contact of the archive."),
    )
    product = _product()
    received_at = forms.DateTimeField(
        label=_("Received"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty: now."),
    )

    def __init__(self, *args: Any, account: Account | None = None, **kwargs: Any) -> None:
        super().__init__(*args, complaint=None, **kwargs)
        contacts = Contact.objects.visible_to(self.user).filter(account=account, has_left=False)
        if account is None or not contacts.exists():
            del self.fields["contact"]
        else:
            self._offer("contact", contacts)


class CorrectForm(ForUser):
    account = AccountField(required=False)
    category = _category()
    severity = forms.ChoiceField(label=_("Severity"), choices=words.choices(words.SEVERITIES))
    product = _product()
    reason = _text(_("Why"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.complaint is not None:
            account, product = self.complaint.account, self.complaint.product
            self.initial = {
                "account": account.account_number if account else "",
                "category": self.complaint.category,
                "severity": self.complaint.severity,
                "product": product.code if product else "",
                **self.initial,
            }


class NoteForm(ForUser):
    note = _text(_("Remark"), required=False)


class ReasonForm(ForUser):
    reason = _text(_("Why"))


class QuestionForm(ForUser):
    reason = _text(
        _("What we ask the customer"),
        help_text=_("They read it on the page of their complaint, and can answer there."),
    )


class AssignForm(ForUser):
    to = forms.ModelChoiceField(User.objects.none(), label=_("Who solves it"))
    reason = _text(_("Remark"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("to", solvers())


class ResolveForm(ForUser):
    outcome = forms.ChoiceField(label=_("Outcome"), choices=words.choices(words.OUTCOMES))
    cause = forms.ChoiceField(
        label=_("Root cause"),
        required=False,
        choices=[("", "—"), *words.choices(words.CAUSES)],
        help_text=_("Of a justified complaint: where its cause lies."),
    )
    solution = _text(_("Solution"))


class ReplyForm(ForUser):
    text = _text(
        _("What the customer was told"),
        rows=6,
        help_text=_("They read it on the page of their complaint, too."),
    )


class EscalateForm(ForUser):
    rung = forms.ChoiceField(
        label=_("To"), choices=words.choices(words.RUNGS), initial=Rung.DIRECTOR.value
    )
    reason = _text(_("Why"))


class FindingForm(ForUser):
    verdict = forms.ChoiceField(label=_("Finding"), choices=Finding.Verdict.choices)
    evidence = _text(_("Evidence"), help_text=_("By what one sees it; add files as well."))


class DecideForm(ForUser):
    is_confirmed = forms.ChoiceField(label=_("Does the evidence show it?"), choices=YES_NO)
    note = _text(_("Remark"), required=False)

    def clean_is_confirmed(self) -> bool:
        return bool(self.cleaned_data["is_confirmed"] == "yes")


class ReportForm(ForUser):
    """The 8D report; it goes with the version that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    team = _text(_("D1 Team"), required=False, rows=2)
    problem = _text(_("D2 Problem"), required=False)
    containment = _text(_("D3 Containment"), required=False)
    occurrence_cause = _text(_("D4 Why it could happen"), required=False)
    escape_cause = _text(_("D4 Why it was not noticed"), required=False)
    lessons = _text(_("D8 Lessons"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        report = getattr(self.complaint, "report", None)
        for name in self.fields:
            self.initial.setdefault(name, getattr(report, name, 0 if name == "version" else ""))


class ActionForm(ForUser):
    kind = forms.ChoiceField(label=_("Kind"), choices=Action.Kind.choices)
    text = _text(_("What is done"))
    owner = forms.ModelChoiceField(User.objects.none(), label=_("Who"))
    due_on = _day(_("By"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("owner", colleagues())


class FinishForm(ForUser):
    note = _text(_("What was done"))


class VerifyForm(ForUser):
    is_effective = forms.ChoiceField(label=_("Did it work?"), choices=YES_NO)
    verification = _text(_("How it was verified"))

    def clean_is_effective(self) -> bool:
        return bool(self.cleaned_data["is_effective"] == "yes")


class SimilarForm(ForUser):
    account = AccountField()


class ToldForm(ForUser):
    note = _text(_("How they were told"))


class CompensationForm(ForUser):
    kind = forms.ChoiceField(label=_("Kind"), choices=Compensation.Kind.choices)
    amount = forms.DecimalField(label=_("Worth"), max_digits=18, decimal_places=4)
    promise = _text(_("What is promised"))
    due_on = _day(_("By"))
    reason = _text(_("Why"))


class DeliverForm(ForUser):
    delivered_on = _day(_("Delivered on"), initial=timezone.localdate)
    note = _text(_("Remark"), required=False)


class FileForm(ForUser):
    upload = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # the service says what is wrong with it
        help_text=_("PDF, Office, pictures, text or ZIP; at most 20 MB."),
    )
    description = forms.CharField(label=_("Description"), max_length=200, required=False)


class FilterForm(forms.Form):
    """What narrows the list."""

    SHOW = (
        ("open", _("Open")),
        ("late", _("Past their deadline")),
        ("waiting", _("Waiting for the customer")),
        ("escalated", _("Escalated")),
        ("mine", _("Mine")),
        ("all", _("All, with history")),
    )
    show = forms.ChoiceField(label=_("Show"), choices=SHOW, required=False)
    search = forms.CharField(label=_("Complaint number"), required=False, max_length=60)
    channel = forms.ChoiceField(
        label=_("Channel"),
        required=False,
        choices=[("", _("All")), *words.choices(words.CHANNELS)],
    )
    severity = forms.ChoiceField(
        label=_("Severity"),
        required=False,
        choices=[("", _("All")), *words.choices(words.SEVERITIES)],
    )
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("All")), *words.choices(words.STATUSES)],
    )
    category = forms.CharField(
        label=_("Category"),
        required=False,
        max_length=80,
        widget=forms.TextInput({"list": "categories"}),
    )
    # Given by links only: from an account's page, from the monthly summary.
    account = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    cause = forms.CharField(required=False, max_length=15, widget=forms.HiddenInput)
    tier = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)
    since = forms.DateField(required=False, widget=forms.HiddenInput)
    until = forms.DateField(required=False, widget=forms.HiddenInput)


def category_choices() -> list[tuple[str, str]]:
    """What is offered as categories, with how each reads."""
    return [(code, str(words.CATEGORIES[code])) for code in CATEGORIES]
