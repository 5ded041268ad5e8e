"""Pages of runs, policies and designations, and the account's panel."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Event
from approvals import services as approvals
from kam.core.models import AuditEntry
from tests.factories import make_account, make_order
from tests.tiering.factories import make_designation, request_of, sign
from tiering import services
from tiering.models import Designation, TierPolicy, TierRun

DAY = date(2026, 6, 30)
BY_HAND = {"actor": None, "trigger": TierRun.Trigger.COMMAND}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def as_user(client):
    def login(user):
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return client

    return login


@pytest.fixture
def run(k1):
    make_order(k1, DAY, "300")
    make_order(None, DAY, "9700")
    return services.recompute(DAY, **BY_HAND)


# --- runs


def test_the_button_queues_a_run_of_the_day(as_user, diana, k1, django_capture_on_commit_callbacks):
    client = as_user(diana)
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/tiers/runs/", {"as_of": "2026-06-30"})

    run = TierRun.objects.get()
    assert response.url == f"/tiers/runs/{run.pk}/"
    assert (run.status, run.requested_by) == ("succeeded", diana)
    assert AuditEntry.objects.filter(action="tiering.run_requested", actor=diana).exists()


def test_a_future_day_is_refused_in_the_form(as_user, diana):
    response = as_user(diana).post("/tiers/runs/", {"as_of": "9999-01-01"})

    assert response.status_code == 422
    assert "future day" in response.text
    assert not TierRun.objects.exists()


def test_who_may_not_recompute_sees_the_runs_and_no_button(as_user, anna, run):
    client = as_user(anna)

    assert "Recompute</button>" not in client.get("/tiers/runs/").text
    assert client.post("/tiers/runs/", {"as_of": "2026-06-30"}).status_code == 403


def test_a_waiting_run_asks_for_itself_again_and_a_finished_one_does_not(as_user, diana, run):
    waiting = services.request_run(DAY - timedelta(days=1), **BY_HAND)
    client = as_user(diana)

    part = client.get(f"/tiers/runs/{waiting.pk}/", headers=HTMX).text
    assert 'hx-trigger="every 1s"' in part
    assert "<html" not in part
    assert "hx-trigger" not in client.get(f"/tiers/runs/{run.pk}/", headers=HTMX).text


def test_a_run_names_the_movers_one_may_see(as_user, anna, boris, run):
    assert "华锐科技" in as_user(anna).get(f"/tiers/runs/{run.pk}/").text
    assert "华锐科技" not in as_user(boris).get(f"/tiers/runs/{run.pk}/").text


# --- policies


def decision(subject, choice="approve", comment=""):
    return {"decision": choice, "seen": request_of(subject).digest, "comment": comment}


def terms(**changes):
    return {
        "effective_from": timezone.localdate() + timedelta(days=1),
        "note": "A larger market",
        "strategic_share": "0.06",
        "key_share": "0.02",
        "window_months": "12",
        "abc_a_share": "0.8",
        "abc_b_share": "0.95",
        "rfm_method": "quintile",
        "high_score": "4",
        "recency_cuts": "",
        "frequency_cuts": "",
        "monetary_cuts": "",
        **changes,
    }


@pytest.fixture
def proposal(as_user, diana, gm):
    as_user(diana).post("/tiers/policies/new/", terms(propose=""))
    return TierPolicy.objects.get(version=2)


def test_a_policy_is_proposed_and_approved_by_two_people(as_user, gm, proposal):
    assert proposal.status == "proposed"

    page = as_user(gm).get("/tiers/policies/2/").text
    asked = request_of(proposal)
    assert asked.digest in page

    response = as_user(gm).post(f"{asked.get_absolute_url()}sign/", decision(proposal))

    assert response.url == asked.get_absolute_url()
    proposal.refresh_from_db()
    assert (proposal.status, proposal.decided_by) == ("approved", gm)
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert TierPolicy.objects.in_force(tomorrow).first() == proposal
    assert TierPolicy.objects.in_force(timezone.localdate()).first().version == 1


def test_the_request_shows_the_terms_and_leads_to_what_if(as_user, gm, proposal, run):
    client = as_user(gm)

    page = client.get(request_of(proposal).get_absolute_url()).text

    assert "6 %" in page
    assert 'href="/tiers/policies/2/preview/"' in page
    assert client.get("/tiers/policies/2/preview/").status_code == 200


def test_a_returned_policy_is_changed_on_its_page(as_user, diana, gm, proposal):
    sign(proposal, gm, "return", "Less")
    client = as_user(diana)
    assert "/tiers/policies/2/edit/" in client.get("/tiers/policies/2/").text
    assert 'name="propose"' not in client.get("/tiers/policies/2/edit/").text

    client.post("/tiers/policies/2/edit/", terms(key_share="0.015"))

    proposal.refresh_from_db()
    assert (proposal.status, str(proposal.key_share)) == ("proposed", "0.015000")


def test_a_refused_proposal_leaves_no_draft_behind(as_user, diana):
    response = as_user(diana).post("/tiers/policies/new/", terms(propose=""))

    assert response.status_code == 422
    assert "Nobody else could sign" in response.text
    assert TierPolicy.objects.count() == 1


def test_the_page_shows_the_difference_to_the_policy_in_force(as_user, gm, proposal):
    page = as_user(gm).get("/tiers/policies/2/").text

    assert page.count("differs</span>") == 6  # the day, both shares, and the cuts left out
    assert "6.00 %" in page


def test_a_draft_can_be_edited_and_then_proposed(as_user, diana, gm):
    client = as_user(diana)
    client.post("/tiers/policies/new/", terms())

    client.post("/tiers/policies/2/edit/", terms(key_share="0.03"))
    client.post("/tiers/policies/2/propose/")

    policy = TierPolicy.objects.get(version=2)
    assert (policy.status, policy.key_share) == ("proposed", Decimal("0.03"))
    assert as_user(diana).post("/tiers/policies/2/edit/", terms()).status_code == 422


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key_share": "0.07"}, "above the key share"),
        ({"abc_b_share": "0.7"}, "above that of class A"),
        ({"rfm_method": "fixed"}, "exactly four numbers"),
        ({"recency_cuts": "1, 2, 3"}, "exactly four numbers"),
        ({"recency_cuts": "1, 2, 2, 3"}, "above the one before"),
        ({"recency_cuts": "1, 2, x, 3"}, "Enter numbers"),
        ({"frequency_cuts": "1.5 2 3 4"}, "whole numbers"),
        ({"monetary_cuts": "1 2 3 NaN"}, "exactly four numbers"),
        ({"frequency_cuts": "1e1 2e1 3e1 4e1"}, "whole numbers"),
        ({"recency_cuts": "1 2 3 9999999999"}, "too large"),
        ({"frequency_cuts": f"1 2 3 {'9' * 5000}"}, "too large"),
        ({"monetary_cuts": "1 2 3 1e999999"}, "too large"),
        ({"strategic_share": "NaN"}, "Enter a number"),
        ({"window_months": "61"}, "1 to 60 months"),
        ({"high_score": "6"}, "2, 3, 4 or 5"),
    ],
)
def test_wrong_terms_are_named(as_user, diana, changes, message):
    response = as_user(diana).post("/tiers/policies/new/", terms(**changes))

    assert response.status_code == 422
    assert message in response.text
    assert TierPolicy.objects.count() == 1


def test_the_largest_cuts_that_may_be_entered_can_be_computed_with(as_user, diana, run):
    client = as_user(diana)
    most = "1，２，3，2000000000"  # as they are typed in China
    client.post(
        "/tiers/policies/new/",
        terms(rfm_method="fixed", recency_cuts=most, frequency_cuts=most, monetary_cuts=most),
    )

    assert TierPolicy.objects.get(version=2).recency_cuts == [1, 2, 3, 2_000_000_000]
    assert client.get("/tiers/policies/2/preview/").status_code == 200


def test_a_policy_does_not_reach_back(as_user, diana):
    yesterday = timezone.localdate() - timedelta(days=1)

    response = as_user(diana).post(
        "/tiers/policies/new/", terms(effective_from=yesterday, propose="")
    )

    assert response.status_code == 422
    assert "do not reach back" in response.text


def test_a_stale_decision_loses(as_user, gm, proposal):
    before = decision(proposal)
    sign(proposal, gm, "return", "Not now")
    approvals.resubmit(request_of(proposal).pk, actor=proposal.proposed_by, reason="Now")

    response = as_user(gm).post(f"{request_of(proposal).get_absolute_url()}sign/", before)

    assert response.status_code == 422
    assert "please reload" in response.text


def test_the_preview_counts_who_would_move(as_user, diana, run):
    client = as_user(diana)
    client.post("/tiers/policies/new/", terms(key_share="0.04"))

    page = client.get("/tiers/policies/2/preview/", headers=HTMX).text

    assert "<html" not in page
    assert page.index(">Key</span>") < page.index(">Ordinary</span>")
    run.refresh_from_db()
    assert run.key == 1


# --- designations


def proposal_of(tier="strategic", **changes):
    today = timezone.localdate()
    return {
        "tier": tier,
        "reason": "Opens the market of the west",
        "effective_from": today,
        "expires_on": today + timedelta(days=90),
        **changes,
    }


@pytest.fixture
def designation(as_user, anna, diana, k1):
    as_user(anna).post("/tiers/designations/new/K1/", proposal_of())
    return Designation.objects.get()


def test_the_signers_read_a_designation_and_a_policy_in_words(as_user, diana, gm, designation):
    cuts = dict.fromkeys(("recency_cuts", "frequency_cuts", "monetary_cuts"), "1, 2, 3, 4")
    as_user(diana).post("/tiers/policies/new/", terms(propose="", rfm_method="fixed", **cuts))
    policy = TierPolicy.objects.latest("pk")

    of_designation = as_user(gm).get(request_of(designation).get_absolute_url()).text
    of_policy = as_user(gm).get(request_of(policy).get_absolute_url()).text

    assert ">Strategic<" in of_designation
    assert ">strategic<" not in of_designation
    assert "Quintiles (percent rank)" in of_policy
    assert ">fixed<" not in of_policy


def test_a_designation_counts_once_somebody_else_approved_it(as_user, diana, k1, designation):
    url = f"/tiers/designations/{designation.pk}/"
    assert request_of(designation).digest in as_user(diana).get(url).text
    as_user(diana).post(
        f"{request_of(designation).get_absolute_url()}sign/",
        decision(designation, comment="Agreed"),
    )
    assert "Agreed" in as_user(diana).get(url).text
    assert "Recompute now" in as_user(diana).get(url).text

    services.recompute(timezone.localdate(), **BY_HAND)

    k1.refresh_from_db()
    assert k1.tier == "strategic"
    kinds = set(Event.objects.filter(account=k1).values_list("kind", flat=True))
    assert kinds >= {"tiering.designation_proposed", "tiering.designation_approved"}


def test_a_revoked_designation_counts_no_more(as_user, gm, k1, designation):
    sign(designation, gm)

    as_user(gm).post(f"/tiers/designations/{designation.pk}/revoke/", {"reason": "Lost"})

    services.recompute(timezone.localdate(), **BY_HAND)
    k1.refresh_from_db()
    assert k1.tier == "ordinary"
    assert AuditEntry.objects.filter(action="tiering.designation_revoked", reason="Lost").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tier": "ordinary"}, "Select a valid choice"),
        ({"reason": " "}, "required"),
        ({"expires_on": "2020-01-01"}, "before it begins"),
        ({"effective_from": "2020-01-01", "expires_on": "2020-01-02"}, "expired already"),
    ],
)
def test_a_wrong_proposal_is_refused(as_user, anna, diana, k1, changes, message):
    response = as_user(anna).post("/tiers/designations/new/K1/", proposal_of(**changes))

    assert response.status_code == 422
    assert message in response.text
    assert not Designation.objects.exists()


def test_another_managers_account_does_not_exist_for_boris(as_user, boris, k1, designation):
    client = as_user(boris)

    assert client.get("/tiers/designations/new/K1/").status_code == 404
    assert client.get(f"/tiers/designations/{designation.pk}/").status_code == 404
    assert client.get("/tiers/panel/K1/").status_code == 404
    assert "K1" not in client.get("/tiers/designations/?show=all").text


def test_a_returned_designation_is_changed_on_its_page(as_user, anna, diana, designation):
    sign(designation, diana, "return", "Key will do")
    client = as_user(anna)
    edit = f"/tiers/designations/{designation.pk}/edit/"
    assert edit in client.get(f"/tiers/designations/{designation.pk}/").text

    response = client.post(edit, proposal_of(tier="key"))

    assert response.url == request_of(designation).get_absolute_url()
    designation.refresh_from_db()
    assert designation.tier == "key"


def test_the_author_sees_no_decision_and_cannot_make_one(as_user, anna, designation):
    client = as_user(anna)
    page = client.get(f"/tiers/designations/{designation.pk}/").text
    assert 'value="approve"' not in page

    response = client.post(
        f"{request_of(designation).get_absolute_url()}sign/", decision(designation)
    )

    assert response.status_code == 422
    designation.refresh_from_db()
    assert designation.status == "proposed"


def test_expiring_designations_are_listed(as_user, diana, k1):
    today = timezone.localdate()
    soon, late = make_account(name="Soon"), make_account(name="Late")
    make_designation(soon, effective_from=today, expires_on=today + timedelta(days=60))
    make_designation(late, effective_from=today, expires_on=today + timedelta(days=61))

    page = as_user(diana).get("/tiers/designations/?show=expiring").text

    assert "Soon" in page
    assert "Late" not in page


# --- the panel of the account page


def test_the_panel_says_the_tier_and_why(as_user, anna, run):
    part = as_user(anna).get("/tiers/panel/K1/", headers=HTMX).text

    assert "<html" not in part
    assert "12-month net sales 300.00 of 10,000.00 = 3.00 %, at or above 1 %: key" in part
    assert "R 5" in part
    assert "Important value" in part


def test_the_panel_replays_any_day(as_user, anna, run):
    part = as_user(anna).get("/tiers/panel/K1/?as_of=2026-06-29", headers=HTMX).text

    assert "no run recorded this day" in part
    assert "No purchase in the window" in part


@pytest.mark.parametrize("day", ["9999-01-01", "1999-01-01", "x"])
def test_the_panel_says_when_a_day_cannot_be_shown(as_user, anna, run, day):
    response = as_user(anna).get(f"/tiers/panel/K1/?as_of={day}", headers=HTMX)

    assert response.status_code == 200
    assert "alert-danger" in response.text


def test_lists_take_the_same_queries_for_one_row_and_ten(
    as_user, diana, django_assert_num_queries, run
):
    client = as_user(diana)

    def queries_of(url):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(
            connection,
        ) as context:
            assert client.get(url).status_code == 200
        return len(context)

    urls = ["/tiers/runs/", "/tiers/policies/", "/tiers/designations/?show=all"]
    make_designation(make_account(), effective_from=DAY)
    client.get("/tiers/runs/")
    before = [queries_of(url) for url in urls]
    for number in range(10):
        make_designation(make_account(), effective_from=DAY)
        services.request_run(DAY - timedelta(days=number + 1), **BY_HAND)
        services.draft_policy(actor=diana, effective_from=DAY)

    assert [queries_of(url) for url in urls] == before


@pytest.mark.parametrize("name", ["runs", "policies", "designations"])
def test_pages_need_the_permission(as_user, sysadmin, name):
    assert as_user(sysadmin).get(reverse(f"tiering:{name}")).status_code == 403
