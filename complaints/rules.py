"""Complaints 投诉: states, deadlines, the ladder of escalation and what closing needs.

Source: docs/policies/complaints.md. Pure: values in, values out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class Channel(StrEnum):
    """By which way a complaint reached us 投诉渠道."""

    PHONE = "phone"
    EMAIL = "email"
    POST = "post"
    FAX = "fax"
    WEB = "web"
    PERSON = "person"
    REFERRAL = "referral"
    API = "api"


class Severity(StrEnum):
    """How bad it is for the customer 严重程度."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"


class Status(StrEnum):
    """How far a complaint has come 处理状态. Waiting for the customer is a mark beside it."""

    REGISTERED = "registered"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    RESOLVED = "resolved"
    REPLIED = "replied"
    CONFIRMED = "confirmed"
    CLOSED = "closed"


NEXT: dict[Status, set[Status]] = {
    Status.REGISTERED: {Status.ACKNOWLEDGED},
    Status.ACKNOWLEDGED: {Status.INVESTIGATING, Status.RESOLVED},  # solved on the spot
    Status.INVESTIGATING: {Status.RESOLVED},
    Status.RESOLVED: {Status.REPLIED, Status.INVESTIGATING},
    Status.REPLIED: {Status.CONFIRMED, Status.INVESTIGATING, Status.CLOSED},
    Status.CONFIRMED: {Status.CLOSED, Status.INVESTIGATING},
    Status.CLOSED: {Status.INVESTIGATING},  # reopened
}
# The clock may stand still in these: the solution hangs on the customer's answer.
WAITABLE = (Status.ACKNOWLEDGED, Status.INVESTIGATING)
# A solution was found in these.
SETTLED = (Status.RESOLVED, Status.REPLIED, Status.CONFIRMED, Status.CLOSED)


class Outcome(StrEnum):
    """What came of it 处理结果; loaded history may have others."""

    JUSTIFIED = "justified"
    PARTLY = "partly"
    UNJUSTIFIED = "unjustified"
    BAD_FAITH = "bad_faith"
    WITHDRAWN = "withdrawn"


class Cause(StrEnum):
    """Where the root cause 根本原因 lies: the bars of the Pareto chart."""

    MATERIAL = "material"
    PROCESS = "process"
    EQUIPMENT = "equipment"
    PEOPLE = "people"
    INSPECTION = "inspection"
    DESIGN = "design"
    SUPPLIER = "supplier"
    LOGISTICS = "logistics"
    COMMUNICATION = "communication"
    CUSTOMER_USE = "customer_use"
    OTHER = "other"


# Offered when a complaint is registered; others can be typed.
CATEGORIES = ("quality", "delivery", "service", "price", "billing", "documents", "conduct", "other")

CONFIRMATION_DAYS = 7  # a reply without an answer counts as accepted after these

REOPEN_DAYS = 30  # so long after the end the customer opens it again themselves


class Rung(StrEnum):
    """Who is called when a deadline is missed 升级."""

    MANAGER = "manager"
    DIRECTOR = "director"
    DEPUTY_GM = "deputy_gm"


RUNGS = tuple(Rung)  # in the order they are called


class Clock(Protocol):
    """Working hours, as `kam.core.calendar.WorkingHours` counts them."""

    def add(self, start: datetime, amount: timedelta) -> datetime: ...

    def between(self, start: datetime, end: datetime) -> timedelta: ...


def hours(amount: Decimal) -> timedelta:
    """Working hours of a standard as a length of time."""
    return timedelta(seconds=int(amount * 3600))


def resumed(clock: Clock, due: datetime, *, stopped: datetime, now: datetime) -> datetime:
    """The deadline after the clock stood still from `stopped` to `now`.

    As much working time is left of it as was when the clock stopped; a deadline that was missed
    by then stays as it is.
    """
    return due if due <= stopped else clock.add(now, clock.between(stopped, due))


def running_deadline(
    status: Status, acknowledge_due: datetime | None, due: datetime | None
) -> datetime | None:
    """The deadline that counts in this state: of acknowledging, of resolving, or none."""
    if status == Status.REGISTERED:
        return acknowledge_due
    return None if status in SETTLED else due


def escalate_at(
    clock: Clock, deadline: datetime | None, ladder: Mapping[Rung, timedelta], level: int
) -> datetime | None:
    """When the next rung is called, `level` rungs having been called for this deadline.

    ladder: how much working time past the deadline each rung is called.
    """
    if deadline is None or level >= len(RUNGS):
        return None
    return clock.add(deadline, ladder[RUNGS[level]])


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """What closing looks at: counts of what is still open, and what the report says."""

    severity: Severity
    is_founded: bool  # justified, if only in part
    has_report: bool
    occurrence_cause: str
    escape_cause: str
    corrective: int
    preventive: int
    unverified: int
    untold: int  # similar customers
    undecided_findings: int
    open_compensations: int  # not signed yet
    unkept_compensations: int  # signed, not delivered


def missing(dossier: Dossier) -> list[str]:
    """What stands in the way of closing, as codes; empty when nothing does.

    A severe complaint that is founded needs an 8D report; a founded one that has a report needs
    both root causes and an action of each kind.
    """
    found = []
    if dossier.is_founded and dossier.severity == Severity.SEVERE and not dossier.has_report:
        found.append("report")
    if dossier.is_founded and dossier.has_report:
        needed = {
            "occurrence_cause": dossier.occurrence_cause,
            "escape_cause": dossier.escape_cause,
            "corrective_action": dossier.corrective,
            "preventive_action": dossier.preventive,
        }
        found += [name for name, there in needed.items() if not there]
    left = {
        "verification": dossier.unverified,
        "similar_customers": dossier.untold,
        "finding": dossier.undecided_findings,
        "compensation_signature": dossier.open_compensations,
        "compensation_delivery": dossier.unkept_compensations,
    }
    return found + [name for name, number in left.items() if number]
