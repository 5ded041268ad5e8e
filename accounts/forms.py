"""Forms of the archive's pages. What they check is form; the rules stand in services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.models import Account, Contact, Segment, ServiceMember
from staff.models import User

if TYPE_CHECKING:
    from django.utils.functional import Promise

# The four groups of an archive: heading, and the fields in the order of the page.
GROUPS: dict[str, tuple[str | Promise, list[str]]] = {
    "basic": (
        _("Basic information"),
        [
            "name",
            "short_name",
            "english_name",
            "credit_code",
            "address",
            "phone",
            "website",
            "owners",
            "legal_representative",
            "industry",
            "region",
            "size_class",
            "business_kind",
            "motive",
            "dealing_since",
        ],
    ),
    "characteristics": (
        _("Characteristics"),
        [
            "market_area",
            "sales_capacity",
            "development_potential",
            "business_philosophy",
            "business_direction",
            "business_policy",
        ],
    ),
    "position": (
        _("Business position"),
        [
            "sales_record",
            "market_share",
            "market_position",
            "competitor_relations",
            "our_relations",
        ],
    ),
    "dealing": (
        _("Dealing status"),
        [
            "sales_activity",
            "existing_problems",
            "strategy",
            "outlook",
            "image_reputation",
            "finances",
            "credit_standing",
        ],
    ),
}
FACTS = [name for _label, names in GROUPS.values() for name in names]


def staff_members() -> QuerySet[User]:
    """The people who can be made responsible for an account or join its service team."""
    return User.objects.filter(is_active=True, is_service=False).order_by("full_name", "username")


class Styled:
    """Gives the widgets of a form the look of the frame."""

    fields: dict[str, forms.Field]

    def offer(self, name: str, rows: QuerySet[Any]) -> None:
        """Let a field choose among these rows."""
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = rows

    def style(self) -> None:
        for field in self.fields.values():
            widget = field.widget
            if isinstance(widget, forms.Select):
                widget.attrs.setdefault("class", "form-select")
            elif isinstance(widget, forms.CheckboxInput):
                widget.attrs.setdefault("class", "form-check-input")
            else:
                widget.attrs.setdefault("class", "form-control")
            if isinstance(widget, forms.DateInput):
                widget.input_type = "date"
                widget.format = "%Y-%m-%d"
            if isinstance(widget, forms.Textarea):
                widget.attrs.setdefault("rows", "3")


class CodeForm(forms.ModelForm):
    """A form in which the social credit code may be entered; a wrong one is only warned of."""

    def clean_credit_code(self) -> str:
        code = rules.credit_code(self.cleaned_data["credit_code"])
        longest = Account._meta.get_field("credit_code").max_length
        MaxLengthValidator(longest)(code)  # half width may be longer: ㈱ is (株)
        return code


class AccountForm(Styled, CodeForm):
    """The facts of one account, all or one group of them."""

    expected = forms.CharField(widget=forms.HiddenInput)  # updated_at as seen
    reviewed = forms.BooleanField(
        label=_("I have gone through the whole archive: it is right as of today"),
        required=False,
        help_text=_("An edit alone is no review; with this the next one is due in half a year."),
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, help_text=_("Optional; kept in the audit trail.")
    )

    class Meta:
        model = Account
        fields = FACTS

    def __init__(self, *args: Any, group: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.facts = [name for name in GROUPS[group][1] if name in self.fields]
        for name in set(FACTS) - set(self.facts):
            del self.fields[name]
        self.initial["expected"] = self.instance.updated_at.isoformat()
        self.style()

    def fact_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.facts]

    def facts_entered(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.facts}

    def _post_clean(self) -> None:
        """Leave the instance alone: the service writes it, under its lock."""


class NewAccountForm(Styled, CodeForm):
    """What an archive needs at least; the rest is entered on its page."""

    is_prospect = forms.BooleanField(
        label=_("A prospect: no customer yet"),
        required=False,
        help_text=_("Need, money, authority and restrictions are clarified before it is one."),
    )

    class Meta:
        model = Account
        fields = [
            "account_number",
            "name",
            "short_name",
            "credit_code",
            "phone",
            "address",
            "region",
            "industry",
            "size_class",
            "motive",
            "manager",
        ]

    def __init__(self, *args: Any, may_assign: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if may_assign:
            self.offer("manager", staff_members())
        else:
            del self.fields["manager"]
        self.style()

    def clean_account_number(self) -> str:
        number: str = self.cleaned_data["account_number"]
        if not rules.is_account_number(number):
            raise forms.ValidationError(
                _("Use 1 to 40 characters; no blanks, slashes, ?, # and percent signs.")
            )
        if number in rules.RESERVED_NUMBERS:
            message = _("This word is part of an address: use another number.")
            raise forms.ValidationError(message, code="reserved")
        return number


class ContactForm(Styled, forms.ModelForm):
    expected = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Contact
        fields = [
            "name",
            "buying_role",
            "attitude",
            "influence",
            "counterpart",
            "last_touch_on",
            "position",
            "department",
            "mobile",
            "phone",
            "email",
            "wechat",
            "birthday",
            "interests",
            "education",
            "experience",
            "notes",
            "is_primary",
            "has_left",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["expected"] = self.instance.updated_at.isoformat()
        else:
            del self.fields["has_left"]
        self.offer("counterpart", staff_members())
        self.style()

    def details(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "expected"}

    def _post_clean(self) -> None:
        """Leave the instance alone: the service writes it, under its lock."""


class RemoveContactForm(Styled, forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("For somebody who left, tick “has left” instead: what they decided stays."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style()


class ManagerForm(Styled, forms.Form):
    manager = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Account manager"),
        required=False,
        empty_label=_("Nobody"),
        help_text=_(
            "The one person responsible for this account; it leaves the former one's list."
        ),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("manager", staff_members())
        self.style()


class ParentForm(Styled, forms.Form):
    parent = forms.ModelChoiceField(
        Account.objects.none(),
        label=_("Number of the parent company"),
        to_field_name="account_number",
        widget=forms.TextInput,
        required=False,
        help_text=_("Empty: this account stands on its own."),
        error_messages={"invalid_choice": _("There is no such account.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("parent", Account.objects.visible_to(user).live())
        self.style()


class MemberForm(Styled, forms.Form):
    user = forms.ModelChoiceField(User.objects.none(), label=_("Member"))
    role = forms.ChoiceField(label=_("Role"), choices=ServiceMember.Role.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("user", staff_members())
        self.style()


class AttachmentForm(Styled, forms.Form):
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # the service says what is wrong with it
        help_text=_("PDF, Office, pictures, text or ZIP; at most 20 MB."),
    )
    description = forms.CharField(label=_("Description"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style()


class SegmentForm(Styled, forms.ModelForm):
    class Meta:
        model = Segment
        fields = ["name", "is_shared"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style()

    def _post_clean(self) -> None:
        """Leave the instance alone: the service writes it, under its lock."""


class OpenContactsForm(Styled, forms.Form):
    """Whose details somebody outside the service team opens, and why."""

    contacts = forms.ModelMultipleChoiceField(
        Contact.objects.none(),
        label=_("Contacts"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one contact.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("What you need the details for. Each opening is logged with your name."),
    )

    def __init__(self, *args: Any, contacts: QuerySet[Contact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contacts"].queryset = contacts  # type: ignore[attr-defined]
        self.style()


class OpeningFilter(Styled, forms.Form):
    """Which openings to show."""

    who = forms.CharField(label=_("Opened by"), max_length=150, required=False)
    account = forms.CharField(label=_("Account number"), max_length=40, required=False)
    since = forms.DateField(label=_("Since"), required=False, widget=forms.DateInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style()
