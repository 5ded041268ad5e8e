"""Tiers: shares and their boundaries, the window, designations, the explanation."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import Account
from staff.models import User
from tiering.models import Designation

from . import oracle
from .door import AS_OF, ok, order, problem


def tier_of(api, number="K1", as_of=AS_OF):
    return ok(api.get(f"/accounts/{number}/tier/", as_of=as_of))


# --- shares and their boundaries ---


@pytest.mark.parametrize(
    ("own", "company", "tier", "share"),
    [
        ("50000.0000", "1000000", "strategic", "0.050000"),
        ("49999.9999", "1000000", "key", "0.050000"),  # shown rounded, decided exactly
        ("50000.0001", "1000000", "strategic", "0.050000"),
        ("10000.0000", "1000000", "key", "0.010000"),
        ("9999.9999", "1000000", "ordinary", "0.010000"),
        ("10000.0001", "1000000", "key", "0.010000"),
        ("34956.4999", "1000000", "key", "0.034956"),
        ("34955.5000", "1000000", "key", "0.034956"),  # half even, upwards
        ("34956.5000", "1000000", "key", "0.034956"),  # half even, downwards
        ("0.0005", "0.0100", "strategic", "0.050000"),
        ("0.0001", "0.0101", "ordinary", "0.009901"),
        ("1000000", "1000000", "strategic", "1.000000"),
        ("0", "1000000", "ordinary", "0.000000"),
        # 5 % of a great sum, and a ten-thousandth less: beyond what a float can tell apart
        ("4500000000000.0000", "90000000000000", "strategic", "0.050000"),
        ("4499999999999.9999", "90000000000000", "key", "0.050000"),
        ("900000000000.0000", "90000000000000", "key", "0.010000"),
        ("899999999999.9999", "90000000000000", "ordinary", "0.010000"),
    ],
)
def test_the_tier_follows_from_the_exact_share(api, recompute, own, company, tier, share):
    api.load(order("O-1", "K1", own), order("O-2", None, Decimal(company) - Decimal(own)))

    run = recompute()

    got = tier_of(api)
    assert (got["tier"], got["share"], got["basis"]) == (tier, share, "share")
    assert got["net_sales"] == oracle.money(Decimal(own))
    assert got["company_net_sales"] == oracle.money(Decimal(company))
    assert run["tiers"] == {"strategic": 0, "key": 0, "ordinary": 0} | {tier: 1}


def test_the_answer_has_every_field_of_the_contract(api, recompute):
    api.load(order("O-1", "K1", "500"), order("O-2", None, "500"))
    recompute()

    got = tier_of(api)

    assert got.keys() >= {
        "account_number",
        "tier",
        "basis",
        "since",
        "as_of",
        "net_sales",
        "company_net_sales",
        "share",
        "window",
        "policy_version",
        "designation",
        "explanation",
    }
    assert got["account_number"] == "K1"
    assert got["as_of"] == str(AS_OF)
    assert got["since"] == str(AS_OF)
    assert isinstance(got["policy_version"], int)
    assert got["designation"] is None


def test_walk_in_sales_are_in_the_denominator(api, recompute):
    api.load(order("O-1", "K1", "5"), order("O-2", None, "95"))

    recompute()

    assert tier_of(api)["share"] == "0.050000"


def test_returns_and_cancelled_orders_change_the_share(api, recompute):
    api.load(
        order("O-1", "K1", "60"),
        order("R-1", "K1", "-20"),
        order("O-2", "K1", "1000", status="cancelled"),
        order("O-3", None, "970"),
        order("R-2", None, "-10"),
        order("O-4", None, "5000", status="cancelled"),
    )

    recompute()

    got = tier_of(api)
    assert (got["net_sales"], got["company_net_sales"]) == ("40.00", "1000.00")
    assert (got["share"], got["tier"]) == ("0.040000", "key")


@pytest.mark.parametrize("walk_in", ["-100", "-150"], ids=["zero", "negative"])
def test_without_company_sales_every_share_is_0(api, recompute, walk_in):
    api.load(order("O-1", "K1", "100"), order("O-2", None, walk_in))

    run = recompute()

    got = tier_of(api)
    assert (got["tier"], got["share"], got["net_sales"]) == ("ordinary", "0.000000", "100.00")
    (row,) = api.all("/tiering/results/", run=run["id"])
    assert (row["tier"], row["share"]) == ("ordinary", "0.000000")


def test_an_account_without_orders_is_ordinary(api, k1, recompute):
    api.load(order("O-1", None, "100"))

    recompute()

    got = tier_of(api)
    assert (got["tier"], got["share"], got["net_sales"]) == ("ordinary", "0.000000", "0.00")


def test_an_account_that_only_returned_is_ordinary(api, recompute):
    api.load(order("R-1", "K1", "-10"), order("O-2", None, "110"))

    recompute()

    got = tier_of(api)
    assert (got["tier"], got["net_sales"]) == ("ordinary", "-10.00")


def test_what_rounds_to_nothing_has_no_sign(api, recompute):
    api.load(order("R-1", "K1", "-0.0010"), order("O-2", None, "100000"))

    recompute()

    got = tier_of(api)
    assert (got["net_sales"], got["share"]) == ("0.00", "0.000000")


# --- the window ---


@pytest.mark.parametrize(
    ("as_of", "first"),
    [
        (date(2026, 6, 30), date(2025, 7, 1)),
        (date(2025, 12, 31), date(2025, 1, 1)),
        (date(2026, 1, 1), date(2025, 1, 2)),
        (date(2024, 2, 29), date(2023, 3, 1)),
        (date(2025, 2, 28), date(2024, 2, 29)),
        (date(2025, 3, 1), date(2024, 3, 2)),
        (date(2011, 12, 9), date(2010, 12, 10)),
    ],
)
def test_the_window_is_twelve_months_with_both_ends(api, recompute, as_of, first):
    assert oracle.window(as_of) == (first, as_of)
    day = timedelta(days=1)
    api.load(
        order("O-1", "K1", "1", ordered_on=first - day),
        order("O-2", "K1", "10", ordered_on=first),
        order("O-3", "K1", "100", ordered_on=as_of),
        order("O-4", "K1", "1000", ordered_on=as_of + day),
        order("O-5", None, "1", ordered_on=first - day),
        order("O-6", None, "10", ordered_on=first),
        order("O-7", None, "100", ordered_on=as_of),
        order("O-8", None, "1000", ordered_on=as_of + day),
    )

    recompute(as_of)

    got = tier_of(api, as_of=as_of)
    assert (got["net_sales"], got["company_net_sales"]) == ("110.00", "220.00")
    assert got["window"] == {"since": str(first), "until": str(as_of)}
    rfm = ok(api.get("/accounts/K1/rfm/", as_of=as_of))
    assert (rfm["frequency"], rfm["recency_days"], rfm["monetary"]) == (2, 0, "110.00")


# --- designations ---


@pytest.fixture
def designate(api):
    """A designation as two people make it; there is no call for it in the API."""

    def make(tier, expires_on, number="K1", **fields):
        make_user = User.objects.create_user
        proposer, approver = make_user("diana", full_name="Diana"), make_user("gm", full_name="Gao")
        return Designation.objects.create(
            account=Account.objects.get(account_number=number),
            tier=tier,
            reason="Opens the market of the north",
            effective_from=AS_OF - timedelta(days=100),
            expires_on=expires_on,
            proposed_by=proposer,
            **{"status": "approved", "decided_by": approver} | fields,
        )

    return make


def sales_with_share(api, percent):
    api.load(order("O-1", "K1", percent), order("O-2", None, Decimal(100) - Decimal(percent)))


def test_a_designation_lifts_an_account_and_says_who_and_why(api, recompute, designate):
    sales_with_share(api, "0.5")
    designate("strategic", AS_OF + timedelta(days=10))

    run = recompute()

    got = tier_of(api)
    assert (got["tier"], got["basis"], got["share"]) == ("strategic", "designation", "0.005000")
    assert got["designation"].keys() == {"tier", "reason", "approved_by", "expires_on"}
    assert got["designation"]["tier"] == "strategic"
    assert got["designation"]["reason"] == "Opens the market of the north"
    assert got["designation"]["approved_by"] in {"gm", "Gao"}
    assert got["designation"]["expires_on"] == str(AS_OF + timedelta(days=10))
    assert run["tiers"]["strategic"] == 1
    assert "Opens the market of the north" in " ".join(got["explanation"])


@pytest.mark.parametrize(
    ("percent", "designated", "tier", "basis"),
    [
        ("0.5", "key", "key", "designation"),
        ("2", "key", "key", "share"),
        ("2", "strategic", "strategic", "designation"),
        ("6", "key", "strategic", "share"),
        ("6", "strategic", "strategic", "share"),
    ],
)
def test_a_designation_lifts_and_never_lowers(
    api, recompute, designate, percent, designated, tier, basis
):
    sales_with_share(api, percent)
    designate(designated, AS_OF)

    recompute()

    got = tier_of(api)
    assert (got["tier"], got["basis"]) == (tier, basis)


@pytest.mark.parametrize(("days", "tier"), [(-1, "ordinary"), (0, "key"), (1, "key")])
def test_a_designation_counts_to_its_last_day(api, recompute, designate, days, tier):
    sales_with_share(api, "0.5")
    designate("key", AS_OF + timedelta(days=days))

    recompute()

    assert tier_of(api)["tier"] == tier


@pytest.mark.parametrize(
    "fields", [{"status": "proposed", "decided_by": None}, {"status": "rejected"}]
)
def test_a_designation_that_nobody_approved_does_not_count(api, recompute, designate, fields):
    sales_with_share(api, "0.5")
    designate("key", AS_OF, **fields)

    recompute()

    got = tier_of(api)
    assert (got["tier"], got["basis"], got["designation"]) == ("ordinary", "share", None)


# --- why ---


def test_the_explanation_gives_the_figures(api, recompute):
    api.load(order("O-1", "K1", "279489.02"), order("O-2", None, "9090770.46"))
    recompute()

    response = api.call("GET", f"/accounts/K1/tier/?as_of={AS_OF}", **{"Accept-Language": "en"})

    explanation = response.json()["explanation"]
    assert explanation
    assert all(isinstance(sentence, str) and sentence for sentence in explanation)
    text = " ".join(explanation)
    for figure in ("279,489.02", "9,370,259.48", "2.98", "1", "key"):
        assert figure in text, text


def test_the_explanation_comes_in_chinese_by_default(api, recompute):
    sales_with_share(api, "2")
    recompute()

    text = " ".join(tier_of(api)["explanation"])

    assert any("\u4e00" <= character <= "\u9fff" for character in text), text


# --- no purchases, nobody there ---


def test_rfm_without_a_purchase_in_the_window_is_no_purchases(api, k1, recompute):
    api.load(
        order("R-1", "K1", "-10"),
        order("O-1", "K1", "10", status="cancelled"),
        order("O-2", "K1", "0"),
        order("O-3", "K1", "10", ordered_on=oracle.year_before(AS_OF)),
        order("O-4", "K1", "10", ordered_on=AS_OF + timedelta(days=1)),
        order("O-5", None, "500"),
    )
    recompute()

    document = problem(api.get("/accounts/K1/rfm/", as_of=AS_OF), 404)

    assert document["code"] == "no_purchases"


def test_an_unknown_account_is_another_404(api):
    assert problem(api.get("/accounts/NOPE/rfm/"), 404)["code"] != "no_purchases"
