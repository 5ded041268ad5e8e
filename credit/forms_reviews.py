"""Forms of the review pages."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from credit.models import GRADES, Review


class ReviewFilterForm(forms.Form):
    """What narrows the reviews of a campaign."""

    search = forms.CharField(label=_("Customer"), required=False, max_length=100)
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("All")), *Review.Status.choices]
    )
    change = forms.ChoiceField(
        label=_("Proposal"),
        required=False,
        choices=[("", _("All")), ("kept", _("Limit kept")), ("other", _("Limit changed"))],
    )


class ReviewForm(forms.Form):
    """What finance proposes instead of the rules."""

    limit = forms.DecimalField(
        label=_("proposed limit"), min_value=Decimal(0), max_digits=18, decimal_places=4
    )
    terms_days = forms.IntegerField(label=_("proposed term (days)"), min_value=0, max_value=3650)
    rating = forms.ChoiceField(
        label=_("proposed rating"),
        required=False,
        choices=[("", _("not rated")), *((grade, grade) for grade in GRADES)],
    )
    comment = forms.CharField(label=_("reason"), widget=forms.Textarea({"rows": 3}))
