"""What names a person and must not stay behind when they leave (A10 人走客不走).

Each app registers its parts in its `ready()`: what a person holds, and how it moves to another.
So handing over knows no app.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from accounts.models import AccountQuerySet, HandoverCase
    from staff.models import User


@dataclass(frozen=True)
class OpenItem:
    """One thing that a person holds.

    key: names it within its part, such as its primary key. title: what it is, in the reader's
    language; url: where it is, "" where it has no page.
    """

    key: str
    title: str
    url: str = ""
    account_id: int | None = None


class Move(Protocol):
    """Give these items to `to`, in the transaction of the caller.

    Items that are not the giver's or not open any more are left alone. The move writes its own
    audit entries, with `str(case)` as the reason, and what happened on the accounts' timelines;
    who did what before stays as it is.
    """

    def __call__(
        self, keys: Collection[str], *, to: User, actor: User, case: HandoverCase
    ) -> None: ...


@dataclass(frozen=True)
class Part:
    """A kind of thing that a person holds ("visits.visit").

    open_items: all that this person holds now, by a constant number of queries.
    permission: who lacks it cannot take such things over. by_itself: who holds it sees it, whoever
    the customer is; otherwise they must see its account. opens: the accounts that one sees by
    taking over these items. fields: the foreign keys to people that it empties of them
    ("visits.Visit.owner"); every other one of the project is history, which stays, and is listed
    with its reason in tests/accounts/test_handover_complete.py.
    """

    key: str
    label: str | Promise
    open_items: Callable[[User], list[OpenItem]]
    move: Move
    fields: tuple[str, ...] = ()
    permission: str = ""
    by_itself: bool = False
    opens: Callable[[Collection[str]], AccountQuerySet] | None = None


_parts: dict[str, Part] = {}


def register(part: Part) -> None:
    """Make a part known; a key is taken once."""
    if _parts.setdefault(part.key, part) is not part:
        raise ValueError(f"there is a part {part.key} already")


def registered() -> dict[str, Part]:
    """All parts by key, in the order of registration."""
    return dict(_parts)
