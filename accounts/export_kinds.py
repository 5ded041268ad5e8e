"""What can be exported and how many rows of it one person may take in a month (A11).

An app registers its kinds in its `ready()`. Source: docs/policies/trade-secrets.md section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from staff.models import User


@dataclass(frozen=True, kw_only=True)
class Kind:
    """permission: who may export it at all.

    rows_a_month: what one person may take in a month, unless `accounts.limits` say otherwise.
    """

    key: str
    label: str | Promise
    permission: str
    rows_a_month: int


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known; a key is taken once."""
    if _kinds.setdefault(kind.key, kind) is not kind:
        raise ValueError(f"there is a kind {kind.key} already")


def known() -> list[Kind]:
    """Every kind there is."""
    return list(_kinds.values())


def open_to(user: User) -> list[Kind]:
    """The kinds that this user may export."""
    return [kind for kind in _kinds.values() if user.has_perm(kind.permission)]


def get(key: str) -> Kind:
    return _kinds[key]


def label(key: str) -> str:
    """What a kind is called; its key where no app knows it any more."""
    return str(_kinds[key].label) if key in _kinds else key
