"""The people of ours who serve a key account beside its manager (A9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import listeners
from accounts.models import ServiceMember
from accounts.services.archive import live_locked
from accounts.services.timeline import record_event
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def add_member(
    account_id: int, *, user: User, role: str, actor: User, reason: str = ""
) -> ServiceMember:
    """Put somebody into the service team from today on; they see the account from now on."""
    account = live_locked(account_id)
    if account.service_team.filter(user=user, role=role, until=None).exists():
        raise RuleViolation("already_member", _("This person already has this role here."))
    member = ServiceMember.objects.create(
        account=account, user=user, role=role, since=timezone.localdate()
    )
    data = {"user": str(user), "role": role}
    changes = _entered(member)
    audit.record(account, "accounts.member_added", actor=actor, changes=changes, reason=reason)
    record_event([account.pk], "accounts.member_added", actor=actor, data=data)
    return member


@transaction.atomic
def end_member(member_id: int, *, actor: User, reason: str = "") -> None:
    """End somebody's service today; that they served stays in the archive.

    What they were to do and do not see any more goes to the account's manager.
    """
    if member := end_service(member_id, actor=actor, reason=reason):
        listeners.hands_changed([member.account_id], actor, reason)


def end_service(member_id: int, *, actor: User, reason: str = "") -> ServiceMember | None:
    """End somebody's service and leave their work where it is: who hands over gives it away
    besides. None when it has ended already."""
    member = ServiceMember.objects.select_for_update(of=("self",)).get(pk=member_id)
    if member.until:
        return None
    member.until = timezone.localdate()
    member.save(update_fields=["until"])
    data = {"user": str(member.user), "role": member.role}
    changes, account = _ended(member), member.account
    audit.record(account, "accounts.member_ended", actor=actor, changes=changes, reason=reason)
    record_event([member.account_id], "accounts.member_ended", actor=actor, data=data)
    return member


def _entered(member: ServiceMember) -> dict[str, list[str]]:
    return {"service_team": ["", f"{member.user} ({member.role})"]}


def _ended(member: ServiceMember) -> dict[str, list[str]]:
    return {"service_team": [f"{member.user} ({member.role})", ""]}
