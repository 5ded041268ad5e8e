"""The people at a customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Contact
from accounts.services import opt_outs
from accounts.services.archive import live_locked
from accounts.services.timeline import record_event
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

# The timeline is read by people who may not see contacts: its events name none.


@transaction.atomic
def add_contact(account_id: int, *, fields: Mapping[str, Any], actor: User) -> Contact:
    """Enter a person. A new main contact takes over from the one before."""
    account = live_locked(account_id)
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
        opt_outs.carry_over(contact.email, fields.get("email", contact.email))
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


@transaction.atomic
def touch_contacts(contact_ids: Collection[int], *, on: date, actor: User) -> None:
    """Note that these people were spoken to that day; a later day that is known stays."""
    contacts = Contact.objects.select_for_update(of=("self",)).order_by("pk")
    earlier = Q(last_touch_on=None) | Q(last_touch_on__lt=on)
    touched = list(contacts.filter(earlier, pk__in=contact_ids))
    for contact in touched:
        changes = {"last_touch_on": [str(contact.last_touch_on or ""), str(on)]}
        audit.record(contact, "accounts.contact_touched", actor=actor, changes=changes)
    # The form of a contact that somebody has open stays good: updated_at is left alone.
    Contact.objects.filter(pk__in=[contact.pk for contact in touched]).update(last_touch_on=on)


def _keep_one_primary(contact: Contact) -> None:
    if contact.is_primary:
        others = Contact.objects.filter(account=contact.account_id).exclude(pk=contact.pk)
        others.filter(is_primary=True).update(is_primary=False)


def _role(contact: Contact) -> dict[str, str]:
    return {"buying_role": contact.buying_role}
