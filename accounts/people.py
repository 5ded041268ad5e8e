"""Who sees an account, and which accounts somebody sees: for giving work to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from accounts.models import Account, ServiceMember
from staff.models import User

if TYPE_CHECKING:
    from collections.abc import Collection


def who_sees(account: Account) -> QuerySet[User]:
    """The people to whom this account is visible, by name: `visible_to` from the other side."""
    readers = User.objects.with_perm("accounts.view_account")
    everything = User.objects.with_perm("accounts.view_all_accounts")
    serving = ServiceMember.objects.filter(account=account, until=None).values("user")
    return (
        User.objects.filter(
            Q(pk=account.manager_id)
            | Q(led_teams__members=account.manager_id)
            | Q(pk__in=serving)
            | Q(pk__in=everything.values("pk")),
            pk__in=readers.values("pk"),
            is_active=True,
            is_service=False,
        )
        .distinct()
        .order_by("full_name", "username")
    )


def seen_numbers(user: User, numbers: Collection[str]) -> set[str]:
    """Those of these account numbers that the user may see. One query."""
    rows = Account.objects.visible_to(user).filter(account_number__in=numbers)
    return set(rows.values_list("account_number", flat=True))
