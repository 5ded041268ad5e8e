"""What can be asked for, registered by the apps that know it and looked up by key.

So the one mechanism serves credit lines, tier policies and whatever comes, without importing them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from approvals.rules import Band

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from approvals.models import Request
    from staff.models import User


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of request.

    snapshot: what the signer sees of the subject, as JSON: {name: value} or {name: [old, new]}.
    It must not depend on the reader (codes, ISO dates, amounts as strings) and must not change
    while nothing that was asked for changes: a signature is refused when it did. `labels` says
    how the names read on the page, and in which order; `words` how the codes of a name read,
    `texts` how the text of a name does that is more than codes.
    on_approved: runs in the transaction of the last signature; `actor` is its signer. The subject
    is locked. A RuleViolation takes that signature back.
    on_closed: the request came to nothing (rejected, recalled or expired: `request.status`);
    `actor` is None when it expired.
    what_if_url: where the signers see what would become of it before they decide, if anywhere.
    default_route: shipped as version 1 where there is none.
    expires_days: a request that is not decided on by then expires.
    """

    key: str
    label: str | Promise
    subject_url: Callable[[Request], str]
    snapshot: Callable[[Any], dict[str, Any]]
    on_approved: Callable[[Request, User], None]
    on_closed: Callable[[Request, User | None], None]
    default_route: tuple[Band, ...]
    what_if_url: Callable[[Request], str] | None = None
    expires_days: int = 30
    labels: Mapping[str, str | Promise] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str | Promise]] = field(default_factory=dict)
    texts: Mapping[str, Callable[[str], str]] = field(default_factory=dict)


_registered: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known; a key is taken once."""
    if _registered.setdefault(kind.key, kind) is not kind:
        raise ValueError(f"there is a kind {kind.key} already")


def registered() -> dict[str, Kind]:
    """All kinds by key."""
    return dict(_registered)


def get(key: str) -> Kind:
    """The kind with this key; KeyError where no app registered it."""
    return _registered[key]


def kind_label(key: str) -> str:
    """What a kind is called; its key where no app knows it any more."""
    known = _registered.get(key)
    return str(known.label) if known else key
