"""Who must hear of changed company groups before they are committed; higher apps register when
ready, so that this app knows nothing of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from staff.models import User

Listener = Callable[["User"], None]
_listeners: list[Listener] = []


def register(listener: Listener) -> None:
    """Have `listener(actor)` called in the transaction that changes parent companies."""
    if listener not in _listeners:
        _listeners.append(listener)


def hierarchy_changed(actor: User) -> None:
    """Tell everybody that accounts have come to stand under another parent company."""
    for listener in _listeners:
        listener(actor)
