"""What the events of the timeline say. An app registers its kinds in its `ready()`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Event, ServiceMember, field_labels
from kam.core.words import listed

Say = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class Kind:
    """How one kind of event is shown: an icon of static/icons.txt and what it says of its data."""

    icon: str
    say: Say


_kinds: dict[str, Kind] = {}


def register(kind: str, *, icon: str, say: Say) -> None:
    """Tell how events of a kind ("<app>.<noun>_<past participle>") are shown.

    `say` is called for every reader, in their language; old events may lack what new ones have.
    """
    _kinds[kind] = Kind(icon, say)


def icon(event: Event) -> str:
    return icon_of(event.kind)


def icon_of(kind: str) -> str:
    known = _kinds.get(kind)
    return known.icon if known else "info-circle"


def say(event: Event) -> str:
    """The event in words; its bare kind when nobody registered it."""
    return words(event.kind, event.data)


def words(kind: str, data: Mapping[str, Any]) -> str:
    """What an event of this kind with these data says; the bare kind when nobody registered it."""
    known = _kinds.get(kind)
    return known.say(data) if known else kind


def _changed(data: Mapping[str, Any]) -> str:
    return _("Archive changed: %(fields)s") % {
        "fields": listed(field_labels(dict.fromkeys(data.get("fields", []))))
    }


def _manager_changed(data: Mapping[str, Any]) -> str:
    names = {"from": data.get("from") or _("nobody"), "to": data.get("to") or _("nobody")}
    return _("Account manager: %(from)s → %(to)s") % names


def _parent_changed(data: Mapping[str, Any]) -> str:
    if data.get("parent"):
        return _("Now belongs to %(parent)s") % {"parent": data["parent"]}
    return _("Stands on its own now, without a parent company")


def _member(text: str) -> Say:
    def say(data: Mapping[str, Any]) -> str:
        roles = {value: str(label) for value, label in ServiceMember.Role.choices}
        role = data.get("role", "")
        return _(text) % {"user": data.get("user", ""), "role": roles.get(role, role)}

    return say


def _plain(text: str) -> Say:
    return lambda data: _(text) % defaultdict(str, data) if "%" in text else _(text)


KINDS: dict[str, tuple[str, Say]] = {
    "account_created": ("plus", _plain(gettext_noop("Archive opened"))),
    "account_changed": ("edit", _changed),
    "manager_changed": ("users", _manager_changed),
    "parent_changed": ("building-skyscraper", _parent_changed),
    "account_reviewed": ("clipboard-check", _plain(gettext_noop("Archive reviewed"))),
    "review_withdrawn": (
        "clipboard-check",
        _plain(gettext_noop("Noted by mistake, the archive was not reviewed")),
    ),
    "account_merged": (
        "git-merge",
        _plain(gettext_noop("%(absorbed)s was merged into %(survivor)s")),
    ),
    "merge_undone": (
        "git-merge",
        _plain(gettext_noop("The merge of %(absorbed)s into %(survivor)s was undone")),
    ),
    "contact_added": ("user", _plain(gettext_noop("Contact added"))),
    "contact_changed": ("user", _plain(gettext_noop("Contact changed"))),
    "contact_left": ("user", _plain(gettext_noop("A contact left the company"))),
    "contact_opened": ("eye", _plain(gettext_noop("Contact details opened from outside the team"))),
    "contact_removed": ("user", _plain(gettext_noop("Contact deleted"))),
    "member_added": (
        "users-group",
        _member(gettext_noop("%(user)s joined the service team: %(role)s")),
    ),
    "member_ended": (
        "users-group",
        _member(gettext_noop("%(user)s left the service team: %(role)s")),
    ),
    "attachment_added": ("paperclip", _plain(gettext_noop("File added: %(name)s"))),
    "attachment_removed": ("paperclip", _plain(gettext_noop("File deleted: %(name)s"))),
}


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    for noun_past, (icon_name, words) in KINDS.items():
        register(f"accounts.{noun_past}", icon=icon_name, say=words)
