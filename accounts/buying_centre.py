"""The buying centre 采购中心 of an account: who decides, and what we do not know about it (A5).

Pure. Source: docs/policies/buying-centre.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_DECIDES = ("decision_maker", "approver")
_AGAINST = ("sceptic", "opponent")


@dataclass(frozen=True, kw_only=True)
class Person:
    """A contact who is still there."""

    name: str
    role: str = ""
    attitude: str = ""
    influence: str = ""
    has_counterpart: bool = False
    last_touch_on: date | None = None

    @property
    def weighs(self) -> bool:
        """Whether the decision hangs on them."""
        return self.role in _DECIDES or self.influence == "high"


class Gap(StrEnum):
    NOBODY = "nobody"
    NO_DECISION_MAKER = "no_decision_maker"
    ONLY_ONE = "only_one"
    SILENT = "silent"
    DECIDER_SILENT = "decider_silent"
    UNATTENDED = "unattended"
    AGAINST_US = "against_us"
    UNKNOWN_ROLE = "unknown_role"


@dataclass(frozen=True, kw_only=True)
class BlindSpot:
    """A gap in what we know or do. days: since the last touch; None when there never was one."""

    gap: Gap
    names: tuple[str, ...] = ()
    days: int | None = None


def blind_spots(
    people: Sequence[Person], *, silent_after_days: int, today: date
) -> list[BlindSpot]:
    """What is missing, the gravest first.

    silent_after_days: more days than these without a touch are a blind spot.
    """
    if not people:
        return [BlindSpot(gap=Gap.NOBODY)]
    found = []
    if not any(person.role in _DECIDES for person in people):
        found.append(BlindSpot(gap=Gap.NO_DECISION_MAKER))
    if len(people) == 1:
        found.append(BlindSpot(gap=Gap.ONLY_ONE, names=(people[0].name,)))
    return found + _silences(people, silent_after_days, today) + _by_person(people)


def _silences(people: Sequence[Person], limit: int, today: date) -> list[BlindSpot]:
    days = min(_days(person, today) for person in people)
    if days > limit:
        return [BlindSpot(gap=Gap.SILENT, days=None if days == _NEVER else days)]
    names = tuple(
        person.name for person in people if person.role in _DECIDES and _days(person, today) > limit
    )
    return [BlindSpot(gap=Gap.DECIDER_SILENT, names=names)] if names else []


def _by_person(people: Sequence[Person]) -> list[BlindSpot]:
    groups = {
        Gap.AGAINST_US: [p.name for p in people if p.weighs and p.attitude in _AGAINST],
        Gap.UNATTENDED: [p.name for p in people if p.weighs and not p.has_counterpart],
        Gap.UNKNOWN_ROLE: [p.name for p in people if not p.role],
    }
    return [BlindSpot(gap=gap, names=tuple(names)) for gap, names in groups.items() if names]


_NEVER = 1_000_000


def _days(person: Person, today: date) -> int:
    return (today - person.last_touch_on).days if person.last_touch_on else _NEVER
