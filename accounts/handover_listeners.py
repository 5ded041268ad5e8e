"""Who must hear how a handover or a leave cover comes along; higher apps register when ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.models import Cover, HandoverTransfer
    from staff.models import User

TransferListener = Callable[["HandoverTransfer", str, "User"], None]
CoverListener = Callable[["Cover", str, "User"], None]
_of_transfers: list[TransferListener] = []
_of_covers: list[CoverListener] = []


def register(of_transfers: TransferListener, of_covers: CoverListener) -> None:
    """Have `listener(subject, what, actor)` called in the transaction of what happened.

    what: of a transfer "proposed", "signed", "moved" or "withdrawn"; of a cover "proposed",
    "accepted" or "ended".
    """
    _of_transfers.append(of_transfers)
    _of_covers.append(of_covers)


def transfer_changed(transfer: HandoverTransfer, what: str, actor: User) -> None:
    for listener in _of_transfers:
        listener(transfer, what, actor)


def cover_changed(cover: Cover, what: str, actor: User) -> None:
    for listener in _of_covers:
        listener(cover, what, actor)
