"""Saved views of the account list (A18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Segment
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def save_segment(*, name: str, query: str, is_shared: bool, actor: User) -> Segment:
    """Keep filters of the list under a name; the actor's view of that name takes the new ones."""
    longest = Segment._meta.get_field("query").max_length
    if len(query) > (longest or 0):
        raise RuleViolation("segment_too_long", _("The search text is too long to be saved."))
    if not query:
        raise RuleViolation("segment_empty", _("Set a filter first: this view shows everything."))
    segment, created = Segment.objects.select_for_update(of=("self",)).get_or_create(
        owner=actor, name=name, defaults={"query": query, "is_shared": is_shared}
    )
    changes = {} if created else audit.diff(segment, {"query": query, "is_shared": is_shared})
    if changes:
        segment.query, segment.is_shared = query, is_shared
        segment.save(update_fields=["query", "is_shared"])
    if created or changes:
        action = "accounts.segment_created" if created else "accounts.segment_changed"
        audit.record(segment, action, actor=actor, changes=changes)
    return segment


@transaction.atomic
def change_segment(segment_id: int, *, name: str, is_shared: bool, actor: User) -> Segment:
    """Rename one's own view, share it with everybody or stop sharing it."""
    segment = Segment.objects.select_for_update(of=("self",)).get(pk=segment_id, owner=actor)
    if Segment.objects.filter(owner=actor, name=name).exclude(pk=segment.pk).exists():
        raise RuleViolation("segment_name_taken", _("You already have a view of this name."))
    if changes := audit.diff(segment, {"name": name, "is_shared": is_shared}):
        segment.name, segment.is_shared = name, is_shared
        segment.save(update_fields=["name", "is_shared"])
        audit.record(segment, "accounts.segment_changed", actor=actor, changes=changes)
    return segment


@transaction.atomic
def delete_segment(segment_id: int, *, actor: User) -> None:
    """Delete one's own view; the accounts in it are not touched."""
    segment = Segment.objects.select_for_update(of=("self",)).get(pk=segment_id, owner=actor)
    audit.record(
        segment, "accounts.segment_deleted", actor=actor, changes={"query": [segment.query, ""]}
    )
    segment.delete()
