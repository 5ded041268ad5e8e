"""Visits 拜访: their states, when the next one is due, and the plan of a month.

docs/policies/visits.md; the sections are named beside the rules.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum


class Status(StrEnum):
    """What has become of a visit (section 1)."""

    PROPOSED = "proposed"  # by the generator; the person who is to go has not agreed yet
    PLANNED = "planned"
    STARTED = "started"  # checked in
    DONE = "done"  # reported, with a purpose and a next step
    CANCELLED = "cancelled"


NEXT: dict[Status, set[Status]] = {
    Status.PROPOSED: {Status.PLANNED, Status.STARTED, Status.DONE, Status.CANCELLED},
    Status.PLANNED: {Status.STARTED, Status.DONE, Status.CANCELLED},
    Status.STARTED: {Status.DONE, Status.CANCELLED},
    Status.DONE: set(),
    Status.CANCELLED: set(),
}
OPEN = frozenset(status for status, following in NEXT.items() if following)
MOVABLE = frozenset({Status.PROPOSED, Status.PLANNED})


class Kind(StrEnum):
    """Why somebody goes (section 2)."""

    ON_SITE = "on_site"
    RETURN = "return"
    MUTUAL = "mutual"
    MANAGEMENT = "management"
    MAINTENANCE = "maintenance"


def due_on(last_on: date | None, known_since: date, every_days: int) -> date:
    """The last day on which the next visit keeps the standard of the tier (section 3).

    A customer that was never visited counts from the day its archive was opened.
    """
    return (last_on or known_since) + timedelta(days=every_days)


# --- the plan of a month (section 4)

EARLY_SHARE = 4  # a visit may come a quarter of its interval early
SOON_DAYS = 5  # one that is overdue comes within so many working days


class Why(StrEnum):
    """Why a visit stands on its day."""

    IN_TIME = "in_time"
    OVERDUE = "overdue"  # before the month: as soon as there is room
    EARLY = "early"  # the days near its due day are full
    LATE = "late"  # all days up to its due day are full


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A customer to be planned. rank: 0 for the highest tier; territory: "" when unknown."""

    account_id: int
    account_number: str
    rank: int
    territory: str
    every_days: int
    due_on: date


@dataclass(frozen=True)
class Booking:
    """A visit that stands already and takes room of its day."""

    day: date
    territory: str


@dataclass(frozen=True)
class Placed:
    """A proposed visit; `candidate.due_on` is the due day that it meets."""

    candidate: Candidate
    day: date
    why: Why


@dataclass(frozen=True)
class Proposal:
    """The visits in the order of their days, and the candidates for which there was no room."""

    placed: tuple[Placed, ...]
    unplaced: tuple[Candidate, ...]


def propose(
    candidates: Iterable[Candidate],
    *,
    days: Sequence[date],
    until: date,
    capacity: int,
    booked: Iterable[Booking] = (),
) -> Proposal:
    """Spread the visits that fall due by `until` over these working days.

    The higher tier is placed first, then what is due first. No day takes more than `capacity`
    with what is `booked`. A customer that falls due again in the month is placed again.
    """
    month = _Month(days=tuple(sorted(days)), capacity=capacity)
    for booking in booked:
        month.take(booking.day, booking.territory)
    waiting = [(*_urgency(each), each) for each in candidates if each.due_on <= until]
    heapq.heapify(waiting)
    placed: list[Placed] = []
    unplaced: list[Candidate] = []
    while waiting:
        candidate = heapq.heappop(waiting)[-1]
        found = month.place(candidate)
        if found is None:
            unplaced.append(candidate)
            continue
        placed.append(found)
        month.take(found.day, candidate.territory)
        again = replace(candidate, due_on=found.day + timedelta(days=candidate.every_days))
        if again.due_on <= until:
            heapq.heappush(waiting, (*_urgency(again), again))
    placed.sort(key=lambda each: (each.day, *_urgency(each.candidate)))
    return Proposal(tuple(placed), tuple(unplaced))


def _urgency(candidate: Candidate) -> tuple[int, date, str]:
    return candidate.rank, candidate.due_on, candidate.account_number


@dataclass
class _Month:
    """The working days with what stands on them."""

    days: tuple[date, ...]
    capacity: int
    load: Counter[date] = field(default_factory=Counter)
    territories: dict[date, set[str]] = field(default_factory=lambda: defaultdict(set))

    def take(self, day: date, territory: str) -> None:
        self.load[day] += 1
        self.territories[day].add(territory)

    def place(self, candidate: Candidate) -> Placed | None:
        """The best day with room; None when the month is full."""
        free = [day for day in self.days if self.load[day] < self.capacity]
        for why, options, target in self._windows(candidate, free):
            if options:
                day = min(options, key=lambda day: self._cost(day, candidate.territory, target))
                return Placed(candidate, day, why)
        return None

    def _windows(
        self, candidate: Candidate, free: list[date]
    ) -> list[tuple[Why, list[date], date]]:
        """The days that come into question, the best ones first, and the day to be near to."""
        due = candidate.due_on
        if not self.days or due < self.days[0]:
            soon = set(self.days[:SOON_DAYS])
            first = self.days[0] if self.days else due
            return [
                (Why.OVERDUE, [day for day in free if day in soon], first),
                (Why.OVERDUE, [day for day in free if day not in soon][:SOON_DAYS], first),
            ]
        slack = timedelta(days=candidate.every_days // EARLY_SHARE)
        return [
            (Why.IN_TIME, [day for day in free if due - slack <= day <= due], due - slack / 2),
            (Why.EARLY, [day for day in free if day < due - slack], due),
            (Why.LATE, [day for day in free if day > due][:SOON_DAYS], due),
        ]

    def _cost(self, day: date, territory: str, target: date) -> tuple[bool, int, int, date]:
        """Less is better: no second territory on a day, few visits on it, near the target."""
        others = self.territories.get(day, set()) - {territory}
        return bool(others), self.load[day], abs((day - target).days), day
