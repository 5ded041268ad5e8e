"""What one person holds of the archives goes to another, many rows at once (A10)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts.models import Account, Contact, Segment, ServiceMember
from accounts.services.team import add_member, end_service
from accounts.services.timeline import record_event
from kam.core import audit
from kam.core.models import AuditEntry

if TYPE_CHECKING:
    from django.db.models import Model

    from staff.models import User


@transaction.atomic
def give_accounts(
    account_ids: Collection[int], *, giver: User, to: User, actor: User, reason: str
) -> int:
    """Make `to` the manager of those of these accounts that are the giver's; how many.

    Merged archives too: they may come back. Set-based, for a manager may have thousands.
    """
    mine = Account.objects.filter(pk__in=account_ids, manager=giver).order_by("pk")
    accounts = list(
        mine.select_for_update(of=("self",), no_key=True).only(
            "account_number", "name", "short_name"
        )
    )
    changes = {"manager": [str(giver), str(to)]}
    _record_all(accounts, "accounts.manager_changed", changes, actor=actor, reason=reason)
    ids = [account.pk for account in accounts]
    Account.objects.filter(pk__in=ids).update(manager=to, updated_at=timezone.now())
    # The new manager hears of the handover, and not of each account besides.
    data = {"from": str(giver), "to": str(to), "reason": reason, "told": [to.pk]}
    record_event(ids, "accounts.manager_changed", actor=actor, data=data)
    return len(ids)


@transaction.atomic
def give_memberships(
    member_ids: Collection[int], *, giver: User, to: User, actor: User, reason: str
) -> None:
    """Let `to` serve in the giver's roles from today; that the giver served stays."""
    members = ServiceMember.objects.filter(pk__in=member_ids, user=giver, until=None)
    for member in members.order_by("account", "pk"):
        end_service(member.pk, actor=actor, reason=reason)
        same = ServiceMember.objects.filter(account=member.account_id, user=to, until=None)
        if not same.filter(role=member.role).exists():
            add_member(member.account_id, user=to, role=member.role, actor=actor, reason=reason)


@transaction.atomic
def give_counterparts(
    contact_ids: Collection[int], *, giver: User, to: User, actor: User, reason: str
) -> None:
    """Make `to` our contact person of these contacts of the giver's."""
    mine = Contact.objects.filter(pk__in=contact_ids, counterpart=giver).order_by("pk")
    contacts = list(mine.select_for_update(of=("self",)))
    changes = {"counterpart": [str(giver), str(to)]}
    _record_all(contacts, "accounts.contact_changed", changes, actor=actor, reason=reason)
    Contact.objects.filter(pk__in=[contact.pk for contact in contacts]).update(
        counterpart=to, updated_at=timezone.now()
    )


@transaction.atomic
def give_segments(
    segment_ids: Collection[int], *, giver: User, to: User, actor: User, reason: str
) -> None:
    """Let `to` own these saved views; one whose name they use already gets the giver's after it."""
    taken = set(Segment.objects.filter(owner=to).values_list("name", flat=True))
    mine = Segment.objects.filter(pk__in=segment_ids, owner=giver).order_by("pk")
    for segment in mine.select_for_update(of=("self",)):
        name = segment.name
        if name in taken:
            name = f"{segment.name[:36]} ({str(giver)[:12]} {segment.pk})"[:60]
        changes = audit.diff(segment, {"name": name, "owner": to})
        segment.name, segment.owner = name, to
        segment.save(update_fields=["name", "owner"])
        taken.add(name)
        audit.record(
            segment, "accounts.segment_changed", actor=actor, changes=changes, reason=reason
        )


def _record_all(
    subjects: Collection[Model],
    action: str,
    changes: dict[str, list[str]],
    *,
    actor: User,
    reason: str,
) -> None:
    """One audit entry for each subject, written before the rows: see accounts.services.archive."""
    AuditEntry.objects.bulk_create(
        (
            AuditEntry(
                actor=actor,
                action=action,
                subject_type=subject._meta.label,
                subject_id=subject.pk,
                subject_name=str(subject)[:200],
                changes=changes,
                reason=reason,
            )
            for subject in subjects
        ),
        batch_size=2000,
    )
