"""Who must hear of changed orders before they are committed; higher apps register when ready.

So an order can never be stored without what follows from it (its credit decision), and this
app still knows nothing of the apps above it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sales.rules import PreparedOrder

if TYPE_CHECKING:
    from staff.models import User

Listener = Callable[[Sequence[int], "User"], None]
Storer = Callable[[PreparedOrder, "User"], bool]
_listeners: dict[Listener, Storer | None] = {}


def register(listener: Listener, *, at_once: Storer | None = None) -> None:
    """Have `listener(order ids, actor)` called in the transaction that writes these orders.

    at_once: stores a new order together with all that the listener would make of it, in a
    transaction of its own or a savepoint, and says whether it did; else nothing is written.
    """
    _listeners[listener] = at_once


def orders_written(order_ids: Sequence[int], actor: User) -> None:
    """Tell everybody; the rows of the orders are locked by the caller until it commits."""
    for listener in _listeners:
        listener(order_ids, actor)


def stored_at_once(order: PreparedOrder, actor: User) -> bool:
    """Whether the only one to hear of it has stored a new order at once."""
    if len(_listeners) != 1:
        return False
    [at_once] = _listeners.values()
    return at_once is not None and at_once(order, actor)
