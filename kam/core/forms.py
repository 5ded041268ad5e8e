from typing import Any, cast

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from kam.core import audit_words
from kam.core.models import AuditEntry
from kam.core.scopes import SCOPES
from kam.core.tokens import MAX_DAYS


class TokenForm(forms.Form):
    """A new key for a REST client."""

    username = forms.CharField(
        label=_("Service user"),
        max_length=150,
        help_text=_("The system that will call, such as erp; made when there is none."),
    )
    name = forms.CharField(
        label=_("Purpose"), max_length=100, help_text=_("What the token is for.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[(scope, format_lazy("{} · {}", scope, said)) for scope, said in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(
        label=_("Valid for (days)"), min_value=1, max_value=MAX_DAYS, initial=365
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service_users = get_user_model().objects.filter(is_service=True, is_active=True)
        self.fields["username"].widget.attrs.update(list="service-users", autocomplete="off")


class AuditFilter(forms.Form):
    """Which entries of the audit trail to show."""

    action = forms.CharField(label=_("Action"), max_length=60, required=False, widget=forms.Select)
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    actor = forms.CharField(label=_("Actor"), max_length=150, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.Select, self.fields["action"].widget).choices = [
            ("", _("All")),
            *audit_words.action_choices(),
        ]

    def entries(self) -> QuerySet[AuditEntry]:
        """The entries whose action begins with, and whose subject and actor contain, the text."""
        rows = AuditEntry.objects.select_related("actor")
        if not self.is_valid():
            return rows.none()
        wanted = self.cleaned_data
        if wanted["action"]:
            rows = rows.filter(action__startswith=wanted["action"])
        if wanted["subject"]:
            rows = rows.filter(
                Q(subject_name__icontains=wanted["subject"])
                | Q(subject_type__iexact=wanted["subject"])
            )
        if wanted["actor"]:
            people = get_user_model().objects.filter(
                Q(username__iexact=wanted["actor"]) | Q(full_name__icontains=wanted["actor"])
            )
            rows = rows.filter(actor__in=people)
        return rows
