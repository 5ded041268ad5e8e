"""Who must hear of changed orders before they are committed; higher apps register when ready.

So an order can never be stored without what follows from it (its credit decision), and this
app still knows nothing of the apps above it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from staff.models import User

Listener = Callable[[Sequence[int], "User"], None]
_listeners: list[Listener] = []


def register(listener: Listener) -> None:
    """Have `listener(order ids, actor)` called in the transaction that writes these orders."""
    if listener not in _listeners:
        _listeners.append(listener)


def orders_written(order_ids: Sequence[int], actor: User) -> None:
    """Tell everybody; the rows of the orders are locked by the caller until it commits."""
    for listener in _listeners:
        listener(order_ids, actor)
