"""Forms of credit applications and investigations."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from credit.models import CreditForm, CreditLine, Investigation, LineProposal
from credit.rules.lines import LineTerms

YEAR = timedelta(days=365)


class DayInput(forms.DateInput):
    """A date picker; browsers want ISO dates in it whatever the language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ApplicationForm(forms.Form):
    """What is asked for; the rules are with the service."""

    limit = forms.DecimalField(
        label=_("credit limit"), min_value=0, max_digits=18, decimal_places=4
    )
    terms_days = forms.IntegerField(label=_("payment term (days)"), min_value=0, max_value=3650)
    form = forms.ChoiceField(label=_("form of credit"), choices=CreditForm.choices)
    valid_from = forms.DateField(label=_("valid from"), widget=DayInput)
    valid_until = forms.DateField(label=_("valid until"), widget=DayInput)
    extra = forms.DecimalField(
        label=_("temporary increase"),
        min_value=0,
        max_digits=18,
        decimal_places=4,
        required=False,
        help_text=_("On top of the limit, until the day beside it."),
    )
    extra_until = forms.DateField(label=_("increase until"), widget=DayInput, required=False)
    covers_group = forms.BooleanField(
        label=_("covers the whole group"),
        required=False,
        help_text=_("The subsidiaries buy within this line; their own lines are parts of it."),
    )
    investigation = forms.ModelChoiceField(
        label=_("credit investigation"),
        queryset=Investigation.objects.none(),
        required=False,
        help_text=_("Needed for more credit than now."),
    )
    reason = forms.CharField(label=_("reason"), widget=forms.Textarea({"rows": 3}))
    beyond_reason = forms.CharField(
        label=_("why beyond the first terms of a new customer"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Only where the terms are beyond them; the signers read it."),
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["investigation"]
        field.queryset = account.credit_investigations.all()  # type: ignore[attr-defined]
        field.label_from_instance = _title  # type: ignore[attr-defined]

    def terms(self) -> LineTerms:
        """The terms of a valid form."""
        data = self.cleaned_data
        return LineTerms(
            limit=data["limit"],
            terms_days=data["terms_days"],
            valid_from=data["valid_from"],
            valid_until=data["valid_until"],
            extra=data["extra"] or Decimal(0),
            extra_until=data["extra_until"],
            covers_group=data["covers_group"],
        )

    @staticmethod
    def initial_of(row: CreditLine | LineProposal | None, account: Account) -> dict[str, Any]:
        """What the form begins with: the line in force or the proposal, from today for a year."""
        today = timezone.localdate()
        latest = account.credit_investigations.first()
        first: dict[str, Any] = {
            "valid_from": today,
            "valid_until": today + YEAR,
            "investigation": latest and latest.pk,
        }
        if row is None:
            return first | {"terms_days": 30}
        in_cents = row.limit == round(row.limit, 2)
        kept: dict[str, Any] = {
            "limit": format(row.limit, ".2f") if in_cents else row.limit,
            "terms_days": row.terms_days,
            "form": row.form,
            "covers_group": row.covers_group,
        }
        if isinstance(row, CreditLine):
            return first | kept
        return kept | {
            "valid_from": row.valid_from,
            "valid_until": row.valid_until,
            "extra": row.extra or None,
            "extra_until": row.extra_until,
            "investigation": row.figures.get("investigation"),
            "reason": row.reason,
            "beyond_reason": row.figures.get("beyond_reason", ""),
        }


def _title(investigation: Investigation) -> str:
    return f"{investigation.investigated_on} {investigation.conclusion[:60]}"


class InvestigationForm(forms.ModelForm):
    upload = forms.FileField(
        label=_("add a file"), required=False, help_text=_("It goes to the account's archive.")
    )

    class Meta:
        model = Investigation
        fields: ClassVar[list[str]] = [
            "investigated_on",
            "payment_behaviour",
            "net_assets",
            "contingent_debts",
            "industry_situation",
            "market_terms_days",
            "expected_sales",
            "bearing_default",
            "sources",
            "conclusion",
            "attachments",
        ]
        widgets: ClassVar[dict[str, Any]] = {
            "investigated_on": DayInput,
            "attachments": forms.CheckboxSelectMultiple,
            **{
                name: forms.Textarea({"rows": 2})
                for name in (
                    "payment_behaviour",
                    "industry_situation",
                    "bearing_default",
                    "sources",
                    "conclusion",
                )
            },
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "net_assets": _("In the reporting currency; negative where debts are larger."),
            "expected_sales": _("Without it the last twelve months count."),
            "sources": _("Where it comes from: reports, registers, visits, calls."),
        }

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        files = account.attachments.all()
        self.fields["attachments"].queryset = files  # type: ignore[attr-defined]
        if not files:
            del self.fields["attachments"]
        self.initial.setdefault("investigated_on", timezone.localdate())
