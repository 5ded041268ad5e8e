"""Who must sign what: routes, plans and progress, without a database.

A route is written in bands of amounts; each band has stages, each stage names signers. When a
request is opened its band becomes a plan: the same stages with seats, one signature each.
Source: docs/policies/approvals.md.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any

Holders = Mapping[str, Collection[int]]  # role -> ids of the people who hold it


class Rule(StrEnum):
    """How many of a stage's seats must sign."""

    ALL = "all"
    ANY = "any"
    IN_ORDER = "in_order"  # all, one after the other
    N_OF_M = "n_of_m"


@dataclass(frozen=True, kw_only=True)
class Signer:
    """One holder of a role; every holder of it (`each_member`); or one person."""

    role: str = ""
    person: int | None = None
    each_member: bool = False


@dataclass(frozen=True, kw_only=True)
class Stage:
    rule: Rule
    signers: tuple[Signer, ...]
    n: int = 0  # for N_OF_M


@dataclass(frozen=True, kw_only=True)
class Band:
    """The stages for amounts from `since` up to but not including `until` (None: no end)."""

    since: Decimal = Decimal(0)
    until: Decimal | None = None
    stages: tuple[Stage, ...]


@dataclass(frozen=True, kw_only=True)
class Seat:
    """One signature that a stage asks for: of any holder of the role, or of this person."""

    role: str = ""
    person: int | None = None


@dataclass(frozen=True, kw_only=True)
class PlannedStage:
    rule: Rule
    seats: tuple[Seat, ...]
    n: int = 0

    @property
    def needed(self) -> int:
        """How many seats must sign before the stage is done."""
        return {Rule.ANY: 1, Rule.N_OF_M: self.n}.get(self.rule, len(self.seats))


Plan = Sequence[PlannedStage]


@dataclass(frozen=True, kw_only=True)
class Signed:
    """An approval that counts: whose hand it was, and for whom (the voice)."""

    stage: int
    seat: int
    signer: int
    voice: int


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a request stands: `stage` is None and nothing is missing when it is complete."""

    stage: int | None
    open_seats: tuple[int, ...] = ()
    missing: int = 0

    @property
    def complete(self) -> bool:
        return self.stage is None


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A seat a person may sign now, and whose voice it would be."""

    stage: int
    seat: int
    voice: int


# --- writing routes


def one(role: str) -> Stage:
    """One holder of the role signs."""
    return all_of(role)


def all_of(*roles: str) -> Stage:
    """One holder of each role signs, in any order."""
    return Stage(rule=Rule.ALL, signers=tuple(Signer(role=role) for role in roles))


def any_of(*roles: str) -> Stage:
    """One holder of one of the roles signs."""
    return Stage(rule=Rule.ANY, signers=tuple(Signer(role=role) for role in roles))


def in_order(*roles: str) -> Stage:
    """One holder of each role signs, in this order."""
    return Stage(rule=Rule.IN_ORDER, signers=tuple(Signer(role=role) for role in roles))


def n_of(n: int, *roles: str) -> Stage:
    """One holder each of `n` of the roles signs."""
    return Stage(rule=Rule.N_OF_M, n=n, signers=tuple(Signer(role=role) for role in roles))


def each_of(role: str) -> Stage:
    """Everybody who holds the role when the request is opened signs: a unanimous committee."""
    return Stage(rule=Rule.ALL, signers=(Signer(role=role, each_member=True),))


def route(*stages: Stage) -> tuple[Band, ...]:
    """A route with the same stages whatever the amount."""
    return (Band(stages=stages),)


# --- routes


class Problem(StrEnum):
    """What is wrong with a route. Source: docs/policies/approvals.md section 2."""

    NO_BAND = "no_band"
    NOT_FROM_ZERO = "not_from_zero"
    BACKWARDS = "backwards"
    GAP = "gap"
    OVERLAP = "overlap"
    CLOSED_END = "closed_end"
    NO_STAGE = "no_stage"
    NO_SIGNER = "no_signer"
    WRONG_NUMBER = "wrong_number"


def problems(bands: Sequence[Band]) -> list[Problem]:
    """Why these bands are no route: they must cover every amount from 0 exactly once, and each
    must have a stage, each stage a signer and a number that its signers can reach."""
    if not bands:
        return [Problem.NO_BAND]
    ordered = sorted(bands, key=lambda band: band.since)
    found = _span_problems(ordered)
    for band in ordered:
        if not band.stages:
            found.append(Problem.NO_STAGE)
        found.extend(problem for stage in band.stages for problem in _stage_problems(stage))
    return list(dict.fromkeys(found))


def _span_problems(bands: Sequence[Band]) -> list[Problem]:
    found = []
    if bands[0].since != 0:
        found.append(Problem.NOT_FROM_ZERO)
    if any(band.until is not None and band.until <= band.since for band in bands):
        found.append(Problem.BACKWARDS)
    for band, following in pairwise(bands):
        if band.until is None or band.until > following.since:
            found.append(Problem.OVERLAP)
        elif band.until < following.since:
            found.append(Problem.GAP)
    if bands[-1].until is not None:
        found.append(Problem.CLOSED_END)
    return found


def _stage_problems(stage: Stage) -> list[Problem]:
    if not stage.signers or any(bool(who.role) == bool(who.person) for who in stage.signers):
        return [Problem.NO_SIGNER]
    # How many people a role has is known only when a request is opened.
    committee = any(who.each_member for who in stage.signers)
    most = None if committee else len(stage.signers)
    if stage.rule is Rule.N_OF_M and (stage.n < 1 or (most is not None and stage.n > most)):
        return [Problem.WRONG_NUMBER]
    return []


def choose_band(bands: Iterable[Band], amount: Decimal | None) -> Band:
    """The band of an amount; without an amount the highest one, which is the strictest.

    Raises ValueError for a negative amount and for bands that do not cover it.
    """
    ordered = sorted(bands, key=lambda band: band.since)
    if amount is None and ordered:
        return ordered[-1]
    for band in ordered:
        if (
            amount is not None
            and band.since <= amount
            and (band.until is None or amount < band.until)
        ):
            return band
    raise ValueError(f"no band for {amount}")


# --- plans


def make_plan(stages: Iterable[Stage], *, holders: Holders, requester: int) -> Plan:
    """The seats of each stage. A committee gets one for each member today but the requester."""
    return [
        PlannedStage(
            rule=stage.rule,
            n=stage.n,
            seats=tuple(
                seat for signer in stage.signers for seat in _seats(signer, holders, requester)
            ),
        )
        for stage in stages
    ]


def _seats(signer: Signer, holders: Holders, requester: int) -> list[Seat]:
    if not signer.each_member:
        return [Seat(role=signer.role, person=signer.person)]
    members = sorted(set(holders.get(signer.role, ())) - {requester})
    return [Seat(role=signer.role, person=member) for member in members]


def progress(plan: Plan, signatures: Iterable[Signed]) -> Progress:
    """The first stage that is not done, its seats that may sign now and how many it lacks."""
    taken: dict[int, set[int]] = {}
    for signed in signatures:
        taken.setdefault(signed.stage, set()).add(signed.seat)
    for number, stage in enumerate(plan):
        done = taken.get(number, set())
        free = [seat for seat in range(len(stage.seats)) if seat not in done]
        missing = stage.needed - len(done)
        if missing > 0:
            now = free[:1] if stage.rule is Rule.IN_ORDER else free
            return Progress(stage=number, open_seats=tuple(now), missing=missing)
    return Progress(stage=None)


def entitled(seat: Seat, holders: Holders) -> Collection[int]:
    """Whose voice may fill the seat."""
    return (seat.person,) if seat.person is not None else holders.get(seat.role, ())


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A request as it lies before its signers: plan, approvals so far, who holds which role."""

    plan: Plan
    requester: int
    signatures: Sequence[Signed] = ()
    holders: Holders = field(default_factory=dict)

    @property
    def progress(self) -> Progress:
        return progress(self.plan, self.signatures)

    def with_signature(self, turn: Turn, signer: int) -> "Desk":
        """The desk once this turn is taken."""
        signed = Signed(stage=turn.stage, seat=turn.seat, signer=signer, voice=turn.voice)
        return Desk(
            plan=self.plan,
            requester=self.requester,
            signatures=[*self.signatures, signed],
            holders=self.holders,
        )


def turns(desk: Desk, person: int, principals: Iterable[int] = ()) -> list[Turn]:
    """The seats this person may sign now, for themselves first, then as a deputy of `principals`.

    Never on their own request nor for its author; one hand signs once, one voice counts once.
    Source: docs/policies/approvals.md sections 3 and 4.
    """
    hands = {signed.signer for signed in desk.signatures}
    voices = {signed.voice for signed in desk.signatures} | {desk.requester}
    now = desk.progress
    if now.stage is None or person in hands or person == desk.requester:
        return []
    seats = desk.plan[now.stage].seats
    return [
        Turn(stage=now.stage, seat=seat, voice=voice)
        for voice in (person, *principals)
        if voice not in voices
        for seat in now.open_seats
        if voice in entitled(seats[seat], desk.holders)
    ]


def unsignable(desk: Desk) -> Seat | None:
    """A seat nobody is left for, as everybody signs at most once; None when all can be filled.

    A matching of free seats and people. A stage that needs k of its m free seats may leave m - k
    empty, so that many nobodies may sit there (negative ids).
    """
    used = {desk.requester}
    used |= {who for signed in desk.signatures for who in (signed.signer, signed.voice)}
    candidates: dict[tuple[int, int], list[int]] = {}
    nobody = 0
    for number, stage in enumerate(desk.plan):
        taken = {signed.seat for signed in desk.signatures if signed.stage == number}
        free = [seat for seat in range(len(stage.seats)) if seat not in taken]
        missing = max(0, stage.needed - len(taken))
        if missing > len(free):
            return Seat()
        nobodies = [nobody - place for place in range(1, len(free) - missing + 1)]
        nobody -= len(nobodies)
        for seat in free:
            people = sorted(set(entitled(stage.seats[seat], desk.holders)) - used)
            candidates[number, seat] = people + nobodies
    sitting: dict[int, tuple[int, int]] = {}
    for place in candidates:
        if not _seat_somebody(place, candidates, sitting, set()):
            return desk.plan[place[0]].seats[place[1]]
    return None


def _seat_somebody(
    place: tuple[int, int],
    candidates: Mapping[tuple[int, int], Sequence[int]],
    sitting: dict[int, tuple[int, int]],
    asked: set[int],
) -> bool:
    for person in candidates[place]:
        if person in asked:
            continue
        asked.add(person)
        if person not in sitting or _seat_somebody(sitting[person], candidates, sitting, asked):
            sitting[person] = place
            return True
    return False


def choose_turn(desk: Desk, possible: Sequence[Turn], signer: int) -> Turn | None:
    """Of these turns the first after which the rest can still be signed; None if there is none.

    Whoever is the last to hold the role of a later stage must not use up their one signature now.
    """
    if unsignable(desk) is not None:
        return possible[0]  # not this signature's fault
    for turn in possible:
        if unsignable(desk.with_signature(turn, signer)) is None:
            return turn
    return None


# --- as JSON


def stages_to_json(stages: Iterable[Stage]) -> list[dict[str, Any]]:
    return [
        {
            "rule": stage.rule.value,
            "n": stage.n,
            "signers": [
                {"person": who.person}
                if who.person is not None
                else {"role": who.role, "each_member": who.each_member}
                for who in stage.signers
            ],
        }
        for stage in stages
    ]


def stages_from_json(rows: Iterable[Mapping[str, Any]]) -> tuple[Stage, ...]:
    return tuple(
        Stage(
            rule=Rule(row["rule"]),
            n=row.get("n", 0),
            signers=tuple(Signer(**who) for who in row["signers"]),
        )
        for row in rows
    )


def plan_to_json(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "rule": stage.rule.value,
            "n": stage.n,
            "seats": [{"role": seat.role, "person": seat.person} for seat in stage.seats],
        }
        for stage in plan
    ]


def plan_from_json(rows: Iterable[Mapping[str, Any]]) -> Plan:
    return [
        PlannedStage(
            rule=Rule(row["rule"]), n=row["n"], seats=tuple(Seat(**seat) for seat in row["seats"])
        )
        for row in rows
    ]
