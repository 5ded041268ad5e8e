from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import need_rules as rules
from accounts.forms import Styled
from accounts.models import Account, Contact, Need, NeedQuerySet
from accounts.people import who_sees
from accounts.services.needs import MAY_ANSWER
from staff.models import User


class NeedFilter(Styled, forms.Form):
    """Which needs to show."""

    SHOW = [
        ("", _("Open")),
        ("answer", _("To answer")),
        ("customer", _("With the customer")),
        ("closed", _("Closed")),
        ("all", _("All")),
    ]
    show = forms.ChoiceField(label=_("Show"), choices=SHOW, required=False)
    mine = forms.BooleanField(label=_("I answer"), required=False)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[("", _("All")), *Need.Kind.choices], required=False
    )
    source = forms.ChoiceField(
        label=_("Source"), choices=[("", _("All")), *Need.Source.choices], required=False
    )
    text = forms.CharField(
        label=pgettext_lazy("filter", "Product or words"), max_length=100, required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.style()

    def needs(self) -> NeedQuerySet:
        """The needs the user may see and the filters let through."""
        rows: NeedQuerySet = Need.objects.visible_to(self.user)
        wanted = self.cleaned_data if self.is_valid() else {}
        rows = self._of_status(rows, wanted.get("show", ""))
        if wanted.get("mine"):
            rows = rows.filter(owner=self.user)
        for name in ("kind", "source"):
            if wanted.get(name):
                rows = rows.filter(**{name: wanted[name]})
        if text := wanted.get("text", "").strip():
            rows = rows.filter(Q(product__icontains=text) | Q(text__icontains=text))
        return rows

    def _of_status(self, rows: NeedQuerySet, show: str) -> NeedQuerySet:
        match show:
            case "answer":
                return rows.to_answer()
            case "customer":
                return rows.filter(status=Need.Status.ANSWERED)
            case "closed":
                return rows.exclude(status__in=rules.OPEN)
            case "all":
                return rows
        return rows.open()


class NeedForm(Styled, forms.ModelForm):
    """A need as it is heard."""

    class Meta:
        model = Need
        fields = ["text", "kind", "source", "product", "contact"]

    def __init__(self, *args: Any, account: Account, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contacts = Contact.objects.visible_to(user).filter(account=account, has_left=False)
        self.offer("contact", contacts)
        self.style()

    def _post_clean(self) -> None:
        """Leave the instance alone: the service writes it."""


class AnalysisForm(Styled, forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=Need.Kind.choices)
    product = forms.CharField(label=_("Product"), max_length=60, required=False)
    feasibility = forms.TypedChoiceField(
        label=_("Feasibility"), choices=Need.Feasibility.choices, coerce=int
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Need.Priority.choices, coerce=int
    )
    analysis = forms.CharField(label=_("How you come to this"), widget=forms.Textarea)

    def __init__(self, *args: Any, need: Need, **kwargs: Any) -> None:
        names = ("kind", "product", "feasibility", "priority", "analysis")
        kwargs["initial"] = {name: getattr(need, name) for name in names}
        super().__init__(*args, **kwargs)
        self.style()


class WordsForm(Styled, forms.Form):
    """One text: an answer, or what the customer says."""

    words = forms.CharField(widget=forms.Textarea)

    def __init__(self, *args: Any, label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = label
        self.style()


class OwnerForm(Styled, forms.Form):
    owner = forms.ModelChoiceField(User.objects.none(), label=_("Who answers"))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, need: Need, **kwargs: Any) -> None:
        kwargs["initial"] = {"owner": need.owner_id}
        super().__init__(*args, **kwargs)
        self.offer("owner", who_sees(need.account, may=MAY_ANSWER))
        self.style()
