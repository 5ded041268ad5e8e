from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import Styled, staff_members
from accounts.models import HandoverCase
from staff.models import User


def _day(**fields: Any) -> forms.DateField:
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **fields
    )


class CaseForm(Styled, forms.Form):
    giver = forms.ModelChoiceField(User.objects.none(), label=_("Who hands over"))
    kind = forms.ChoiceField(label=_("Reason"), choices=HandoverCase.Kind.choices)
    last_day = _day(
        label=_("Last day"),
        help_text=_("Access of who leaves ends after it by itself; at once when it is past."),
    )
    note = forms.CharField(
        label=_("Remark"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_service=False).exclude(pk=user.pk)
        self.offer("giver", people.order_by("-is_active", "full_name", "username"))
        self.style()


class TakerForm(Styled, forms.Form):
    taker = forms.ModelChoiceField(User.objects.none(), label=_("Who takes over"))

    def __init__(self, *args: Any, giver: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("taker", staff_members().exclude(pk=giver.pk))
        self.style()


class WithdrawForm(Styled, forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style()


class CoverForm(Styled, forms.Form):
    person = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Who is away"),
        required=False,
        empty_label=_("Myself"),
        help_text=_("Somebody else only where they cannot ask themselves."),
    )
    cover = forms.ModelChoiceField(User.objects.none(), label=_("Who covers"))
    since = _day(label=_("First day away"))
    until = _day(label=_("Back on"))
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)
    signs_too = forms.BooleanField(
        label=_("Also signs approvals for me as my deputy"), required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = staff_members().exclude(pk=user.pk)
        if user.has_perm("accounts.manage_handover"):
            self.offer("person", others)
        else:
            del self.fields["person"]
        self.offer("cover", others)
        self.style()
