"""The people at a customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, Contact
from accounts.services.timeline import record_event
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

# The timeline is read by people who may not see contacts: its events name none.


@transaction.atomic
def add_contact(account_id: int, *, fields: Mapping[str, Any], actor: User) -> Contact:
    """Enter a person. A new main contact takes over from the one before."""
    account = Account.objects.select_for_update(of=("self",)).get(pk=account_id)
    contact = Contact.objects.create(account=account, **fields)
    _keep_one_primary(contact)
    audit.record(contact, "accounts.contact_added", actor=actor)
    record_event([account.pk], "accounts.contact_added", actor=actor, data=_role(contact))
    return contact


@transaction.atomic
def change_contact(
    contact_id: int, *, fields: Mapping[str, Any], expected: datetime, actor: User
) -> Contact:
    """Change what is known of a person; `has_left` when they left the company.

    `expected` is the `updated_at` that the actor saw; a form that is older is refused.
    """
    contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact_id)
    if contact.updated_at != expected:
        message = _("Somebody else changed this contact meanwhile; please look at it again.")
        raise RuleViolation("stale", message)
    if changes := audit.diff(contact, fields):
        left = fields.get("has_left") and not contact.has_left
        for name in changes:
            setattr(contact, name, fields[name])
        contact.save(update_fields=[*changes, "updated_at"])
        _keep_one_primary(contact)
        audit.record(contact, "accounts.contact_changed", actor=actor, changes=changes)
        kind = "accounts.contact_left" if left else "accounts.contact_changed"
        record_event([contact.account_id], kind, actor=actor, data=_role(contact))
    return contact


@transaction.atomic
def remove_contact(contact_id: int, *, actor: User, reason: str) -> None:
    """Delete a person who should never have been entered; one who left is marked as gone."""
    contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact_id)
    if not reason.strip():
        raise RuleViolation("reason_missing", _("Say why this contact is to be deleted."))
    audit.record(contact, "accounts.contact_removed", actor=actor, reason=reason)
    record_event([contact.account_id], "accounts.contact_removed", actor=actor, data=_role(contact))
    contact.delete()


def _keep_one_primary(contact: Contact) -> None:
    if contact.is_primary:
        others = Contact.objects.filter(account=contact.account_id).exclude(pk=contact.pk)
        others.filter(is_primary=True).update(is_primary=False)


def _role(contact: Contact) -> dict[str, str]:
    return {"buying_role": contact.buying_role}
