"""Tiers and runs as ERP systems see them: docs of the fields in the REST contract."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from accounts.models import AccountMerge
from accounts.services.merge import merge_accounts, undo_merge
from sales.models import Order
from tests.factories import make_account, make_order
from tests.tiering.factories import make_designation
from tiering import services
from tiering.models import TierRecord, TierRun

DAY = date(2026, 6, 30)
RUN = {"actor": None, "trigger": TierRun.Trigger.COMMAND}


@pytest.fixture
def client(api):
    return api("tiers:read", "tiers:run")


@pytest.fixture
def ledger(k1):
    """K1 has 3 % of 10,000, K2 the threshold of 1 % exactly, K3 bought nothing."""
    k2, k3 = make_account(account_number="K2"), make_account(account_number="K3")
    make_order(k1, DAY - timedelta(days=10), "350.00")
    make_order(k1, DAY - timedelta(days=5), "-50.00")
    make_order(k2, DAY, "100.00")
    make_order(None, DAY, "9600.00")
    return k1, k2, k3


@pytest.fixture
def run(ledger):
    return services.recompute(DAY, **RUN)


def test_the_tier_comes_with_its_figures_and_the_reason(client, run):
    response = client.get("/api/v1/accounts/K1/tier/", headers={"Accept-Language": "en"})

    assert response.json() == {
        "account_number": "K1",
        "tier": "key",
        "basis": "share",
        "since": "2026-06-30",
        "as_of": "2026-06-30",
        "net_sales": "300.00",
        "company_net_sales": "10000.00",
        "share": "0.030000",
        "window": {"since": "2025-07-01", "until": "2026-06-30"},
        "policy_version": 1,
        "designation": None,
        "explanation": [
            "12-month net sales 300.00 of 10,000.00 = 3.00 %, at or above 1 %: key; "
            "policy 1 of 2000-01-01"
        ],
    }


def test_a_designation_is_named_with_its_approver(client, ledger, gm):
    make_designation(ledger[2], tier="strategic", approver=gm, effective_from=DAY)
    services.recompute(DAY, **RUN)

    answer = client.get("/api/v1/accounts/K3/tier/").json()

    assert (answer["tier"], answer["basis"]) == ("strategic", "designation")
    assert answer["designation"] == {
        "tier": "strategic",
        "reason": "Opens the market of the west",
        "approved_by": "Gong",
        "expires_on": "2027-06-30",
    }
    assert len(answer["explanation"]) == 2


def test_a_day_before_any_run_is_replayed_from_the_ledger(client, run):
    records = TierRecord.objects.count()

    answer = client.get("/api/v1/accounts/K1/tier/?as_of=2026-06-24").json()

    assert answer["net_sales"] == "350.00"
    assert answer["tier"] == "strategic"  # it was all the company had sold by then
    assert answer["since"] == "2026-06-24"
    assert TierRecord.objects.count() == records


def test_an_order_that_leaves_the_window_after_the_run_leaves_the_companys_sales(
    api, client, ledger
):
    order = {
        "order_number": "MOVES",
        "account_number": "K2",
        "lines": [{"product_code": "P1", "quantity": 1, "unit_price": "2000"}],
    }
    sync = "/api/v1/orders/bulk/"
    erp = api("orders:write")
    erp.post(sync, {"orders": [{**order, "ordered_on": "2026-06-30"}]}, "application/json")
    Order.objects.update(updated_at=F("created_at"))
    services.recompute(DAY, **RUN)
    TierRun.objects.update(recorded_at=timezone.now())
    assert client.get("/api/v1/accounts/K1/tier/").json()["company_net_sales"] == "12000.00"

    erp.post(sync, {"orders": [{**order, "ordered_on": "2026-07-01"}]}, "application/json")

    assert client.get("/api/v1/accounts/K1/tier/").json()["company_net_sales"] == "10000.00"


@pytest.mark.parametrize("ending", ["expires", "is revoked"])
def test_a_designation_that_ended_after_the_newest_run_lifts_no_more(client, ledger, ending):
    last = DAY + timedelta(days=3)
    ends = {"expires_on": last} if ending == "expires" else {"revoked_on": last + timedelta(1)}
    make_designation(ledger[2], tier="strategic", effective_from=DAY, **ends)
    services.recompute(DAY, **RUN)

    def tier_on(day):
        answer = client.get(f"/api/v1/accounts/K3/tier/?as_of={day}").json()
        return answer["tier"], answer["basis"]

    assert tier_on(last) == ("strategic", "designation")
    assert tier_on(last + timedelta(days=1)) == ("ordinary", "share")


def test_a_merged_number_answers_for_the_account_that_took_its_place(client, ledger, diana, boris):
    survivor, absorbed, third = ledger
    services.recompute(DAY, **RUN)
    first = merge_accounts(survivor, absorbed, actor=diana)
    second = merge_accounts(third, survivor, actor=diana)
    for done, day in ((first, DAY + timedelta(days=2)), (second, DAY + timedelta(days=4))):
        AccountMerge.objects.filter(pk=done.pk).update(merged_at=noon(day))

    def who(number, days, answer="tier"):
        address = f"/api/v1/accounts/{number}/{answer}/?as_of={DAY + timedelta(days=days)}"
        return client.get(address).json().get("account_number", "rfm")

    assert [who("K2", days) for days in (0, 1, 2, 3, 4, 5)] == ["K2", "K2", "K1", "K1", "K3", "K3"]
    services.recompute(DAY + timedelta(days=5), **RUN)
    assert who("K2", 5) == "K3"
    assert who("K2", 5, "rfm") == "rfm"

    undo_merge(second.pk, actor=diana)
    assert who("K2", 5) == "K1"


def test_who_may_not_see_the_survivor_gets_nothing_of_it(client, k1, boris, diana):
    absorbed = make_account(account_number="OLD", manager=boris)
    merge_accounts(k1, absorbed, actor=diana)
    services.recompute(timezone.localdate(), **RUN)
    person = Client()
    person.force_login(boris)

    assert person.get("/api/v1/accounts/OLD/tier/").status_code == 404


def noon(day):
    return timezone.make_aware(datetime.combine(day, time(12)))


def test_a_ledger_that_has_changed_since_the_run_is_told(client, run, ledger):
    make_order(ledger[0], DAY, "1000.00")

    answer = client.get(
        "/api/v1/accounts/K1/tier/?as_of=2026-06-30", headers={"Accept-Language": "en"}
    ).json()

    assert answer["tier"] == "key"
    assert answer["net_sales"] == "1300.00"
    assert answer["explanation"][-1] == (
        "The recompute of 2026-06-30 recorded key; the figures that the ledger has now "
        "for 2026-06-30 give strategic"
    )


def test_rfm_scores_come_with_the_figures_of_the_day(client, run):
    assert client.get("/api/v1/accounts/K1/rfm/").json() == {
        "as_of": "2026-06-30",
        "recency_days": 10,
        "frequency": 1,
        "monetary": "300.00",
        "r": 1,
        "f": 1,
        "m": 5,
        "segment": "important_retain",
    }


def test_without_a_purchase_there_are_no_scores(client, run):
    response = client.get("/api/v1/accounts/K3/rfm/")

    assert response.status_code == 404
    assert response.json()["code"] == "no_purchases"


@pytest.mark.parametrize("answer", ["tier", "rfm"])
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("as_of=tomorrow", 422),
        ("as_of=2026-02-30", 422),
        ("as_of=9999-12-31", 422),
        ("as_of=0001-01-01", 422),
        ("as_of=1999-12-31", 422),
    ],
)
def test_a_wrong_day_is_named(client, run, answer, query, status):
    response = client.get(f"/api/v1/accounts/K1/{answer}/?{query}")

    assert response.status_code == status
    assert response.json()["errors"][0]["field"] == "as_of"


def test_an_account_that_is_not_there_or_not_yours_is_404(client, run, boris, db):
    person = Client()
    person.force_login(boris)

    assert client.get("/api/v1/accounts/NOPE/tier/").status_code == 404
    assert person.get("/api/v1/accounts/K1/tier/").status_code == 404


def test_a_token_needs_the_scope(api, run):
    other = api("orders:read")

    assert other.get("/api/v1/accounts/K1/tier/").status_code == 403
    assert other.get(f"/api/v1/tiering/runs/{run.pk}/").status_code == 403
    assert api("tiers:read").post("/api/v1/tiering/runs/").status_code == 403


def test_a_run_is_queued_then_done(client, ledger, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(
            "/api/v1/tiering/runs/", {"as_of": "2026-06-30"}, content_type="application/json"
        )

    run = TierRun.objects.get()
    assert response.status_code == 202
    assert response.json() == {"id": run.pk, "status": "queued"}
    answer = client.get(f"/api/v1/tiering/runs/{run.pk}/").json()
    assert answer.pop("started_at") < answer.pop("finished_at")
    assert answer == {
        "id": run.pk,
        "as_of": "2026-06-30",
        "status": "succeeded",
        "company_net_sales": "10000.00",
        "accounts": 3,
        "changed": 2,
        "tiers": {"strategic": 0, "key": 2, "ordinary": 1},
    }


def test_without_a_day_a_run_is_of_today(client, ledger):
    client.post("/api/v1/tiering/runs/", content_type="application/json")

    assert TierRun.objects.get().as_of == timezone.localdate()


@pytest.mark.parametrize(
    "body",
    ['{"as_of": "9999-01-01"}', '{"as_of": 5}', '{"as_of": "x"}', "[1]", '{"asof": "2026-01-01"}'],
)
def test_a_wrong_request_for_a_run_changes_nothing(client, ledger, body):
    response = client.post("/api/v1/tiering/runs/", body, content_type="application/json")

    assert response.status_code == 422
    assert not TierRun.objects.exists()


def test_results_list_every_account_of_a_run(client, run):
    first = client.get(f"/api/v1/tiering/results/?run={run.pk}&page_size=2").json()
    rest = client.get(first["next"]).json()

    assert [row["account_number"] for row in first["results"] + rest["results"]] == [
        "K1",
        "K2",
        "K3",
    ]
    assert first["results"][1] == {
        "account_number": "K2",
        "tier": "key",
        "share": "0.010000",
        "net_sales": "100.00",
        "recency_days": 0,
        "frequency": 1,
        "monetary": "100.00",
        "r": 5,
        "f": 1,
        "m": 1,
        "segment": "general_develop",
        "abc": "A",
    }
    assert rest["results"][0] == {
        "account_number": "K3",
        "tier": "ordinary",
        "share": "0.000000",
        "net_sales": "0.00",
        "recency_days": None,
        "frequency": None,
        "monetary": None,
        "r": None,
        "f": None,
        "m": None,
        "segment": None,
        "abc": "C",
    }


def test_a_page_of_results_takes_the_same_queries_at_any_size(
    client, run, django_assert_max_num_queries
):
    for number in range(10):
        make_order(make_account(), DAY, Decimal(number + 1))
    services.recompute(DAY, **RUN)

    with django_assert_max_num_queries(12):
        response = client.get(f"/api/v1/tiering/results/?run={run.pk}")

    assert len(response.json()["results"]) == 13


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 422), ("run=x", 422), ("run=0", 404), ("run=" + 20 * "9", 404)],
)
def test_results_need_a_run(client, run, query, status):
    assert client.get(f"/api/v1/tiering/results/?{query}").status_code == status


def test_results_of_a_run_that_is_not_done_are_a_conflict(client, ledger):
    run = services.request_run(DAY, **RUN)

    response = client.get(f"/api/v1/tiering/results/?run={run.pk}")

    assert response.status_code == 409
    assert response.json()["code"] == "run_not_finished"
