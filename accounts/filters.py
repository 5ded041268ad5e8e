"""The filters of the account list: read from a query string, applied to accounts, shown as chips.

The list, its saved views and the export all go through here, so that they agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import paging
from accounts.forms import Styled
from accounts.models import Account, Industry, Motive, SizeClass, Tier
from staff.models import Region, User

if TYPE_CHECKING:
    from accounts.models import AccountQuerySet

_ANY = [("", _("All"))]
_LABELS = {
    "tier": dict(Tier.choices),
    "size_class": dict(SizeClass.choices),
    "motive": dict(Motive.choices),
}


class FilterForm(Styled, forms.Form):
    """What the list can be narrowed by. An unknown value is left out, not refused."""

    search = forms.CharField(label=_("Search"), max_length=100, required=False)
    tier = forms.ChoiceField(label=_("Tier"), choices=[*_ANY, *Tier.choices], required=False)
    manager = forms.ModelChoiceField(
        User.objects.none(), label=_("Account manager"), empty_label=_("All"), required=False
    )
    no_manager = forms.BooleanField(label=_("Without an account manager"), required=False)
    region = forms.ModelChoiceField(
        Region.objects.all(), label=_("Region"), empty_label=_("All"), required=False
    )
    industry = forms.ModelChoiceField(
        Industry.objects.all(), label=_("Industry"), empty_label=_("All"), required=False
    )
    size_class = forms.ChoiceField(
        label=_("Size class"), choices=[*_ANY, *SizeClass.choices], required=False
    )
    motive = forms.ChoiceField(
        label=_("Purchase motive"), choices=[*_ANY, *Motive.choices], required=False
    )
    parent = forms.ModelChoiceField(
        Account.objects.none(),
        label=_("Group (number of the parent company)"),
        to_field_name="account_number",
        widget=forms.TextInput,
        required=False,
    )
    review_due = forms.BooleanField(label=_("Review is due"), required=False)

    def __init__(self, data: Mapping[str, Any], *, user: User) -> None:
        super().__init__(data)
        self.offer(
            "manager", User.objects.filter(is_service=False).order_by("full_name", "username")
        )
        if data.get("parent"):  # a box to type in: without a number there is nothing to look up
            self.offer("parent", Account.objects.visible_to(user))


@dataclass(frozen=True)
class Chip:
    """A filter that is set: what it says and the list without it."""

    label: str
    value: str
    query: str


class Filters:
    """The filters and the order that a query string of the list asks for."""

    def __init__(self, data: Mapping[str, Any], *, user: User) -> None:
        self.form = FilterForm(data, user=user)
        self.user = user
        self.form.is_valid()  # what is not valid is not in cleaned_data, and not applied
        order = str(data.get("sort", ""))
        self.order = order if order.removeprefix("-") in paging.SORTS else "name"
        self.values = {
            name: value for name, value in self.form.cleaned_data.items() if value not in ("", None)
        }
        self.values = {name: value for name, value in self.values.items() if value is not False}

    def __bool__(self) -> bool:
        return bool(self.values)

    @property
    def search(self) -> str:
        return self.values.get("search", "")

    @cached_property
    def query(self) -> str:
        """The query string of exactly these filters and this order; "" for the plain list."""
        return self._query(self.values, self.order)

    @property
    def without_search(self) -> str:
        return self._without("search")

    def hidden_inputs(self) -> list[tuple[str, str]]:
        """All but the search, for the form that asks for another one."""
        return parse_qsl(self.without_search)

    def orders(self) -> list[tuple[str, str]]:
        """The orders that the list can have, both ways, with their names."""
        return [
            (f"{sign}{key}", f"{sort.label} {arrow}")
            for key, sort in paging.SORTS.items()
            for sign, arrow in (("", "↑"), ("-", "↓"))
        ]

    def ordered(self, order: str) -> str:
        return self._query(self.values, order)

    def chips(self) -> list[Chip]:
        """The filters set, each with the query string that lacks it; the search has its box."""
        return [
            Chip(str(self.form.fields[name].label), self._shown(name, value), self._without(name))
            for name, value in self.values.items()
            if name != "search"
        ]

    def apply(self, accounts: AccountQuerySet) -> AccountQuerySet:
        """The accounts of these that match. `accounts` are those that the user may see."""
        return self.narrow(accounts).search(self.search)

    def narrow(self, accounts: AccountQuerySet) -> AccountQuerySet:
        """As `apply`, without the search."""
        accounts = accounts.live()
        values = dict(self.values)
        values.pop("search", None)
        if values.pop("no_manager", False):
            accounts = accounts.filter(manager=None)
        if values.pop("review_due", False):
            accounts = accounts.review_due(timezone.localdate())
        if parent := values.pop("parent", None):
            accounts = accounts.in_group(parent.pk)
        return accounts.filter(**values)

    def _without(self, name: str) -> str:
        return self._query({k: v for k, v in self.values.items() if k != name}, self.order)

    def _shown(self, name: str, value: Any) -> str:
        if value is True:
            return ""
        labels = _LABELS.get(name)
        return str(labels[value]) if labels else str(value)

    @staticmethod
    def _query(values: Mapping[str, Any], order: str) -> str:
        plain = {name: _in_url(value) for name, value in values.items()}
        if order != "name":
            plain["sort"] = order
        return urlencode(plain)


def _in_url(value: Any) -> str:
    if value is True:
        return "on"
    if isinstance(value, Account):
        return value.account_number
    return str(getattr(value, "pk", value))
