"""Recompute runs, their results, and what an account was on any date."""

from datetime import timedelta

import pytest
from django.utils import timezone

from .door import AS_OF, ok, order, problem

DAY = timedelta(days=1)


def tier_on(api, day, number="K1"):
    return ok(api.get(f"/accounts/{number}/tier/", as_of=day))["tier"]


# --- runs ---


def test_a_run_is_accepted_as_queued(api):
    response = api.post("/tiering/runs/", {"as_of": str(AS_OF)})

    assert response.status_code == 202
    queued = response.json()
    assert queued.keys() >= {"id", "status"}
    assert queued["status"] == "queued"
    shown = ok(api.get(f"/tiering/runs/{queued['id']}/"))
    assert shown["status"] in {"queued", "running", "succeeded"}


def test_a_finished_run_shows_every_field_of_the_contract(api, recompute):
    api.load(order("O-1", "K1", "100"), order("O-2", "K2", "0.5"), order("O-3", None, "400"))

    run = recompute()

    assert run.keys() >= {
        "id",
        "as_of",
        "status",
        "company_net_sales",
        "accounts",
        "changed",
        "tiers",
        "started_at",
        "finished_at",
    }
    assert run["as_of"] == str(AS_OF)
    assert run["company_net_sales"] == "500.50"
    assert run["accounts"] == 2
    assert run["changed"] == 1  # from ordinary to strategic; the other stayed ordinary
    assert run["tiers"] == {"strategic": 1, "key": 0, "ordinary": 1}
    assert run["started_at"] <= run["finished_at"]


@pytest.mark.parametrize("body", [b"{}", b""])
def test_a_run_is_for_today_when_nothing_is_said(api, django_capture_on_commit_callbacks, body):
    with django_capture_on_commit_callbacks(execute=True):
        response = api.call("POST", "/tiering/runs/", body)

    if body == b"" and response.status_code == 400:
        return  # no JSON at all
    assert response.status_code == 202
    run = ok(api.get(f"/tiering/runs/{response.json()['id']}/"))
    assert run["as_of"] == str(timezone.localdate())


@pytest.mark.parametrize(
    "document",
    [{"as_of": value} for value in ("2026-02-30", "x", "", 20260630, [], {}, "0000-01-01")]
    + [{"as_of": "9999-12-31"}, {"as_off": "2026-06-30"}, [], "2026-06-30"],
    ids=str,
)
def test_a_run_for_no_day_is_refused(api, document):
    problem(api.post("/tiering/runs/", document), 400, 422)


def test_running_the_same_day_again_renews_it(api, recompute):
    api.load(order("O-1", "K1", "100"), order("O-2", None, "100"))
    first = recompute()
    again = recompute()
    api.load(order("O-3", "K2", "300"))  # a late order of that day

    renewed = recompute()

    assert {k: again[k] for k in ("company_net_sales", "accounts", "tiers")} == {
        k: first[k] for k in ("company_net_sales", "accounts", "tiers")
    }
    assert (renewed["company_net_sales"], renewed["accounts"]) == ("500.00", 2)
    assert ok(api.get("/accounts/K1/tier/", as_of=AS_OF))["share"] == "0.200000"
    assert len(api.all("/tiering/results/", run=renewed["id"])) == 2


def test_a_run_over_nothing_succeeds(api, recompute):
    run = recompute()

    assert (run["company_net_sales"], run["accounts"], run["changed"]) == ("0.00", 0, 0)
    assert api.all("/tiering/results/", run=run["id"]) == []


# --- results ---


def test_results_list_every_account_with_nulls_where_there_was_no_purchase(api, k1, recompute):
    api.load(order("O-1", "K2", "10"), order("R-1", "K3", "-1"))
    run = recompute()

    rows = {row["account_number"]: row for row in api.all("/tiering/results/", run=run["id"])}

    fields = "account_number tier share net_sales recency_days frequency monetary r f m segment abc"
    assert rows.keys() == {"K1", "K2", "K3"}
    for row in rows.values():
        assert row.keys() >= set(fields.split())
    for number, net in (("K1", "0.00"), ("K3", "-1.00")):
        row = rows[number]
        assert (row["net_sales"], row["abc"], row["tier"]) == (net, "C", "ordinary")
        for name in ("recency_days", "frequency", "monetary", "r", "f", "m", "segment"):
            assert row[name] is None, name


def test_results_come_in_pages(api, recompute):
    api.load(*[order(f"O-{n}", f"A{n}", n + 1) for n in range(7)])
    run = recompute()

    rows = api.all("/tiering/results/", run=run["id"], page_size=3)

    assert sorted(row["account_number"] for row in rows) == [f"A{n}" for n in range(7)]


@pytest.mark.parametrize("parameters", [{}, {"run": "x"}, {"run": 999999}, {"run": "9" * 30}])
def test_results_of_no_run_are_refused(api, parameters):
    problem(api.get("/tiering/results/", **parameters), 400, 404, 422)


def test_results_of_an_earlier_run_stay_what_they_were(api, recompute):
    early = AS_OF - timedelta(days=60)
    api.load(order("O-1", "K1", "10", early), order("O-2", None, "90", early))
    first = recompute(early)
    before = api.all("/tiering/results/", run=first["id"])

    api.load(order("O-3", "K2", "900", AS_OF))
    recompute(AS_OF)

    rows = {r["account_number"]: r for r in api.all("/tiering/results/", run=first["id"])}
    assert rows["K1"] == before[0]


def test_an_order_that_comes_late_does_not_mix_old_figures_with_new_ones(api, recompute):
    """Until a new run the figures are the old ones or the new ones, not some of each."""
    api.load(order("O-1", "K1", "100"), order("O-2", None, "100"))
    run = recompute()
    api.load(order("O-3", "K1", "300"))

    (row,) = api.all("/tiering/results/", run=run["id"])
    tier = ok(api.get("/accounts/K1/tier/", as_of=AS_OF))

    assert (row["net_sales"], row["share"]) in {("100.00", "0.500000"), ("400.00", "0.800000")}
    assert (tier["net_sales"], tier["company_net_sales"], tier["share"]) in {
        ("100.00", "200.00", "0.500000"),
        ("400.00", "500.00", "0.800000"),
    }


# --- history ---


def story(api, recompute, days):
    """K1 is strategic on the first day, key on the second, ordinary on the third."""
    first, second, third = days
    api.load(
        order("O-1", "K1", "100", first),
        order("O-2", None, "100", first),
        order("O-3", None, "4800", second),
        order("O-4", None, "45000", third),
    )


DAYS = (AS_OF - timedelta(days=20), AS_OF - timedelta(days=10), AS_OF)


@pytest.mark.parametrize(
    "sequence", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1), (0, 2, 1), (1, 2, 0), (0, 1, 2, 0, 1)]
)
def test_any_past_date_can_be_asked_whatever_the_order_of_runs(api, recompute, sequence):
    story(api, recompute, DAYS)
    for index in sequence:
        recompute(DAYS[index])

    assert [tier_on(api, day) for day in DAYS] == ["strategic", "key", "ordinary"]
    assert [tier_on(api, day + DAY) for day in DAYS] == ["strategic", "key", "ordinary"]
    assert tier_on(api, DAYS[1] - DAY) == "strategic"
    assert tier_on(api, DAYS[2] - DAY) == "key"
    assert ok(api.get("/accounts/K1/"))["tier"] == "ordinary"  # now


def test_before_the_first_run_nothing_was_said(api, recompute):
    story(api, recompute, DAYS)
    recompute(DAYS[1])

    response = api.get("/accounts/K1/tier/", as_of=DAYS[1] - DAY)

    if response.status_code != 200:
        problem(response, 404)
    else:  # then it is what the ledger says of that day
        assert response.json()["as_of"] == str(DAYS[1] - DAY)
        assert response.json()["company_net_sales"] == "200.00"


def test_since_is_the_first_day_of_the_tier(api, recompute):
    api.load(order("O-1", "K1", "10", DAYS[0]), order("O-2", None, "90", DAYS[0]))
    for day in DAYS:
        recompute(day)

    for day in (*DAYS, DAYS[1] + DAY, AS_OF + DAY):
        got = ok(api.get("/accounts/K1/tier/", as_of=day))
        assert (got["tier"], got["since"], got["as_of"]) == ("strategic", str(DAYS[0]), str(day))


def test_since_begins_anew_with_another_tier(api, recompute):
    story(api, recompute, DAYS)
    for day in DAYS:
        recompute(day)

    sinces = [ok(api.get("/accounts/K1/tier/", as_of=day))["since"] for day in DAYS]

    assert sinces == [str(day) for day in DAYS]


def test_figures_between_two_runs_are_those_of_the_day_asked(api, recompute):
    api.load(order("O-1", "K1", "100", DAYS[0]), order("O-2", None, "100", DAYS[0]))
    recompute(DAYS[0])
    api.load(order("O-3", None, "200", DAYS[0] + 3 * DAY))
    recompute(AS_OF)

    got = ok(api.get("/accounts/K1/tier/", as_of=DAYS[0] + 5 * DAY))
    rfm = ok(api.get("/accounts/K1/rfm/", as_of=DAYS[0] + 5 * DAY))

    assert (got["tier"], got["share"]) == ("strategic", "0.250000")
    assert (got["net_sales"], got["company_net_sales"]) == ("100.00", "400.00")
    assert got["window"]["until"] == str(DAYS[0] + 5 * DAY)
    assert (rfm["recency_days"], rfm["frequency"]) == (5, 1)


def test_without_a_date_the_answer_is_of_today(api, recompute):
    today = timezone.localdate()
    api.load(order("O-1", "K1", "100", today - DAY), order("O-2", None, "100", today - DAY))
    recompute(today)

    got = ok(api.get("/accounts/K1/tier/"))
    rfm = ok(api.get("/accounts/K1/rfm/"))

    assert (got["as_of"], got["tier"]) == (str(today), "strategic")
    assert (rfm["as_of"], rfm["recency_days"]) == (str(today), 1)


def test_changed_counts_the_accounts_whose_tier_moved(api, recompute):
    story(api, recompute, DAYS)
    api.load(order("O-9", "K2", "0.0001", DAYS[0]))

    assert [recompute(day)["changed"] for day in DAYS] == [1, 1, 1]
