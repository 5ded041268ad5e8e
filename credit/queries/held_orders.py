"""Orders on credit hold with the reasons that hold them now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Account
from credit.models import CreditParty, Decision, OrderCredit
from credit.policies import in_force
from credit.rules.decisions import Reason
from credit.rules.receivables import CENT
from credit.services.deciding import stored_orders
from credit.services.releases import widest_tolerance
from credit.services.standing import ZERO, Standing

if TYPE_CHECKING:
    from staff.models import User


def held_orders(user: User, accounts: QuerySet[Account] | None = None) -> QuerySet[OrderCredit]:
    """The orders on hold of the accounts this user may see, for who may see credit at all.

    accounts: only of these, which the user may see.
    """
    if not user.has_perm("credit.view_creditparty"):
        return OrderCredit.objects.none()
    if accounts is None:
        accounts = Account.objects.visible_to(user)
    return OrderCredit.objects.filter(status="held", account__in=accounts).select_related(
        "order", "account", "account__manager", "release_requested_by"
    )


def look(account_ids: Collection[int]) -> Standing:
    """Where accounts stand at this moment, without locking them."""
    parties = CreditParty.objects.in_bulk(list(account_ids))
    missing = [CreditParty(account_id=pk) for pk in account_ids if pk not in parties]
    heads = {party.group_id for party in parties.values() if party.group_id} - set(parties)
    parties |= CreditParty.objects.in_bulk(list(heads))
    return Standing(parties | {party.pk: party for party in missing}, to_decide=False)


def reasons_now(rows: Sequence[OrderCredit]) -> dict[int, tuple[Reason, ...]]:
    """What holds each of these orders at this moment: empty for one that would be let go."""
    if not rows:
        return {}
    standing = look({row.account_id for row in rows})
    stored = stored_orders([row.order_id for row in rows])
    found = {}
    for row in rows:
        order = stored[row.order_id]
        standing.add(row.account_id, -row.counted)
        part = max(order.net_amount, ZERO) - order.uninvoiced
        decision = standing.decide(row.account_id, order.net_amount, part_invoiced=part)
        standing.add(row.account_id, row.counted)
        found[row.order_id] = decision.reasons
    return found


def history(order_id: int) -> QuerySet[Decision]:
    """All decisions on an order, the latest first."""
    return Decision.objects.filter(order_id=order_id).select_related("actor")


@dataclass(frozen=True)
class ReleaseTerms:
    """The envelope that a release has if nothing else is said, and the widest there is."""

    tolerance: Decimal
    days: int


def release_terms(amount: Decimal) -> ReleaseTerms:
    """The envelope of a release of an order of this amount, in full cents."""
    policy = in_force("checks", timezone.localdate()).rules.release
    return ReleaseTerms(widest_tolerance(amount, policy).quantize(CENT, ROUND_DOWN), policy.days)
