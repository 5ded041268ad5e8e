"""Scorecards: what a card must be, what a figure is worth, and when nothing is scored."""

import math
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kam.core.policy_data import PolicyDataError
from kam.core.scorecards import (
    Bin,
    Cap,
    Criterion,
    Grade,
    Missing,
    NotRateable,
    Score,
    Scorecard,
    ScorecardError,
    card_from_json,
    card_to_json,
    changes,
    score,
)


def bins(*points, cuts, first=None):
    """Bins between the cuts, without end on both sides or from `first`."""
    edges = [first, *map(Decimal, cuts), None]
    return tuple(
        Bin(lower=lower, upper=upper, points=Decimal(each))
        for (lower, upper), each in zip(pairwise(edges), points, strict=True)
    )


def grades(*names, cuts):
    edges = [Decimal(100), *map(Decimal, cuts), Decimal(0)]
    return tuple(
        Grade(name=name, lower=lower, upper=upper)
        for name, (upper, lower) in zip(names, pairwise(edges), strict=True)
    )


PAYMENT = Criterion(
    metric="payment", label="Payment", weight=Decimal(60), bins=bins(0, 50, 100, cuts=[50, 80])
)
ASSETS = Criterion(
    metric="assets",
    label="Net assets",
    weight=Decimal(40),
    bins=bins(10, 100, cuts=[1000], first=Decimal(0)),
)
CARD = Scorecard(
    criteria=(PAYMENT, ASSETS),
    grades=grades("A", "B", "C", cuts=[80, 40]),
    caps=(Cap(metric="late", lower=Decimal(90), upper=None, grade="B"),),
    never_alone=frozenset({"payment", "late"}),
)


def card(**fields):
    return replace(CARD, **fields)


def with_missing(rule, metric="assets"):
    criteria = [
        replace(each, missing=rule) if each.metric == metric else each for each in CARD.criteria
    ]
    return card(criteria=tuple(criteria))


@pytest.mark.parametrize(
    ("payment", "assets", "points", "grade"),
    [
        (80, 1000, 100, "A"),
        (Decimal("79.9999"), 1000, 70, "B"),
        (50, 1000, 70, "B"),
        (Decimal("49.9999"), 1000, 40, "B"),
        (49, 999, 4, "C"),
        (-1000, 0, 4, "C"),
        (10**12, 10**12, 100, "A"),
        (80.0, 999.5, 64, "B"),
    ],
)
def test_points_and_grade_on_both_sides_of_each_cut(payment, assets, points, grade):
    result = score(CARD, {"payment": payment, "assets": assets, "unknown": 1})

    assert isinstance(result, Score)
    assert (result.points, result.grade) == (points, grade)


def test_every_line_opens_to_its_figure_bin_weight_and_points():
    result = score(CARD, {"payment": 60, "assets": 5000})

    payment, assets = result.lines
    assert (payment.metric, payment.figure, payment.bin.lower, payment.bin.upper) == (
        *("payment", 60),
        *(50, 80),
    )
    assert (payment.points, payment.weight, payment.contribution) == (50, 60, 30)
    assert (assets.points, assets.weight, assets.contribution) == (100, 40, 40)
    assert result.points == 70


@pytest.mark.parametrize(("late", "grade"), [(None, "A"), (89, "A"), (90, "B"), (10_000, "B")])
def test_a_cap_applies_from_its_lower_bound(late, grade):
    result = score(CARD, {"payment": 90, "assets": 5000, "late": late})

    assert (result.grade, result.grade_by_points) == (grade, "A")
    assert len(result.caps) == (grade == "B")


def test_a_cap_never_lifts():
    assert score(CARD, {"payment": 0, "assets": 0, "late": 100}).grade == "C"


@pytest.mark.parametrize(
    ("rule", "points", "weight"),
    [(Missing.WORST, 64, 40), (Missing.NEUTRAL, 80, 40)],
)
def test_a_missing_figure_counts_as_its_rule_says(rule, points, weight):
    three = (
        *with_missing(rule).criteria,
        Criterion(metric="years", label="Years", weight=Decimal(1), bins=bins(0, 100, cuts=[5])),
    )
    criteria = (replace(three[0], weight=Decimal(59)), *three[1:])

    result = score(card(criteria=criteria), {"payment": 90, "assets": None, "years": 5})

    assert result.points == points
    assert result.lines[1].weight == weight
    assert result.lines[1].missing is rule


@pytest.mark.parametrize("missing", [None, math.nan, Decimal("NaN")])
def test_an_excluded_figure_leaves_its_weight_to_the_others(missing):
    result = score(with_missing(Missing.EXCLUDE, "payment"), {"payment": missing, "assets": 5000})

    assert result.points == 100
    assert [line.weight for line in result.lines] == [0, 100]


def test_a_grade_is_compared_before_anything_is_rounded():
    third = Criterion(metric="x", label="X", weight=Decimal(40), bins=bins(0, 100, cuts=[1]))
    criteria = (
        replace(PAYMENT, weight=Decimal(30), bins=bins("79.99999999", cuts=[])),
        replace(ASSETS, weight=Decimal(30), bins=bins("80.00000000", cuts=[])),
        replace(third, missing=Missing.EXCLUDE),
    )

    result = score(card(criteria=criteria), {"payment": 1, "assets": 1})

    assert (result.grade, result.points) == ("B", Decimal("79.9999"))


@pytest.mark.parametrize(
    ("scorecard", "figures", "code", "metrics"),
    [
        (with_missing(Missing.REFUSE), {"payment": 90}, "figure_missing", ("assets",)),
        (CARD, {"payment": 90}, "one_sided", ("assets",)),
        (CARD, {}, "no_figures", ("payment", "assets")),
        (CARD, {"payment": 90, "assets": -1}, "out_of_range", ("assets",)),
    ],
)
def test_nothing_is_rated_without_the_figures_it_takes(scorecard, figures, code, metrics):
    assert score(scorecard, figures) == NotRateable(code=code, metrics=metrics)


def test_other_figures_alone_are_enough():
    assert isinstance(score(CARD, {"assets": 1}), Score)


def test_an_infinite_figure_is_an_error():
    with pytest.raises(ValueError, match="assets is infinite"):
        score(CARD, {"payment": 1, "assets": math.inf})


def _bins(*edges):
    return tuple(
        Bin(
            lower=None if lower is None else Decimal(lower),
            upper=None if upper is None else Decimal(upper),
            points=Decimal(1),
        )
        for lower, upper in edges
    )


@pytest.mark.parametrize(
    ("edges", "codes"),
    [
        ([(None, 1), (1, None)], []),
        ([(0, None)], []),
        ([], ["no_bins"]),
        ([(None, 1), (2, None)], ["gap"]),
        ([(None, 2), (1, None)], ["overlap"]),
        ([(None, 1), (None, None)], ["overlap"]),
        ([(1, None)], ["start"]),
        ([(-1, None)], ["start"]),
        ([(None, 1)], ["end"]),
        ([(None, 1), (1, 1), (1, None)], ["empty_range"]),
        ([(0, None), (0, None)], ["overlap"]),
    ],
)
def test_bins_cover_all_figures_once(edges, codes):
    criteria = (replace(PAYMENT, bins=_bins(*edges)), ASSETS)

    assert problems(criteria=criteria) == codes


def problems(**fields):
    try:
        card(**fields)
    except ScorecardError as error:
        return [each.code for each in error.problems]
    return []


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"criteria": (PAYMENT, replace(ASSETS, weight=Decimal("39.99")))}, ["weights"]),
        ({"criteria": (PAYMENT, replace(ASSETS, weight=Decimal("40.01")))}, ["weights"]),
        (
            {
                "criteria": (
                    replace(PAYMENT, weight=Decimal(140)),
                    replace(ASSETS, weight=Decimal(-40)),
                )
            },
            ["weight"],
        ),
        ({"criteria": (PAYMENT, replace(ASSETS, metric="payment"))}, ["twice", "one_sided"]),
        ({"criteria": (replace(PAYMENT, weight=Decimal(100)),)}, ["one_sided"]),
        ({"criteria": ()}, ["weights"]),
        ({"criteria": (PAYMENT, replace(ASSETS, bins=bins(101, cuts=[])))}, ["points"]),
        ({"criteria": (PAYMENT, replace(ASSETS, bins=bins("-0.01", cuts=[])))}, ["points"]),
        ({"grades": (), "caps": ()}, ["no_grades"]),
        ({"grades": grades("A", "A", "B", cuts=[80, 40])}, ["twice"]),
        ({"grades": grades("A", "B", cuts=[0])}, ["empty_range"]),
        ({"grades": grades("A", "B", cuts=[50])[:1], "caps": ()}, ["start"]),
        ({"grades": grades("A", "B", cuts=[50])[1:]}, ["end"]),
        (
            {
                "grades": (
                    Grade(name="A", lower=Decimal(60), upper=Decimal(100)),
                    Grade(name="B", lower=Decimal(0), upper=Decimal(50)),
                )
            },
            ["gap"],
        ),
        (
            {"caps": (Cap(metric="late", lower=Decimal(2), upper=Decimal(1), grade="Z"),)},
            ["unknown_grade", "empty_range"],
        ),
    ],
)
def test_a_card_that_does_not_fit_together_is_refused_with_every_problem(fields, codes):
    assert problems(**fields) == codes


def test_a_card_comes_back_from_json_as_it_was():
    data = card_to_json(CARD)

    assert card_from_json(data, never_alone=CARD.never_alone) == CARD
    assert data["criteria"][0]["weight"] == "60"
    assert "never_alone" not in data


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda data: data.pop("grades"), "grades"),
        (lambda data: data.update(owner="x"), "owner"),
        (lambda data: data.update(criteria={}), "criteria"),
        (lambda data: data["criteria"][0].update(weight="many"), "criteria[0].weight"),
        (lambda data: data["criteria"][0].update(weight=0.5), "criteria[0].weight"),
        (lambda data: data["criteria"][0].update(weight="NaN"), "criteria[0].weight"),
        (lambda data: data["criteria"][0].update(weight=True), "criteria[0].weight"),
        (lambda data: data["criteria"][0].update(missing="guess"), "criteria[0].missing"),
        (lambda data: data["criteria"][1]["bins"].append(7), "criteria[1].bins[2]"),
        (lambda data: data["caps"][0].update(grade=None), "caps[0].grade"),
    ],
)
def test_json_that_is_no_card_is_refused_with_the_place(change, where):
    data = card_to_json(CARD)
    change(data)

    with pytest.raises(PolicyDataError) as caught:
        card_from_json(data)

    assert caught.value.where == where


def test_the_rule_against_one_sided_cards_is_not_stored_and_cannot_be_edited_away():
    data = card_to_json(card(criteria=(replace(ASSETS, weight=Decimal(100)),)))
    data["criteria"][0]["metric"] = "payment"

    with pytest.raises(ScorecardError, match="must not decide alone"):
        card_from_json(data, never_alone=CARD.never_alone)


def test_changes_name_what_moved_a_rating_strongest_first():
    before = score(CARD, {"payment": 90, "assets": 5000})
    now = score(CARD, {"payment": 60, "assets": 900})

    moved = changes(before, now)

    assert [(each.metric, each.effect) for each in moved] == [("assets", -36), ("payment", -30)]
    assert (moved[0].figure_before, moved[0].figure_now) == (5000, 900)
    assert changes(now, now) == ()


@given(st.decimals(-1000, 1000, places=4), st.decimals(0, 10**6, places=4), st.booleans())
def test_the_lines_sum_to_the_points(payment, assets, known):
    scorecard = with_missing(Missing.EXCLUDE, "payment")
    result = score(scorecard, {"payment": payment if known else None, "assets": assets})

    total = sum(line.contribution for line in result.lines)
    assert 0 <= result.points <= 100
    assert abs(total - result.points) < Decimal("0.0002")
    assert abs(sum(line.weight for line in result.lines) - 100) < Decimal("1e-20")


@given(
    st.decimals(-1000, 1000, places=2),
    st.decimals(-1000, 1000, places=2),
    st.decimals(0, 5000, places=2),
)
def test_a_better_figure_never_lowers_points_or_grade(one, other, assets):
    worse, better = (
        score(CARD, {"payment": payment, "assets": assets}) for payment in sorted([one, other])
    )

    assert worse.points <= better.points
    assert CARD.rank(worse.grade) >= CARD.rank(better.grade)
