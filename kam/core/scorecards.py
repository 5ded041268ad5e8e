"""Scorecards 评分卡: weighted criteria over figures, points of 0 to 100, a grade, and why.

Pure: figures go in by the name of their metric, a score with one line per criterion comes out.
The rules are those of docs/policies/credit.md section 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any

from kam.core.policy_data import from_json, to_json

FULL = Decimal(100)
NEUTRAL_POINTS = Decimal(50)
POINTS = Decimal("0.0001")

type Figure = Decimal | int | float | None
type Figures = Mapping[str, Figure]


class Missing(StrEnum):
    """What a criterion does when its figure is missing."""

    WORST = "worst"  # the lowest points of its bins
    NEUTRAL = "neutral"  # 50 points
    EXCLUDE = "exclude"  # left out; the weights of the others make up for it
    REFUSE = "refuse"  # nothing is scored without it


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong with a card: a code for the form, the place, and a sentence."""

    code: str
    where: str
    detail: str


class ScorecardError(ValueError):
    """A card that cannot be used, with everything that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{p.where}: {p.detail}" for p in problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Figures from `lower` (included) to below `upper` are worth `points` of 0 to 100.

    lower None: without a lower bound; upper None: without an upper one.
    """

    lower: Decimal | None
    upper: Decimal | None
    points: Decimal
    label: str = ""

    def holds(self, figure: Decimal) -> bool:
        """Whether the figure falls into this bin."""
        return (self.lower is None or figure >= self.lower) and (
            self.upper is None or figure < self.upper
        )


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One figure that counts, with its weight in percent of the card and its bins, ascending."""

    metric: str
    label: str
    weight: Decimal
    bins: tuple[Bin, ...]
    missing: Missing = Missing.WORST

    @property
    def worst(self) -> Decimal:
        """The lowest points of the bins."""
        return min(each.points for each in self.bins)

    def bin_of(self, figure: Decimal) -> Bin | None:
        """The bin of a figure; None only for a negative figure on a scale that begins at 0."""
        return next((each for each in self.bins if each.holds(figure)), None)


@dataclass(frozen=True, kw_only=True)
class Grade:
    """A grade from `lower` points (included) to below `upper`; the best one includes its 100."""

    name: str
    lower: Decimal
    upper: Decimal


@dataclass(frozen=True, kw_only=True)
class Cap:
    """A knock-out: while `metric` is from `lower` to below `upper`, no better than `grade`.

    A missing figure caps nothing.
    """

    metric: str
    lower: Decimal | None
    upper: Decimal | None
    grade: str

    def applies_to(self, figure: Decimal | None) -> bool:
        """Whether the figure is there and within the bounds."""
        return figure is not None and Bin(
            lower=self.lower, upper=self.upper, points=Decimal(0)
        ).holds(figure)


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """Criteria, grades (best first) and caps; a card that exists is a valid one.

    never_alone: metrics that must never decide by themselves (payment behaviour, for credit). It
    is said by the code that scores and not stored with the card.
    Raises ScorecardError with every problem found.
    """

    criteria: tuple[Criterion, ...]
    grades: tuple[Grade, ...]
    caps: tuple[Cap, ...] = ()
    never_alone: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if problems := tuple(_problems(self)):
            raise ScorecardError(problems)

    def rank(self, grade: str) -> int:
        """0 for the best grade, counting up. Raises ValueError for an unknown one."""
        return [each.name for each in self.grades].index(grade)


def _problems(card: Scorecard) -> Iterator[Problem]:
    yield from _criteria_problems(card)
    for criterion in card.criteria:
        yield from _bin_problems(criterion)
    yield from _grade_problems(card.grades)
    names = {grade.name for grade in card.grades}
    for cap in card.caps:
        if cap.grade not in names:
            yield Problem(code="unknown_grade", where=cap.metric, detail=f"no grade {cap.grade}")
        if cap.lower is not None and cap.upper is not None and cap.lower >= cap.upper:
            yield Problem(code="empty_range", where=cap.metric, detail="the cap covers nothing")


def _criteria_problems(card: Scorecard) -> Iterator[Problem]:
    metrics = [criterion.metric for criterion in card.criteria]
    for metric in sorted({each for each in metrics if metrics.count(each) > 1}):
        yield Problem(code="twice", where=metric, detail="the metric stands twice")
    for criterion in card.criteria:
        if criterion.weight <= 0:
            yield Problem(
                code="weight", where=criterion.metric, detail="the weight must be above 0"
            )
    total = sum((criterion.weight for criterion in card.criteria), Decimal(0))
    if total != FULL:
        yield Problem(
            code="weights", where="weights", detail=f"the weights sum to {total}, not to 100"
        )
    if card.never_alone and metrics and set(metrics) <= card.never_alone:
        yield Problem(
            code="one_sided",
            where="criteria",
            detail="all criteria are of the kind that must not decide alone",
        )


def _bin_problems(criterion: Criterion) -> Iterator[Problem]:
    where, bins = criterion.metric, criterion.bins
    if not bins:
        yield Problem(code="no_bins", where=where, detail="there are no bins")
        return
    if bins[0].lower not in (None, Decimal(0)):
        yield Problem(
            code="start", where=where, detail="the first bin must begin at 0 or have no lower bound"
        )
    if bins[-1].upper is not None:
        yield Problem(code="end", where=where, detail="the last bin must have no upper bound")
    for each in bins:
        if not 0 <= each.points <= FULL:
            yield Problem(code="points", where=where, detail=f"{each.points} points; 0 to 100 only")
        if each.lower is not None and each.upper is not None and each.lower >= each.upper:
            yield Problem(
                code="empty_range", where=where, detail=f"nothing from {each.lower} to {each.upper}"
            )
    for below, above in pairwise(bins):
        yield from _seam_problems(where, below.upper, above.lower)


def _grade_problems(grades: tuple[Grade, ...]) -> Iterator[Problem]:
    if not grades:
        yield Problem(code="no_grades", where="grades", detail="there are no grades")
        return
    names = [grade.name for grade in grades]
    for name in sorted({each for each in names if names.count(each) > 1}):
        yield Problem(code="twice", where=name, detail="the grade stands twice")
    if grades[0].upper != FULL:
        yield Problem(code="end", where=grades[0].name, detail="the best grade must end at 100")
    if grades[-1].lower != 0:
        yield Problem(code="start", where=grades[-1].name, detail="the worst must begin at 0")
    for grade in grades:
        if grade.lower >= grade.upper:
            yield Problem(code="empty_range", where=grade.name, detail="the grade covers nothing")
    for above, below in pairwise(grades):
        yield from _seam_problems(f"{below.name}, {above.name}", below.upper, above.lower)


def _seam_problems(where: str, end: Decimal | None, begin: Decimal | None) -> Iterator[Problem]:
    """Where one range ends the next must begin."""
    if end == begin and end is not None:
        return
    overlap = end is None or begin is None or end > begin
    between = f"between {'∞' if end is None else end} and {'-∞' if begin is None else begin}"
    yield Problem(
        code="overlap" if overlap else "gap",
        where=where,
        detail=f"{'an overlap' if overlap else 'a gap'} {between}",
    )


@dataclass(frozen=True, kw_only=True)
class Line:
    """One criterion of a score: its figure, the bin it fell into and what that was worth.

    weight: in percent after what was left out has been made up for; 0 when left out itself.
    contribution: points x weight / 100, of the 100 points of the card.
    """

    metric: str
    label: str
    figure: Decimal | None
    bin: Bin | None
    missing: Missing | None  # the rule that was applied, None when the figure was there
    points: Decimal
    weight: Decimal
    contribution: Decimal


@dataclass(frozen=True, kw_only=True)
class Score:
    """Points of 0 to 100 (4 decimals, cut off), the grade, and every line and cap behind it."""

    points: Decimal
    grade: str
    grade_by_points: str
    lines: tuple[Line, ...]
    caps: tuple[Cap, ...] = ()  # those that applied


@dataclass(frozen=True, kw_only=True)
class NotRateable:
    """No score. code: `figure_missing` (a criterion refuses), `out_of_range` (negative figure on
    a scale from 0), `no_figures`, `one_sided` (only figures that must not decide alone).

    metrics: the figures that are missing or out of range, in the order of the card.
    """

    code: str
    metrics: tuple[str, ...]


def score(card: Scorecard, figures: Figures) -> Score | NotRateable:
    """The score of one set of figures by metric name; other names are ignored.

    points = sum of weight x points / sum of the weights that count. A grade is reached exactly at
    its lower bound and compared before anything is divided or rounded. None and NaN are missing;
    a float is read by its shortest decimal notation. Raises ValueError for an infinite figure.
    Source: docs/policies/credit.md section 3.
    """
    read = {each.metric: _figure(each.metric, figures) for each in card.criteria}
    if refusal := _refusal(card, read):
        return refusal
    worth = [_worth(each, read[each.metric]) for each in card.criteria]
    present = sum((w.weight for w in worth), Decimal(0))
    lines = tuple(_scaled(each, present) for each in worth)
    total = sum((w.weight * w.points for w in worth), Decimal(0))
    by_points = next(g.name for g in card.grades if total >= g.lower * present)
    caps = tuple(cap for cap in card.caps if cap.applies_to(_figure(cap.metric, figures)))
    return Score(
        points=(total / present).quantize(POINTS, ROUND_DOWN),
        grade=max([by_points, *(cap.grade for cap in caps)], key=card.rank),
        grade_by_points=by_points,
        lines=lines,
        caps=caps,
    )


def _figure(metric: str, figures: Figures) -> Decimal | None:
    value = figures.get(metric)
    if value is None:
        return None
    number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    if number.is_infinite():
        raise ValueError(f"{metric} is infinite")
    return None if number.is_nan() else number


def _refusal(card: Scorecard, read: Mapping[str, Decimal | None]) -> NotRateable | None:
    missing = tuple(metric for metric, figure in read.items() if figure is None)
    needed = {each.metric for each in card.criteria if each.missing is Missing.REFUSE}
    if refused := tuple(metric for metric in missing if metric in needed):
        return NotRateable(code="figure_missing", metrics=refused)
    out = tuple(
        each.metric
        for each in card.criteria
        if (figure := read[each.metric]) is not None and each.bin_of(figure) is None
    )
    if out:
        return NotRateable(code="out_of_range", metrics=out)
    present = read.keys() - set(missing)
    if not present:
        return NotRateable(code="no_figures", metrics=missing)
    if card.never_alone and present <= card.never_alone:
        others = tuple(metric for metric in missing if metric not in card.never_alone)
        return NotRateable(code="one_sided", metrics=others)
    return None


def _worth(criterion: Criterion, figure: Decimal | None) -> Line:
    """The line before the weights are made up to 100."""
    weight, points, found = criterion.weight, NEUTRAL_POINTS, None
    if figure is not None:
        found = criterion.bin_of(figure)
        points = found.points if found else points
    elif criterion.missing is Missing.WORST:
        points = criterion.worst
    elif criterion.missing is Missing.EXCLUDE:
        weight, points = Decimal(0), Decimal(0)
    return Line(
        metric=criterion.metric,
        label=criterion.label,
        figure=figure,
        bin=found,
        missing=criterion.missing if figure is None else None,
        points=points,
        weight=weight,
        contribution=Decimal(0),
    )


def _scaled(line: Line, present: Decimal) -> Line:
    return replace(
        line,
        weight=line.weight * FULL / present,
        contribution=line.weight * line.points / present,
    )


@dataclass(frozen=True, kw_only=True)
class LineChange:
    """How much one criterion moved the score: contribution now less contribution before."""

    metric: str
    label: str
    figure_before: Decimal | None
    figure_now: Decimal | None
    effect: Decimal


def changes(before: Score, now: Score) -> tuple[LineChange, ...]:
    """What moved a rating, the strongest effect first; criteria without effect are left out.

    A criterion that only one of the cards has counts as 0 in the other.
    Source: docs/policies/credit.md section 3.6.
    """
    old, new = ({line.metric: line for line in each.lines} for each in (before, now))
    found = [_change(old.get(metric), new.get(metric)) for metric in {**old, **new}]
    moved = (each for each in found if each.effect)
    return tuple(sorted(moved, key=lambda each: (-abs(each.effect), each.metric)))


def _change(before: Line | None, now: Line | None) -> LineChange:
    line = now or before
    assert line is not None  # noqa: S101  the metric comes from one of the two
    return LineChange(
        metric=line.metric,
        label=line.label,
        figure_before=before.figure if before else None,
        figure_now=now.figure if now else None,
        effect=(now.contribution if now else 0) - (before.contribution if before else Decimal(0)),
    )


def card_to_json(card: Scorecard) -> dict[str, Any]:
    """The JSON a policy row stores: criteria, grades and caps."""
    data: dict[str, Any] = to_json(
        {"criteria": card.criteria, "grades": card.grades, "caps": card.caps}
    )
    return data


def card_from_json(data: Any, *, never_alone: frozenset[str] = frozenset()) -> Scorecard:
    """The card of stored JSON.

    Raises PolicyDataError for JSON that is no card, ScorecardError for a card that is not valid.
    """
    stored = from_json(_StoredCard, data)
    return Scorecard(
        criteria=stored.criteria, grades=stored.grades, caps=stored.caps, never_alone=never_alone
    )


@dataclass(frozen=True, kw_only=True)
class _StoredCard:
    criteria: tuple[Criterion, ...]
    grades: tuple[Grade, ...]
    caps: tuple[Cap, ...] = ()


def lines_from_json(data: Any) -> tuple[Line, ...]:
    """The lines of a score that were stored with `to_json`. Raises PolicyDataError."""
    return from_json(_StoredLines, {"lines": data}).lines


@dataclass(frozen=True, kw_only=True)
class _StoredLines:
    lines: tuple[Line, ...]
