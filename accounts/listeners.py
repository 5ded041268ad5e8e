"""Who must hear of accounts that other people serve now, before it is committed; higher apps
register when ready, so that this app knows nothing of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from staff.models import User

HandsListener = Callable[[Collection[int], "User", str], None]
_of_hands: list[HandsListener] = []


def register_hands(listener: HandsListener) -> None:
    """Have `listener(account_ids, actor, reason)` called in the transaction that takes accounts
    from those who served them: open work whose owner does not see them any more goes to their
    manager (`accounts.people.out_of_hands`)."""
    if listener not in _of_hands:
        _of_hands.append(listener)


def hands_changed(account_ids: Collection[int], actor: User, reason: str) -> None:
    """Tell everybody that these accounts have another manager, or one member less."""
    for listener in _of_hands:
        listener(account_ids, actor, reason)
