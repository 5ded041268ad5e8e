"""Forms of visits. What they refuse is what a form can know; the services know the rest."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.form_fields import AccountField
from accounts.forms import staff_members
from accounts.models import Account, Contact, Tier
from staff.models import User
from visits import queries
from visits.models import Kind, Status, Visit
from visits.services.plans import DEFAULT_CAPACITY, following_month
from visits.services.reports import NewFollowUp, Report

FOLLOW_UPS = 3  # empty rows in a report


class DayInput(forms.DateInput):
    """A date picker; browsers want ISO dates in it whatever the language."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class MonthInput(forms.DateInput):
    """A month picker: its value is the year and the month."""

    input_type = "month"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m")


def _day(label: Any, **fields: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DayInput, **fields)


def _text(label: Any, *, rows: int = 3, **fields: Any) -> forms.CharField:
    fields = {"required": False, "max_length": 4000, **fields}
    return forms.CharField(label=label, widget=forms.Textarea({"rows": rows}), **fields)


def _people(label: Any, **fields: Any) -> forms.ModelChoiceField[User]:
    return forms.ModelChoiceField(label=label, queryset=User.objects.none(), **fields)


class VisitForm(forms.Form):
    """When, why and by whom an account is visited."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    planned_on = _day(_("Day"))
    planned_at = forms.TimeField(
        label=_("Time"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text=_("May stay empty."),
    )
    owner = _people(_("Who visits"))
    purpose = _text(
        _("Purpose of the visit"), help_text=_("What is to be reached; needed to close the visit.")
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = people


class NewVisitForm(VisitForm):
    """The same for a customer that is still to be chosen."""

    account = AccountField()
    field_order = ["account"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, people=queries.makers(), **kwargs)
        field = self.fields["account"]
        assert isinstance(field, AccountField)  # noqa: S101
        field.accounts = Account.objects.visible_to(user)


class MoveForm(forms.Form):
    """Another day; `expected` is the one that was seen."""

    on = forms.DateField(label=_("To"), widget=DayInput({"class": "form-control"}))
    expected = forms.DateField(widget=forms.HiddenInput)


class CancelForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=300)


class PositionForm(forms.Form):
    """Where a phone says it is; nothing when its owner does not say or it is no place."""

    latitude = forms.DecimalField(required=False, min_value=-90, max_value=90)
    longitude = forms.DecimalField(required=False, min_value=-180, max_value=180)
    accuracy = forms.DecimalField(required=False, min_value=0, max_value=10_000_000)

    def clean_latitude(self) -> Decimal | None:
        return _to_micro_degrees(self.cleaned_data["latitude"])

    def clean_longitude(self) -> Decimal | None:
        return _to_micro_degrees(self.cleaned_data["longitude"])


def _to_micro_degrees(degrees: Decimal | None) -> Decimal | None:
    return None if degrees is None else round(degrees, 6)


class PeriodForm(forms.Form):
    """Whose month is to be planned."""

    owner = _people(_("Who visits"))
    month = forms.DateField(label=_("Month"), widget=MonthInput, input_formats=["%Y-%m"])
    capacity = forms.IntegerField(
        label=_("Visits per day at most"), min_value=1, max_value=20, initial=DEFAULT_CAPACITY
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "owner": user.pk,
            "month": following_month(timezone.localdate()),
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = queries.plannable_by(user)

    def clean_month(self) -> date:
        month: date = self.cleaned_data["month"]
        return month.replace(day=1)


class FollowUpForm(forms.Form):
    """A row of a report: all three or none."""

    text = forms.CharField(label=_("What is to be done"), max_length=300, required=False)
    owner = _people(_("Responsible"), required=False)
    due_on = _day(_("To be done by"), required=False)

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = people

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("text"):
            for name in ("owner", "due_on"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, _("Say who does it and until when."))
        return given

    def new(self) -> NewFollowUp | None:
        """What was filled in; None for an empty row."""
        given = self.cleaned_data
        if not given.get("text"):
            return None
        return NewFollowUp(text=given["text"], owner=given["owner"], due_on=given["due_on"])


class ReportForm(forms.Form):
    """The report of a visit. Closing it needs a purpose and a next step."""

    visited_on = _day(_("Held on"), required=False)
    purpose = _text(_("Purpose of the visit"), rows=2, help_text=_("Needed to close the visit."))
    participants = forms.ModelMultipleChoiceField(
        label=_("Who took part at the customer"),
        queryset=Contact.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    colleagues = forms.ModelMultipleChoiceField(
        label=_("Colleagues who came along"), queryset=User.objects.none(), required=False
    )
    findings = _text(_("Findings"), rows=4)
    competitor_news = _text(_("News of competitors"), rows=2)
    needs = _text(
        _("Needs"), rows=2, help_text=_("One need a line; each is followed up once you close.")
    )
    next_step = _text(_("Next step"), rows=2, help_text=_("Needed to close the visit."))
    expected = forms.DateTimeField(
        widget=forms.HiddenInput, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"]
    )

    def __init__(self, *args: Any, visit: Visit, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = _initial(visit)
        super().__init__(*args, **kwargs)
        contacts = Contact.objects.visible_to(user).filter(account=visit.account_id)
        here = Q(has_left=False) | Q(visits=visit)
        self._choose("participants", contacts.filter(here).distinct())
        self._choose("colleagues", staff_members().exclude(pk=visit.owner_id))
        people = queries.people_for(visit.account)
        self.follow_ups = [
            FollowUpForm(*args, prefix=f"follow_up{n}", people=people, initial={"owner": user.pk})
            for n in range(FOLLOW_UPS)
        ]

    def _choose(self, name: str, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101
        field.queryset = rows

    def is_valid(self) -> bool:
        return all([super().is_valid(), *(row.is_valid() for row in self.follow_ups)])

    def clean_needs(self) -> tuple[str, ...]:
        needs = tuple(filter(None, (line.strip() for line in self.data_lines("needs"))))
        if any(len(need) > 500 for need in needs):
            raise ValidationError(_("A need has at most 500 characters."))
        return needs

    def data_lines(self, name: str) -> list[str]:
        """The lines of a text."""
        return str(self.cleaned_data[name]).splitlines()

    def report(self) -> Report:
        """What was written."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "expected"}
        new = tuple(filter(None, (row.new() for row in self.follow_ups)))
        return Report(**given, follow_ups=new)


def _initial(visit: Visit) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "visited_on": visit.visited_on or min(visit.planned_on, today),
        "purpose": visit.purpose,
        "participants": [contact.pk for contact in visit.participants.all()],
        "colleagues": [person.pk for person in visit.colleagues.all()],
        "findings": visit.findings,
        "competitor_news": visit.competitor_news,
        "needs": "\n".join(visit.needs),
        "next_step": visit.next_step,
        "expected": visit.updated_at.isoformat(timespec="microseconds"),
    }


class ResultForm(forms.Form):
    result = forms.CharField(label=_("What came of it"), max_length=500)


class ListFilter(forms.Form):
    """What narrows the list of visits."""

    account = forms.CharField(label=_("Customer"), max_length=100, required=False)
    owner = _people(_("Who visits"), required=False, empty_label=_("All"))
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All")), *Kind.choices]
    )
    tier = forms.ChoiceField(
        label=_("Tier"), required=False, choices=[("", _("All")), *Tier.choices]
    )
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("All")), ("missed", _("Missed")), *Status.choices],
    )
    since = _day(_("From"), required=False)
    until = _day(_("To"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = queries.plannable_by(user)

    def narrowed(self, rows: QuerySet[Visit]) -> QuerySet[Visit]:
        """The visits that fit; none while the form has errors."""
        if not self.is_valid():
            return rows.none()
        given = self.cleaned_data
        today = timezone.localdate()
        wanted = Q()
        if given["account"]:
            wanted &= Q(account__in=Account.objects.search(given["account"])) | Q(
                account__account_number=given["account"]
            )
        for name, lookup in (("since", "planned_on__gte"), ("until", "planned_on__lte")):
            wanted &= Q(**{lookup: given[name]}) if given[name] else Q()
        for name, lookup in (("owner", "owner"), ("kind", "kind"), ("tier", "account__tier")):
            wanted &= Q(**{lookup: given[name]}) if given[name] else Q()
        if given["status"] == "missed":
            wanted &= Q(status=Status.PLANNED, planned_on__lt=today)
        elif given["status"]:
            wanted &= Q(status=given["status"])
        return rows.filter(wanted)


class OverdueFilter(forms.Form):
    """What narrows the customers whose visit is overdue."""

    manager = forms.CharField(required=False, max_length=20)
    tier = forms.ChoiceField(
        label=_("Tier"), required=False, choices=[("", _("All")), *Tier.choices]
    )


class ScheduleForm(forms.Form):
    """Service of something at a customer, again and again."""

    account = AccountField()
    subject = forms.CharField(
        label=_("What is serviced"),
        max_length=200,
        help_text=_("The machine, line or contract."),
    )
    every_days = forms.IntegerField(
        label=_("Every so many days"), min_value=1, max_value=3660, initial=90
    )
    first_on = _day(_("First on"))
    owner = _people(_("Who goes"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field, owner = self.fields["account"], self.fields["owner"]
        assert isinstance(field, AccountField)  # noqa: S101
        assert isinstance(owner, forms.ModelChoiceField)  # noqa: S101
        field.accounts = Account.objects.visible_to(user)
        owner.queryset = queries.makers()
