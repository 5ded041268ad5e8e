"""Who must hear that a request has moved on; higher apps register when ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from approvals.models import Request
    from staff.models import User

Listener = Callable[["Request", "User | None"], None]
_listeners: list[Listener] = []


def register(listener: Listener) -> None:
    """Have `listener(request, actor)` called in the transaction in which a request comes to wait
    for other people (or they are reminded), is approved, sent back or closed."""
    if listener not in _listeners:
        _listeners.append(listener)


def request_moved(request: Request, actor: User | None) -> None:
    """Tell everybody where the request stands now."""
    for listener in _listeners:
        listener(request, actor)
