"""Fields of forms that other apps use too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Account

if TYPE_CHECKING:
    from django.db.models import QuerySet

MATCHES = 5  # customers named when a text fits several


class AccountField(forms.CharField):
    """A customer by its number, or by words that fit just one of `accounts`; None when empty."""

    def __init__(self, **fields: Any) -> None:
        fields = {"help_text": _("Its number, or a part of its name."), **fields}
        super().__init__(label=_("Customer"), max_length=100, **fields)
        self.accounts: QuerySet[Account] = Account.objects.none()

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        live = Account.objects.filter(pk__in=self.accounts.values("pk")).live()
        if found := live.filter(account_number=text).first():
            return found
        matches = list(live.search(text)[: MATCHES + 1])
        if len(matches) == 1:
            return matches[0]
        if not matches:
            raise ValidationError(_("There is no such customer among yours."), code="unknown")
        names = "; ".join(f"{each.account_number} {each}" for each in matches[:MATCHES])
        raise ValidationError(_("Several fit: %(names)s"), code="several", params={"names": names})
