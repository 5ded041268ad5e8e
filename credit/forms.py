from django import forms
from django.utils.translation import gettext_lazy as _


class QueueFilterForm(forms.Form):
    """What narrows the queue of held orders."""

    search = forms.CharField(label=_("Order or customer"), required=False, max_length=100)
    asked = forms.BooleanField(label=_("Release asked for"), required=False)
    delivered = forms.ChoiceField(
        label=_("Goods"),
        required=False,
        choices=[
            ("", _("All")),
            ("no", _("Not delivered")),
            ("yes", _("Delivered in spite of the hold")),
        ],
    )
