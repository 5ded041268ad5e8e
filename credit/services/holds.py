"""Putting an account on hold by hand, and lifting that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services import live_locked
from accounts.services.timeline import record_event
from credit.models import CreditParty
from credit.services import orders
from credit.services.deciding import Cause
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

FIELDS = ["hold_reason", "held_by", "held_at"]


@transaction.atomic
def set_hold(account_id: int, *, actor: User, reason: str) -> CreditParty:
    """Put an account on hold: its orders that are not delivered are held, whatever they fit.

    Raises RuleViolation: `reason_required`, `merged`, `on_hold` (somebody did so already).
    """
    party = _locked(account_id, reason)
    if party.hold_reason:
        message = _("%(account)s is on hold already: %(reason)s")
        values = {"account": party.account, "reason": party.hold_reason}
        raise RuleViolation("on_hold", message % values)
    party.hold_reason, party.held_by, party.held_at = reason.strip(), actor, timezone.now()
    _changed(party, "credit.hold_set", actor, reason)
    return party


@transaction.atomic
def lift_hold(account_id: int, *, actor: User, reason: str) -> CreditParty:
    """Lift the hold of an account; what fits is let go, the oldest first.

    Raises RuleViolation: `reason_required`, `merged`, `not_on_hold`.
    """
    party = _locked(account_id, reason)
    if not party.hold_reason:
        message = _("%s is not on hold any more.") % party.account
        raise RuleViolation("not_on_hold", message)
    party.hold_reason, party.held_by, party.held_at = "", None, None
    _changed(party, "credit.hold_lifted", actor, reason)
    return party


def _locked(account_id: int, reason: str) -> CreditParty:
    if not reason.strip():
        raise RuleViolation("reason_required", _("Give a reason."))
    live_locked(account_id)
    return CreditParty.objects.locked({account_id})[account_id]


def _changed(party: CreditParty, kind: str, actor: User, reason: str) -> None:
    party.save(update_fields=FIELDS)
    audit.record(party.account, kind, actor=actor, reason=reason)
    record_event([party.pk], kind, actor=actor, data={"reason": reason})
    orders.redecide({party.pk}, cause=Cause.HOLD, actor=actor)
