from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import Styled
from accounts.models import BuyingRole, Segment
from mailings.models import Mailing
from staff.models import User


class MailingForm(Styled, forms.Form):
    """What is told to whom."""

    subject = forms.CharField(label=_("Subject line"), max_length=150)
    body = forms.CharField(
        label=_("Text"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": "12"}),
        help_text=_("{name} and {company} are filled in. The link to opt out is added below."),
    )
    segment = forms.ModelChoiceField(
        Segment.objects.none(),
        label=_("Customers"),
        required=False,
        empty_label=_("All that I see"),
        help_text=_("A saved view of the account list; its filters as they are now."),
    )
    buying_roles = forms.MultipleChoiceField(
        label=_("Only contacts with these parts in the decision"),
        choices=BuyingRole.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )
    main_only = forms.BooleanField(label=_("Main contacts only"), required=False)

    def __init__(
        self, *args: Any, user: User, mailing: Mailing | None = None, **kwargs: Any
    ) -> None:
        if mailing:
            names = ("subject", "body", "buying_roles", "main_only")
            kwargs["initial"] = {name: getattr(mailing, name) for name in names}
            kwargs["initial"]["segment"] = _segment_of(mailing, user)
        super().__init__(*args, **kwargs)
        self.offer("segment", Segment.objects.visible_to(user))
        self.style()


def _segment_of(mailing: Mailing, user: User) -> Segment | None:
    named = Segment.objects.visible_to(user).filter(name=mailing.segment_name)
    return named.filter(query=mailing.query).first()
