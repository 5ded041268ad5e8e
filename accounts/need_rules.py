"""How a need 需求 goes its way and what its analysis recommends: pure functions, no Django.

Source: docs/policies/needs.md.
"""

from enum import IntEnum, StrEnum

ANSWER_WITHIN = 10  # working days from being collected to being answered


class Status(StrEnum):
    COLLECTED = "collected"
    ANALYSED = "analysed"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


OPEN = (Status.COLLECTED, Status.ANALYSED, Status.ANSWERED)
TO_ANSWER = (Status.COLLECTED, Status.ANALYSED)

NEXT: dict[Status, set[Status]] = {
    Status.COLLECTED: {Status.ANALYSED, Status.DECLINED},
    Status.ANALYSED: {Status.ANALYSED, Status.ANSWERED, Status.DECLINED},
    Status.ANSWERED: {Status.CONFIRMED, Status.ANALYSED},  # confirmed, or not what they want
    Status.CONFIRMED: set(),
    Status.DECLINED: {Status.ANALYSED},  # taken up again
}


class Feasibility(IntEnum):
    """What it takes us to meet a need 可行性."""

    NOT_FEASIBLE = 0
    DEVELOPMENT = 1
    ADAPTATION = 2
    AVAILABLE = 3


class Priority(IntEnum):
    """How much the need matters to the customer and to us 优先级."""

    LOW = 1
    NORMAL = 2
    HIGH = 3


class Course(StrEnum):
    """What the analysis recommends."""

    NOW = "now"
    PLAN = "plan"
    ASIDE = "aside"
    DECLINE = "decline"


def may_go(before: str, after: str) -> bool:
    """Whether a need may go from one status to another."""
    return Status(after) in NEXT[Status(before)]


def course(feasibility: int, priority: int) -> Course:
    """What to do with a need of this feasibility and priority.

    What cannot be met is declined, and the customer told so. Otherwise the product of both
    decides: from 6 on at once, from 3 on planned, below that set aside until there is more demand.
    """
    if feasibility == Feasibility.NOT_FEASIBLE:
        return Course.DECLINE
    weight = feasibility * priority
    if weight >= 6:
        return Course.NOW
    return Course.PLAN if weight >= 3 else Course.ASIDE
