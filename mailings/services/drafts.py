"""Mailings before they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Segment
from kam.core import audit
from kam.core.errors import RuleViolation
from mailings.models import Mailing

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def save_draft(
    *,
    subject: str,
    body: str,
    segment: Segment | None,
    buying_roles: Sequence[str],
    main_only: bool,
    actor: User,
    mailing_id: int | None = None,
) -> Mailing:
    """Write a mailing, or change one's own draft; the filters of the segment are taken over.

    Refused: not_a_draft.
    """
    mailing = own_draft(mailing_id, actor=actor) if mailing_id else Mailing(created_by=actor)
    fields = {
        "subject": " ".join(subject.split()),
        "body": body,
        "query": segment.query if segment else "",
        "segment_name": segment.name if segment else "",
        "buying_roles": list(buying_roles),
        "main_only": main_only,
    }
    changes = audit.diff(mailing, fields) if mailing_id else {}
    for name, value in fields.items():
        setattr(mailing, name, value)
    mailing.save()
    if changes or not mailing_id:
        action = "mailings.mailing_changed" if mailing_id else "mailings.mailing_written"
        audit.record(mailing, action, actor=actor, changes=changes)
    return mailing


@transaction.atomic
def delete_draft(mailing_id: int, *, actor: User) -> None:
    """Throw one's own draft away. Refused: not_a_draft."""
    mailing = own_draft(mailing_id, actor=actor)
    audit.record(mailing, "mailings.mailing_deleted", actor=actor)
    mailing.delete()


def own_draft(mailing_id: int, *, actor: User) -> Mailing:
    """The actor's draft, locked."""
    mailings = Mailing.objects.select_for_update(of=("self",)).select_related("created_by")
    mailing = mailings.get(pk=mailing_id)
    if mailing.created_by_id != actor.pk:
        raise RuleViolation("not_author", _("Only the author may do that."))
    if not mailing.is_draft:
        raise RuleViolation("not_a_draft", _("This mailing has been started already."))
    return mailing
