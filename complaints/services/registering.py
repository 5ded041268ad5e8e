"""A complaint comes in 投诉登记, is given to somebody, or put right where it was wrong."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account, Contact
from accounts.services import survivor_locked
from approvals.people import holders
from complaints.models import Complaint
from complaints.models.complaint import digest
from complaints.notices import CUSTOMER_UNKNOWN, NOBODY_HAS_IT, WORK_GIVEN
from complaints.rules import Channel, Severity
from complaints.services import moves
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from kam.core.models import AuditEntry
    from sales.models import Product
    from staff.models import User

SECRET_BYTES = 18


@dataclass(frozen=True)
class Registered:
    """A new complaint and the secret with which its customer can follow it: shown once."""

    complaint: Complaint
    secret: str


@transaction.atomic
def register(
    *,
    account: Account | None,
    channel: str,
    category: str,
    title: str,
    actor: User | None,
    severity: str = Severity.MODERATE,
    description: str = "",
    contact: Contact | None = None,
    contact_text: str = "",
    product: Product | None = None,
    received_at: datetime | None = None,
) -> Registered:
    """Take a complaint down; the account's manager is to solve it until somebody else is.

    Where there is none who can log in, the directors are told that nobody has it.
    actor: None for the public form. account: None where the customer is not known; a merged one
    stands for its survivor. The deadlines run from `received_at`, at the latest now. Refused:
    future, other_contact, empty.
    """
    now = timezone.now()
    received = received_at or now
    if received > now:
        raise RuleViolation("future", _("A complaint cannot be received in the future."))
    account = _survivor(account)
    _refuse_other_contact(contact, account)
    pk, secret = _next_id(), secrets.token_urlsafe(SECRET_BYTES)
    complaint = Complaint(
        pk=pk,
        complaint_number=_number(pk, now),
        account=account,
        contact=contact,
        contact_text=contact_text.strip(),
        product=product,
        channel=Channel(channel).value,
        category=moves.required(category),
        severity=Severity(severity).value,
        title=moves.required(title),
        description=description.strip(),
        tier=account.tier if account else "",
        received_at=received,
        registered_by=actor,
        assignee=_first_solver(account),
        follow_digest=digest(secret),
    )
    moves.start_clock(complaint, received)
    complaint.save(force_insert=True)
    data = _registered(complaint)
    entry = moves.tell(complaint, "complaint_registered", actor=actor, data=data)
    if complaint.assignee is None:
        _tell_that_nobody_has_it(complaint, cause=entry)
    return Registered(complaint, secret)


@transaction.atomic
def renew_secret(complaint_id: int, *, actor: User) -> Registered:
    """A new secret for the customer; the old one opens nothing any more. Refused: history."""
    complaint = moves.locked(complaint_id)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    complaint.follow_digest = digest(secret)
    moves.save(complaint, "follow_digest")
    moves.tell(complaint, "secret_renewed", actor=actor)
    return Registered(complaint, secret)


@transaction.atomic
def assign(complaint_id: int, *, to: User, actor: User | None, reason: str = "") -> Complaint:
    """Give a complaint to somebody to solve. Refused: moved (closed), not_a_solver."""
    complaint = moves.locked_open(complaint_id)
    if not (to.is_active and to.has_perm("complaints.change_complaint")):
        raise RuleViolation("not_a_solver", _("%s may not work on complaints.") % to)
    if complaint.assignee_id == to.pk:
        return complaint
    data = {"from": str(complaint.assignee or ""), "to": str(to), "to_id": to.pk}
    complaint.assignee = to
    moves.save(complaint, "assignee")
    entry = moves.tell(complaint, "complaint_assigned", actor=actor, data=data, reason=reason)
    moves.notify(complaint, [to.pk], WORK_GIVEN, cause=entry)
    return complaint


@transaction.atomic
def correct(
    complaint_id: int,
    *,
    account: Account | None,
    category: str,
    severity: str,
    product: Product | None,
    reason: str,
    actor: User,
) -> Complaint:
    """Put right whose it is, how bad and of what; the deadlines are worked out anew.

    They stay as they are in a complaint that was contested or reopened. Where nobody has it the
    account's manager is to solve it; an account that is found only now learns that it complained.
    Refused: moved (closed), empty (no reason), other_contact.
    """
    complaint = moves.locked_open(complaint_id, beside=account)
    account = _survivor(account)
    _refuse_other_contact(complaint.contact, account)
    was_unknown, was_nobodys = complaint.account is None, complaint.assignee is None
    values = {
        "account": account,
        "assignee": complaint.assignee or _first_solver(account),
        "category": moves.required(category),
        "severity": Severity(severity).value,
        "product": product,
        "tier": account.tier if account else "",
    }
    if not (changes := audit.diff(complaint, values)):
        return complaint
    for name, value in values.items():
        setattr(complaint, name, value)
    if not complaint.resolved_at and not moves.was_started_anew(complaint):
        moves.start_clock(complaint, complaint.received_at)
    complaint.save()
    reason = moves.required(reason)
    entry = moves.tell(
        complaint, "complaint_corrected", actor=actor, data=dict(changes), reason=reason
    )
    given = [complaint.assignee_id] if was_nobodys and complaint.assignee_id else []
    moves.notify(complaint, given, WORK_GIVEN, cause=entry)
    if was_unknown:
        data = _registered(complaint) | {"told": given}
        moves.tell_account(complaint, "complaint_registered", actor=actor, data=data)
    if complaint.assignee is None and "account" in changes:
        _tell_that_nobody_has_it(complaint, cause=entry)
    return complaint


def _first_solver(account: Account | None) -> User | None:
    """The account's manager, if they can log in."""
    manager = account.manager if account else None
    return manager if manager is not None and manager.is_active else None


def _registered(complaint: Complaint) -> dict[str, Any]:
    names = ("channel", "severity", "category")
    return {name: getattr(complaint, name) for name in names}


def _tell_that_nobody_has_it(complaint: Complaint, *, cause: AuditEntry) -> None:
    """Tell the directors, and who keeps the archives when the customer is to be found first."""
    unknown = complaint.account is None
    roles = ("ka_director", "admin_staff") if unknown else ("ka_director",)
    people = set().union(*holders(roles).values())
    kind = CUSTOMER_UNKNOWN if unknown else NOBODY_HAS_IT
    moves.notify(complaint, people, kind, cause=cause)


def _survivor(account: Account | None) -> Account | None:
    """The account, or the one that a merge put it into; no merge takes it away any more."""
    return survivor_locked(account.pk) if account else None


def _refuse_other_contact(contact: Contact | None, account: Account | None) -> None:
    if contact and not (account and account.contacts.filter(pk=contact.pk).exists()):
        raise RuleViolation("other_contact", _("This contact belongs to another account."))


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [Complaint._meta.db_table]
        )
        return int(cursor.fetchone()[0])


def _number(pk: int, now: datetime) -> str:
    """TS (投诉), the year and a number; loaded history may have taken one, then it gets longer."""
    number = f"TS{timezone.localdate(now).year}-{pk:06d}"
    while Complaint.objects.filter(complaint_number=number).exists():
        number += "A"
    return number
