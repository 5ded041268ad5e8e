"""RFM: purchases, ranks, ties, segments; and ABC classes. Expected values by the oracle."""

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from . import oracle
from .door import AS_OF, line, ok, order
from .oracle import Sale


def rfm(api, number="K1"):
    return ok(api.get(f"/accounts/{number}/rfm/", as_of=AS_OF))


def rows_of(api, run):
    return {row["account_number"]: row for row in api.all("/tiering/results/", run=run["id"])}


def days_ago(days):
    return AS_OF - timedelta(days=days)


def test_one_account_scores_5_in_everything(api, recompute):
    api.load(order("O-1", "K1", "10", ordered_on=days_ago(300)))
    recompute()

    got = rfm(api)

    assert got == {
        "as_of": str(AS_OF),
        "recency_days": 300,
        "frequency": 1,
        "monetary": "10.00",
        "r": 5,
        "f": 5,
        "m": 5,
        "segment": "important_value",
    }


def test_what_counts_as_a_purchase(api, recompute):
    api.load(
        order("O-1", "K1", "100", ordered_on=days_ago(50)),
        order("O-2", "K1", "50", ordered_on=days_ago(40), status="open"),
        order("O-3", "K1", "0.0001", ordered_on=days_ago(30)),  # little, but a purchase
        order("O-4", "K1", "0", ordered_on=days_ago(20)),
        order("O-5", "K1", lines=[line(2, "5"), line(-1, "10")], ordered_on=days_ago(15)),
        order("R-1", "K1", "-20", ordered_on=days_ago(10)),
        order("O-6", "K1", "70", ordered_on=days_ago(5), status="cancelled"),
    )
    recompute()

    got = rfm(api)

    assert (got["recency_days"], got["frequency"], got["monetary"]) == (30, 3, "130.00")


def test_a_mixed_order_with_a_positive_net_is_one_purchase(api, recompute):
    api.load(order("O-1", "K1", lines=[line(3, "5"), line(-1, "10")]))
    recompute()

    got = rfm(api)

    assert (got["frequency"], got["monetary"]) == (1, "5.00")


def test_monetary_may_be_negative_when_returns_exceed_purchases(api, recompute):
    api.load(order("O-1", "K1", "10"), order("R-1", "K1", "-25"), order("O-2", "K2", "100"))
    recompute()

    got = rfm(api)

    assert (got["monetary"], got["m"], got["frequency"]) == ("-15.00", 1, 1)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 11])
def test_scores_spread_over_n_accounts(api, recompute, n):
    for k in range(n):
        api.load(*[order(f"O-{k}-{j}", f"A{k}", k + 1, days_ago(n - k)) for j in range(k + 1)])
    run = recompute()

    rows = rows_of(api, run)

    expected = [min(5, 5 * k // (n - 1) + 1) for k in range(n)]
    for measure in "rfm":
        assert [rows[f"A{k}"][measure] for k in range(n)] == expected


def test_ties_share_the_lowest_rank(api, recompute):
    # Of six accounts A1 to A3 are alike in all three measures: rank 2, not 3 or 4.
    for k, tied in enumerate([0, 1, 1, 1, 4, 5]):
        api.load(*[order(f"O-{k}-{j}", f"A{k}", "10", days_ago(9 - tied)) for j in range(tied + 1)])
    run = recompute()

    rows = rows_of(api, run)

    for measure in "rfm":
        assert [rows[f"A{k}"][measure] for k in range(6)] == [1, 2, 2, 2, 5, 5]


def test_when_all_are_alike_all_are_worst(api, recompute):
    api.load(*[order(f"O-{k}", f"A{k}", "10") for k in range(4)])
    run = recompute()

    rows = rows_of(api, run)

    assert {(row["r"], row["f"], row["m"]) for row in rows.values()} == {(1, 1, 1)}
    assert {row["segment"] for row in rows.values()} == {"general_retain"}


def test_amounts_that_a_float_cannot_tell_apart_have_the_ranks_of_their_decimals(api, recompute):
    great = Decimal("90000000000000.0000")
    for k in range(3):
        api.load(order(f"O-{k}", f"A{k}", great + Decimal(k) / 10000))
    run = recompute()

    rows = rows_of(api, run)

    assert [rows[f"A{k}"]["m"] for k in range(3)] == [1, 3, 5]


@pytest.mark.parametrize("high", list(oracle.SEGMENTS), ids=list(oracle.SEGMENTS.values()))
def test_the_eight_segments(api, recompute, high):
    """Of two accounts one scores 5 and the other 1 in each measure."""
    recent, often, much = high
    mine, other = ("A" if much else "B"), ("B" if much else "A")
    frequency = {mine: 2 if often else 1, other: 1 if often else 2}
    last = {mine: days_ago(1 if recent else 2), other: days_ago(2 if recent else 1)}
    for number, amount in (("A", 100), ("B", 10)):
        for n in range(frequency[number]):
            api.load(order(f"{number}-{n}", number, amount / frequency[number], last[number]))
    recompute()

    got = rfm(api, mine)

    assert [got[measure] for measure in "rfm"] == [5 if flag else 1 for flag in high]
    assert got["segment"] == oracle.SEGMENTS[high]
    opposite = tuple(not flag for flag in high)
    assert rfm(api, other)["segment"] == oracle.SEGMENTS[opposite]


def test_a_score_of_4_is_high_and_3_is_not(api, recompute):
    for k in range(6):
        api.load(*[order(f"O-{k}-{j}", f"A{k}", k + 1, days_ago(9 - k)) for j in range(k + 1)])
    run = recompute()

    rows = rows_of(api, run)

    assert [rows["A2"]["r"], rows["A3"]["r"]] == [3, 4]
    assert rows["A2"]["segment"] == "general_retain"
    assert rows["A3"]["segment"] == "important_value"


# --- ABC ---


@pytest.mark.parametrize(
    ("amounts", "classes"),
    [
        ([100], "A"),
        ([79, 14, 5, 2], "AABC"),  # the second crosses 80 %, the third 95 %
        ([2, 79, 5, 14], "CABA"),
        ([80, 15, 5], "ABC"),  # exactly 80 % and 95 %
        ([79.99, 15.01, 5], "AAC"),
        ([50, 30, -10, 20], "AACB"),  # 80 % of the positive sum, returns aside
        ([100, 0, -5], "ACC"),
        ([-5, 0], "CC"),
    ],
)
def test_abc_classes_follow_the_running_sum(api, recompute, amounts, classes):
    for k, amount in enumerate(amounts):
        api.load(order(f"O-{k}", f"A{k}", amount))
    api.load(order("O-W", None, "10000"))  # walk-in sales are nobody's
    run = recompute()

    rows = rows_of(api, run)

    assert "".join(rows[f"A{k}"]["abc"] for k in range(len(amounts))) == classes


# --- everything at once ---


def random_ledger(seed):
    """Orders of 40 accounts and of walk-in customers around the window; returns, cancellations."""
    chance = random.Random(seed)
    sales, documents = [], []
    for n in range(240):
        account = chance.choice([None, *(f"A{k:02}" for k in range(40))])
        on = AS_OF - timedelta(days=chance.choice([0, 1, 30, 180, 363, 364, 365, 366, -1]))
        amount = (
            Decimal(chance.choice([-300, 0, 1, 10, 10, 250, 4000]))
            + Decimal(chance.randrange(10000)) / 10000
        )
        cancelled = chance.random() < 0.1
        sales.append(Sale(account, on, amount, cancelled))
        status = "cancelled" if cancelled else chance.choice(["open", "delivered"])
        documents.append(order(f"O-{n}", account, amount, on, status=status))
    return sales, documents


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_random_ledger_gives_what_the_definitions_say(api, recompute, seed):
    sales, documents = random_ledger(seed)
    api.load(*documents)
    numbers = {sale.account for sale in sales} - {None}
    company, expected = oracle.results(numbers, sales, AS_OF)

    run = recompute()

    assert run["company_net_sales"] == oracle.money(company)
    assert run["accounts"] == len(numbers)
    assert run["tiers"] == {"strategic": 0, "key": 0, "ordinary": 0} | Counter(
        row["tier"] for row in expected.values()
    )
    rows = rows_of(api, run)
    assert rows.keys() == expected.keys()
    for number, row in expected.items():
        assert row.items() <= rows[number].items(), number


def test_the_single_answers_agree_with_the_list(api, recompute):
    _sales, documents = random_ledger(4)
    api.load(*documents)
    rows = rows_of(api, recompute())

    for number, row in list(rows.items())[:15]:
        tier = ok(api.get(f"/accounts/{number}/tier/", as_of=AS_OF))
        assert {k: tier[k] for k in ("tier", "share", "net_sales")}.items() <= row.items()
        if row["frequency"]:
            got = rfm(api, number)
            assert {k: v for k, v in got.items() if k != "as_of"}.items() <= row.items()
