"""Who sees an account, and which accounts somebody sees: for giving work to others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Account, Cover, ServiceMember
from kam.core import once
from staff.models import Team, User

if TYPE_CHECKING:
    from collections.abc import Collection


def who_sees(account: Account, *, may: str = "", serving: bool = False) -> QuerySet[User]:
    """The people to whom this account is visible, by name: `visible_to` from the other side.

    may: only those with this permission too. serving: without those who just see every account.
    """
    seers = _seers(account.pk, may=may, serving=serving)
    return seers.order_by("full_name", "username")


def out_of_hands[Rows: QuerySet[Any]](rows: Rows, *, may: str, account: str = "account") -> Rows:
    """Those of these rows whose `owner` is nobody, has left, does not see the account or lacks
    the permission: the work is in nobody's list. account: the rows' way to their account.

    Nearly every row is its account's manager's: the others are found first, so that who else sees
    an account is looked up for few. Three queries.
    """
    able = once.read(("able", may), lambda: list(_able(may).values_list("pk", flat=True)))
    found = rows.filter(~Q(owner__in=able, **{f"{account}__manager": F("owner")}))
    others = list(found.order_by().values_list("pk", flat=True))
    if not others:
        return rows.none()
    seers = _seers(OuterRef(OuterRef(account)), may=may).filter(pk=OuterRef("owner"))
    return rows.filter(~Exists(seers), pk__in=others)


def _seers(account: Any, *, may: str = "", serving: bool = False) -> QuerySet[User]:
    """`who_sees` of the account with this id, which may be one of an outer query."""
    members = ServiceMember.objects.filter(account=account, until=None)
    covers = Cover.objects.in_force(timezone.localdate())
    of_members = {"person__service_memberships__account": account}
    of_members |= {"person__service_memberships__until": None}
    sees = (
        Q(pk__in=Account.objects.filter(pk=account).values("manager"))
        | Q(pk__in=Team.objects.filter(members__managed_accounts=account).values("leader"))
        | Q(pk__in=members.values("user"))
        | Q(pk__in=covers.filter(person__managed_accounts=account).values("cover"))
        | Q(pk__in=covers.filter(**of_members).values("cover"))
    )
    if not serving:
        sees |= Q(pk__in=User.objects.with_perm("accounts.view_all_accounts").values("pk"))
    return _able(may).filter(sees)


def _able(may: str) -> QuerySet[User]:
    """The people who may look at accounts, and have this permission too."""
    people = User.objects.filter(is_active=True, is_service=False)
    for permission in filter(None, ("accounts.view_account", may)):
        people = people.filter(pk__in=User.objects.with_perm(permission).values("pk"))
    return people


def seen_numbers(user: User, numbers: Collection[str], *, serving: bool = False) -> set[str]:
    """Those of these account numbers that the user may see, or serves. One query."""
    rows = Account.objects.filter(account_number__in=numbers)
    rows = rows.served_by(user) if serving else rows.visible_to(user)
    return set(rows.values_list("account_number", flat=True))
