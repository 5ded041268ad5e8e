"""The reader's day: what every app says waits for them, less what they have set aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from accounts.people import seen_numbers
from kam.core import once
from kam.core.today import Item, Kind, registered
from kam.home import rules
from kam.home.models import TodayMark

if TYPE_CHECKING:
    from staff.models import User


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of the page. `given`: the mark by which another handed it to the reader; `mark`:
    what the reader has decided about it."""

    item: Item
    kind: Kind
    given: TodayMark | None = None
    mark: TodayMark | None = None

    @property
    def band(self) -> str:
        """Which part of the list it stands in."""
        if self.item.urgency >= rules.URGENT:
            return "urgent"
        return "soon" if self.item.urgency >= rules.SOON else "later"

    @property
    def due(self) -> str:
        """The day it is due, with the hour where one was set."""
        due = self.item.due
        if isinstance(due, datetime):
            return f"{timezone.localtime(due):%Y-%m-%d %H:%M}"
        return due.isoformat() if due else ""

    @property
    def may_tick(self) -> bool:
        """Whether the word that it is done is enough."""
        return self.item.may_tick or self.kind.finish is not None

    @property
    def may_hand_over(self) -> bool:
        """One's own, of a customer: it goes to somebody who sees that customer."""
        return bool(self.item.account_number) and self.given is None


@dataclass(frozen=True)
class Day:
    """Everything that waits for a reader, the most urgent first, and what they have set aside."""

    waiting: list[Entry]
    aside: list[Entry]

    def find(self, key: str) -> Entry | None:
        """The row of this item, if the reader has it at all."""
        return next((each for each in [*self.waiting, *self.aside] if each.item.key == key), None)


@once.reading()
def day_of(user: User, now: datetime, *, kind: str = "") -> Day:
    """What waits for this user, of one kind or of all.

    The queries of each kind and three more; for each person who handed over to them or to whom
    they handed over, a few.
    """
    kinds = registered()
    if kind:
        kinds = {key: one for key, one in kinds.items() if key == kind}
    entries = {entry.item.key: entry for entry in _own(user, now, kinds.values())}
    entries |= {entry.item.key: entry for entry in _given(user, now, kinds)}
    marks = _marks(user, entries)
    today = timezone.localdate(now)
    waiting, aside = [], []
    for entry in sorted(entries.values(), key=_rank):
        mark = marks.get(entry.item.key)
        if mark and rules.is_aside(mark.aside(), urgency=entry.item.urgency, today=today):
            aside.append(replace(entry, mark=mark))
        else:
            waiting.append(entry)
    return Day(waiting, aside)


def _rank(entry: Entry) -> tuple[int, str, str]:
    return (-entry.item.urgency, entry.due or str(date.max), entry.item.key)


def _own(user: User, now: datetime, kinds: Iterable[Kind]) -> Iterator[Entry]:
    for kind in kinds:
        if not kind.permission or user.has_perm(kind.permission):
            for item in kind.provide(user, now):
                yield Entry(item=item, kind=kind)


def _given(user: User, now: datetime, kinds: dict[str, Kind]) -> Iterator[Entry]:
    """What others handed to this user and is still there, as it stands in the giver's list."""
    wanted: dict[tuple[User, str], dict[str, TodayMark]] = defaultdict(dict)
    for mark in TodayMark.objects.filter(handed_to=user, done_at=None).select_related("user"):
        wanted[mark.user, mark.key.partition(":")[0]][mark.key] = mark
    found = [
        Entry(item=entry.item, kind=entry.kind, given=marks[entry.item.key])
        for (giver, key), marks in wanted.items()
        if key in kinds
        for entry in _own(giver, now, [kinds[key]])
        if entry.item.key in marks
    ]
    theirs = within_reach(user, found)
    yield from (entry for entry in found if entry.item.key in theirs)


def within_reach(user: User, entries: Collection[Entry]) -> set[str]:
    """The keys of those of these that can be this user's work: of a kind they may do, of customers
    they see, or serve where the kind asks for that."""
    wanted: dict[bool, set[str]] = defaultdict(set)
    for entry in entries:
        wanted[entry.kind.for_team].add(entry.item.account_number)
    seen = {
        serving: seen_numbers(user, numbers, serving=serving) for serving, numbers in wanted.items()
    }
    return {
        entry.item.key
        for entry in entries
        if entry.item.account_number in seen[entry.kind.for_team]
        and (not entry.kind.permission or user.has_perm(entry.kind.permission))
    }


def _marks(user: User, entries: dict[str, Entry]) -> dict[str, TodayMark]:
    """The user's marks on these items that count: what was handed to somebody who left, or may
    not see it any more, has come back."""
    rows = TodayMark.objects.filter(user=user, key__in=entries).select_related("handed_to", "by")
    marks = {mark.key: mark for mark in rows}
    handed: dict[User, set[str]] = defaultdict(set)
    for mark in marks.values():
        if mark.handed_to and not mark.done_at:
            handed[mark.handed_to].add(mark.key)
    for other, keys in handed.items():
        for key in keys - _still_theirs(other, keys, entries):
            del marks[key]
    return marks


def _still_theirs(user: User, keys: Collection[str], entries: dict[str, Entry]) -> set[str]:
    if not user.is_active:
        return set()
    return within_reach(user, [entries[key] for key in keys])
