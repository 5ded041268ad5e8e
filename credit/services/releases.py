"""Letting a held order go: asked for by one person, done by another.

Source: docs/policies/credit.md section 7.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services import kept_row
from accounts.services.timeline import record_event
from credit import explanations
from credit.models import CreditParty, Decision, OrderCredit
from credit.rules.decisions import Reason, Release
from credit.services.deciding import (
    Cause,
    Status,
    Stored,
    Work,
    judge,
    note,
    stored_orders,
    write,
)
from credit.services.standing import Standing
from kam.core import audit, money
from kam.core.errors import RuleViolation
from kam.core.policy_data import to_json
from kam.core.words import listed
from sales.models import Order

if TYPE_CHECKING:
    from credit.policies import ReleasePolicy
    from staff.models import User


@transaction.atomic
def ask_release(order_id: int, *, actor: User, reason: str) -> OrderCredit:
    """Ask for the release of an order on hold; whoever asks may not release it himself.

    Raises RuleViolation: `reason_required`, `not_held`.
    """
    if not reason.strip():
        raise RuleViolation("reason_required", _("Say why it should be released."))
    row = _locked(order_id)
    row.release_requested_by, row.release_request = actor, reason.strip()
    row.save(update_fields=["release_requested_by", "release_request"])
    audit.record(row.order, "credit.release_requested", actor=actor, reason=reason)
    return row


@transaction.atomic
def release(
    order_id: int,
    *,
    actor: User,
    comment: str,
    seen_amount: Decimal,
    seen_reasons: Collection[str],
    tolerance: Decimal | None = None,
    days: int | None = None,
) -> Decision:
    """Let a held order go for the reasons that hold it now, within an envelope.

    seen_amount and seen_reasons (their codes): of the order, when the actor decided; a reason
    that came since is not waived. tolerance (an amount) and days: at most those of the policy,
    which count where they are left out.
    Raises RuleViolation: `comment_required`, `not_held`, `stale`, `four_eyes`, `too_wide`.
    """
    if not comment.strip():
        raise RuleViolation("comment_required", _("Say why it is released."))
    row = _locked(order_id)
    _refuse_own(row, actor)
    if row.order.net_amount != seen_amount:
        message = _("The order is now of %s; please reload.")
        raise RuleViolation("stale", message % money.display(row.order.net_amount))
    standing = Standing(CreditParty.objects.locked({row.account_id}))
    row.refresh_from_db(fields=["uninvoiced", "status", "delivered"])
    _refuse_not_held(row)
    work = Work(standing=standing, cause=Cause.RELEASE, actor=actor)
    order = stored_orders([row.order_id])[row.order_id]
    standing.add(row.account_id, -row.counted)
    reasons, _status = judge(order, row, work)
    _refuse_unseen(reasons, seen_reasons)
    codes = frozenset(reason.code for reason in reasons)
    policy = standing.policy.rules.release
    envelope = _envelope(order.net_amount, codes, policy, tolerance=tolerance, days=days)
    return _let_go(order, row, work, reasons, envelope, comment.strip())


def _refuse_unseen(reasons: tuple[Reason, ...], seen: Collection[str]) -> None:
    """Nobody answers for a reason that came after he looked."""
    if unseen := [reason.code for reason in reasons if reason.code not in seen]:
        names = listed(explanations.name(code) for code in unseen)
        message = _("Meanwhile another reason holds this order: %s. Look at it and decide again.")
        raise RuleViolation("stale", message % names)


def _let_go(
    order: Stored,
    row: OrderCredit,
    work: Work,
    reasons: tuple[Reason, ...],
    envelope: Release,
    comment: str,
) -> Decision:
    decision = Decision.objects.create(
        account_id=row.account_id,
        order_id=row.order_id,
        order_number=order.order_number,
        cause=Cause.RELEASE,
        outcome=Decision.Outcome.RELEASED,
        amount=order.net_amount,
        reasons=to_json(reasons),
        limit=work.standing.limit(row.account_id),
        exposure=work.standing.exposure(row.account_id),
        policy_version=work.standing.policy.version,
        actor=work.actor,
        comment=comment,
        at=work.at,
    )
    asked_by = row.release_requested_by
    note(order, row, Status.RELEASED, work)
    row.released_amount, row.released_until = envelope.covers_up_to, envelope.covers_until
    write(work)
    told = {
        "amount": str(envelope.covers_up_to),
        "until": envelope.covers_until.isoformat(),
        "asked_by": str(asked_by or ""),
    }
    audit.record(row.order, "credit.order_released", actor=work.actor, changes=told, reason=comment)
    data = {"order_number": order.order_number, "amount": str(order.net_amount), "reason": comment}
    record_event([row.account_id], "credit.order_released", actor=work.actor, data=data)
    return decision


def _envelope(
    amount: Decimal,
    codes: frozenset[str],
    policy: ReleasePolicy,
    *,
    tolerance: Decimal | None,
    days: int | None,
) -> Release:
    widest = widest_tolerance(amount, policy)
    tolerance = widest if tolerance is None else tolerance
    days = policy.days if days is None else days
    if not 0 <= tolerance <= widest or not 0 <= days <= policy.days:
        message = _("A release covers at most %(amount)s more and %(days)s days.")
        values = {"amount": money.display(widest), "days": policy.days}
        raise RuleViolation("too_wide", message % values)
    return Release(
        amount=amount,
        released_on=timezone.localdate(),
        codes=codes,
        days=days,
        tolerance_amount=tolerance,
    )


def widest_tolerance(amount: Decimal, policy: ReleasePolicy) -> Decimal:
    """By how much an order of this amount may grow at most after its release."""
    share = max(amount, Decimal(0)) * policy.tolerance_share
    return money.amount(min(share, policy.tolerance_amount))


def _locked(order_id: int) -> OrderCredit:
    """The order under lock, then what credit knows of it."""
    order = kept_row(Order.objects.all(), order_id, no_key=True)
    row = OrderCredit.objects.select_related("account").filter(order=order).first()
    if row is None:
        raise RuleViolation("not_held", _("This order is not on credit hold."))
    row.order = order
    _refuse_not_held(row)
    return row


def _refuse_not_held(row: OrderCredit) -> None:
    if row.status == Status.RELEASED:
        raise RuleViolation("not_held", _("Somebody has released this order already."))
    if row.status != Status.HELD:
        raise RuleViolation("not_held", _("This order is not on credit hold."))


def _refuse_own(row: OrderCredit, actor: User) -> None:
    """Section 7: another person than who asked for it, and not the account's own manager."""
    if not actor.has_perm("credit.release_order"):
        raise RuleViolation("not_authorised", _("You may not release orders."))
    if actor.pk in (row.release_requested_by_id, row.account.manager_id):
        raise RuleViolation(
            "four_eyes", _("Another person releases what you asked for or what your customer buys.")
        )
