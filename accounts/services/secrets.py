"""Trade secrets (A11): contact details opened by who does not serve the account, always logged.

Source: docs/policies/trade-secrets.md sections 1 and 2.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Account, Contact, ContactOpening
from accounts.services.timeline import record_event
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def open_contacts(contact_ids: Collection[int], *, reason: str, actor: User) -> int:
    """Let the actor read the details of these contacts for an hour; how many were opened.

    Contacts that the actor reads anyway are left out; so are those they do not see at all.
    Refused: reason_missing.
    """
    if not reason.strip():
        raise RuleViolation("reason_missing", _("Say why you need these details."))
    masked = Contact.objects.read_by(actor).filter(Q(is_masked=True), pk__in=contact_ids)
    return note_openings(masked.order_by("pk"), reason=reason, actor=actor)


@transaction.atomic
def note_openings(contacts: Collection[Contact], *, reason: str, actor: User) -> int:
    """Log that the actor got these contacts' details: in the register and on the timelines."""
    opened = ContactOpening.objects.bulk_create(
        [
            ContactOpening(
                contact=contact,
                contact_name=contact.name,
                account_id=contact.account_id,
                user=actor,
                reason=reason.strip()[:500],
            )
            for contact in contacts
        ],
        batch_size=2000,
    )
    accounts = sorted({opening.account_id for opening in opened})
    record_event(accounts, "accounts.contact_opened", actor=actor)
    return len(opened)


@transaction.atomic
def note_reading_by_system(contacts: Collection[Contact], *, actor: User) -> None:
    """Log what a system with the scope for it reads: once an hour for each contact."""
    fresh = Contact.objects.read_by(actor).filter(
        Q(is_masked=True), pk__in=[contact.pk for contact in contacts]
    )
    note_openings(fresh.order_by("pk"), reason="REST", actor=actor)


def may_read_details(account: Account, user: User) -> bool:
    """Whether this user serves the account, so that nothing of its contacts is masked."""
    return Account.objects.served_by(user).filter(pk=account.pk).exists()
