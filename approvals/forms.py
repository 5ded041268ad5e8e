from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals import kinds, rules
from approvals.desks import RULE_NAMES
from approvals.models import Request, Signature
from kam.core import money
from staff.models import User
from staff.roles import ROLE_NAMES

EVERY = "each:"  # before a role: everybody who holds it signs


class DayInput(forms.DateInput):
    """A date picker; browsers want ISO dates in it whatever the language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class FilterForm(forms.Form):
    """Which requests the list shows."""

    kind = forms.ChoiceField(label=_("kind"), required=False)
    status = forms.ChoiceField(
        label=_("status"), required=False, choices=[("", _("Any")), *Request.Status.choices]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(key, kind.label) for key, kind in sorted(kinds.registered().items())]
        self.fields["kind"].choices = [("", _("Any")), *known]  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(choices=Signature.Decision)
    seen = forms.CharField(max_length=64)
    comment = forms.CharField(
        label=_("comment"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Needed to reject and to return."),
    )


class ResubmitForm(forms.Form):
    reason = forms.CharField(label=_("reason"), widget=forms.Textarea({"rows": 3}))


class DeputyForm(forms.Form):
    deputy = forms.ModelChoiceField(User.objects.none(), label=_("deputy"))
    since = forms.DateField(label=_("from"), widget=DayInput)
    last_day = forms.DateField(label=_("last day"), widget=DayInput)

    def __init__(self, *args: Any, principal: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, is_service=False).exclude(pk=principal.pk)
        self.fields["deputy"].queryset = people.order_by(  # type: ignore[attr-defined]
            "full_name", "username"
        )

    def span(self) -> dict[str, Any]:
        """The cleaned data as `name_deputy` takes it: the days [since, until)."""
        data = self.cleaned_data
        return {
            "deputy": data["deputy"],
            "since": data["since"],
            "until": data["last_day"] + timedelta(days=1),
        }


class RouteForm(forms.Form):
    effective_from = forms.DateField(
        label=_("effective from"), widget=DayInput, initial=timezone.localdate
    )
    note = forms.CharField(label=_("reason for the change"), widget=forms.Textarea({"rows": 2}))


class StageForm(forms.Form):
    """One stage of a route. Stages that begin with the same amount make a band, in their order."""

    since = forms.DecimalField(
        label=_("amounts from"), min_value=Decimal(0), max_digits=20, decimal_places=4, initial=0
    )
    rule = forms.ChoiceField(label=_("rule"), choices=[(r.value, n) for r, n in RULE_NAMES.items()])
    n = forms.IntegerField(label=_("how many"), min_value=1, required=False)
    roles = forms.MultipleChoiceField(label=_("roles"), required=False)
    people = forms.ModelMultipleChoiceField(
        User.objects.none(), label=_("or people"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        one = [(role, name) for role, name in ROLE_NAMES.items()]
        every = [(EVERY + role, _("%s (every member)") % name) for role, name in ROLE_NAMES.items()]
        self.fields["roles"].choices = one + every  # type: ignore[attr-defined]
        people = User.objects.filter(is_active=True, is_service=False)
        self.fields["people"].queryset = people.order_by(  # type: ignore[attr-defined]
            "full_name", "username"
        )

    def stage(self) -> rules.Stage:
        """The cleaned row as a stage."""
        data = self.cleaned_data
        roles = [
            rules.Signer(role=name.removeprefix(EVERY), each_member=name.startswith(EVERY))
            for name in data["roles"]
        ]
        people = [rules.Signer(person=person.pk) for person in data["people"]]
        return rules.Stage(
            rule=rules.Rule(data["rule"]), n=data["n"] or 0, signers=(*roles, *people)
        )


StageFormSet = forms.formset_factory(StageForm, extra=2, max_num=20, can_delete=True)


def rows_of(bands: Iterable[rules.Band]) -> list[dict[str, Any]]:
    """The bands of a route as initial rows of the formset."""
    return [
        {
            "since": money.plain(band.since),
            "rule": stage.rule.value,
            "n": stage.n or None,
            "roles": [
                (EVERY if who.each_member else "") + who.role
                for who in stage.signers
                if who.person is None
            ],
            "people": [who.person for who in stage.signers if who.person is not None],
        }
        for band in bands
        for stage in band.stages
    ]


def bands_of(formset: Any) -> list[rules.Band]:
    """The filled rows as bands; each ends where the next begins, so there is no gap."""
    rows = [
        form
        for form in formset.forms
        if form.cleaned_data
        and not form.cleaned_data.get("DELETE")
        and (form.cleaned_data["roles"] or form.cleaned_data["people"])
    ]
    rows.sort(key=lambda form: form.cleaned_data["since"])
    grouped = [
        (since, tuple(form.stage() for form in forms))
        for since, forms in groupby(rows, key=lambda form: form.cleaned_data["since"])
    ]
    ends = [later for (_since, _stages), (later, _later) in pairwise(grouped)]
    return [
        rules.Band(since=since, until=until, stages=stages)
        for (since, stages), until in zip(grouped, [*ends, None][: len(grouped)], strict=True)
    ]
