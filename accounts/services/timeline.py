from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from accounts.models import Event

if TYPE_CHECKING:
    from staff.models import User


def record_event(
    account_ids: Iterable[int],
    kind: str,
    *,
    actor: User | None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write one event of this kind on the timeline of each account; call it in the transaction.

    `kind` is "<app>.<noun>_<past participle>", known to `accounts.timeline`. No actor: the system.
    """
    Event.objects.bulk_create(
        (Event(account_id=pk, kind=kind, actor=actor, data=dict(data or {})) for pk in account_ids),
        batch_size=2000,
    )
