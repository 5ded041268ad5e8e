"""What people are told of: an app registers its kinds of notices in its `ready()`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts import timeline

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from accounts.models import Event

Recipients = Callable[["Event"], Iterable[int]]
Link = Callable[["Event"], str]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of notice. See `register`."""

    key: str
    label: str | Promise
    recipients: Recipients | None
    say: timeline.Say | None
    link: Link | None
    mail: str

    @property
    def app(self) -> str:
        return self.key.partition(".")[0]


_kinds: dict[str, Kind] = {}


def register(
    kind: str,
    *,
    label: str | Promise,
    recipients: Recipients | None = None,
    say: timeline.Say | None = None,
    link: Link | None = None,
    mail: str = "daily",
) -> None:
    """Tell people of events of this kind ("<app>.<noun>_<past participle>").

    recipients: `(event)` gives the ids of users; without it the manager of the account and its
    active service team. Who did it themselves, has left, or is no person is not told, nor who
    is among `told` in the event's data: another notice says it to them. An account
    that is hidden from somebody stays so: they do not see the notice.
    say: the words from the event's data, in the reader's language; without it those of
    `accounts.timeline`. link: the path it leads to; without it the page of the account.
    mail: how it goes out by e-mail unless the reader chooses otherwise, a value of `models.Mail`.
    Kinds of notices that are no events of an account (`services.notify`) need `say`.
    """
    new = Kind(key=kind, label=label, recipients=recipients, say=say, link=link, mail=mail)
    if _kinds.setdefault(kind, new) is not new:
        raise ValueError(f"there is a kind {kind} already")


def registered() -> dict[str, Kind]:
    """All kinds by key."""
    return dict(_kinds)


def say(kind: str, data: Mapping[str, Any]) -> str:
    """A notice in words, in the reader's language; its bare kind when nobody registered it."""
    known = _kinds.get(kind)
    return known.say(data) if known and known.say else timeline.words(kind, data)
