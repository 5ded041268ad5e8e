"""Who gets a mailing: contacts of the customers its author sees, without who wants none."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Lower

from accounts.filters import Filters
from accounts.models import Account, Contact
from mailings.models import Mailing


@dataclass(frozen=True)
class Counts:
    """How many contacts are in question, and why some get nothing."""

    chosen: int
    without_email: int
    opted_out: int
    same_address: int

    @property
    def letters(self) -> int:
        return self.chosen - self.without_email - self.opted_out - self.same_address


def chosen(mailing: Mailing) -> QuerySet[Contact]:
    """The contacts of the segment in these roles who are still there."""
    author = mailing.created_by
    filters = Filters(dict(parse_qsl(mailing.query)), user=author)
    accounts = filters.apply(Account.objects.visible_to(author)).order_by()
    contacts = Contact.objects.read_by(author).filter(account__in=accounts.values("pk"))
    contacts = contacts.filter(has_left=False)
    if mailing.buying_roles:
        contacts = contacts.filter(buying_role__in=mailing.buying_roles)
    if mailing.main_only:
        contacts = contacts.filter(is_primary=True)
    return contacts


def reachable(mailing: Mailing) -> QuerySet[Contact]:
    """One contact for each address that may be written to: who was entered first."""
    wanted = chosen(mailing).exclude(email="").filter(Q(no_mailings=False)).order_by()
    first = wanted.values(key=Lower("email")).annotate(first=Min("pk"))
    return (
        Contact.objects.read_by(mailing.created_by)
        .filter(pk__in=first.values("first"))
        .select_related("account")
        .order_by("account__name_sort", "pk")
    )


def counted(mailing: Mailing) -> Counts:
    """How many letters it makes, by one query."""
    found = chosen(mailing).aggregate(
        chosen=Count("pk"),
        without_email=Count("pk", filter=Q(email="")),
        opted_out=Count("pk", filter=~Q(email="") & Q(no_mailings=True)),
        letters=Count(Lower("email"), filter=~Q(email="") & Q(no_mailings=False), distinct=True),
    )
    letters = found.pop("letters")
    left = found["chosen"] - found["without_email"] - found["opted_out"]
    return Counts(**found, same_address=left - letters)
