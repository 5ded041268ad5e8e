"""The pages of approvals: lists, one request, routes, deputies."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from approvals import kinds, rules, services
from approvals.models import Deputy, Request, Route
from staff.models import Region
from tests.approvals.test_requests import sign


@pytest.fixture
def as_user(client):
    def log_in(user):
        client.force_login(user)
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        return client

    return log_in


def decision(request, decision="approve", comment="", seen=None):
    return {"decision": decision, "comment": comment, "seen": seen or request.digest}


def test_a_request_is_signed_on_its_page_by_two_people(as_user, ask, fiona, gm):
    request = ask()
    url = request.get_absolute_url()
    page = as_user(fiona).get(url).text
    assert request.digest in page
    assert "It grew" in page

    assert as_user(fiona).post(f"{url}sign/", decision(request)).url == url
    assert as_user(gm).post(f"{url}sign/", decision(request, comment="Yes")).url == url

    page = as_user(fiona).get(url).text
    assert "Yes" in page
    assert "Approved" in page
    assert 'value="approve"' not in page


def test_a_stale_decision_is_answered_with_422_and_the_new_state(as_user, ask, fiona):
    request = ask()
    response = as_user(fiona).post(
        f"{request.get_absolute_url()}sign/", decision(request, seen="0" * 64)
    )

    assert response.status_code == 422
    assert "has changed since you read it" in response.text
    assert request.digest in response.text
    assert not request.signatures.exists()


def test_a_comment_is_asked_for(as_user, ask, fiona):
    request = ask()

    response = as_user(fiona).post(
        f"{request.get_absolute_url()}sign/", decision(request, "reject")
    )

    assert response.status_code == 422
    assert "Say why." in response.text


def test_the_author_sees_no_decision_but_may_recall_and_remind(as_user, ask, anna):
    request = ask()
    url = request.get_absolute_url()
    page = as_user(anna).get(url).text
    assert 'value="approve"' not in page
    assert "somebody else decides" in page

    as_user(anna).post(f"{url}remind/")
    request.refresh_from_db()
    assert request.reminded_on == timezone.localdate()
    as_user(anna).post(f"{url}recall/")
    request.refresh_from_db()
    assert request.status == "recalled"


def test_a_returned_request_is_submitted_again_on_its_page(as_user, ask, anna, fiona):
    request = ask()
    url = request.get_absolute_url()
    as_user(fiona).post(f"{url}sign/", decision(request, "return", "Name it better"))
    assert "Name it better" in as_user(anna).get(url).text

    assert as_user(anna).post(f"{url}resubmit/", {"reason": ""}).status_code == 422
    as_user(anna).post(f"{url}resubmit/", {"reason": "Named better"})

    request.refresh_from_db()
    assert (request.status, request.round, request.reason) == ("pending", 2, "Named better")


def test_who_has_no_part_in_it_finds_nothing(as_user, ask, boris):
    url = ask().get_absolute_url()

    assert as_user(boris).get(url).status_code == 404
    assert as_user(boris).post(f"{url}sign/").status_code == 404


def test_the_snapshot_shows_what_changes(as_user, kind, monkeypatch, ask, fiona):
    raised = replace(
        kind,
        snapshot=lambda region: {"limit": ["100.00", "2500000.00"], "form": "open"},
        labels={"limit": "Credit limit", "form": "Form of credit"},
    )
    monkeypatch.setitem(kinds._registered, kind.key, raised)

    page = as_user(fiona).get(ask().get_absolute_url()).text

    assert page.index("Credit limit") < page.index("Form of credit")
    assert page.index("100.00") < page.index("2,500,000.00")
    assert "table-warning" in page


def test_the_lists(as_user, ask, anna, boris, fiona, gm):
    request = ask(title="Open the north")

    def lists(user):
        return [
            tab
            for tab in ("waiting", "mine", "all")
            if "Open the north" in as_user(user).get(f"/approvals/?show={tab}").text
        ]

    assert lists(fiona) == ["waiting", "all"]
    assert lists(anna) == ["mine", "all"]
    assert lists(gm) == ["all"]
    assert lists(boris) == []
    sign(request, fiona)
    assert lists(fiona) == ["all"]
    assert "Open the north" in as_user(gm).get("/approvals/?kind=test.region&status=pending").text
    assert "Nothing matches" in as_user(gm).get("/approvals/?status=rejected").text


def test_the_badge_counts_what_waits_and_is_empty_when_nothing_does(
    as_user, ask, fiona, django_assert_num_queries
):
    request = ask()
    client = as_user(fiona)
    assert 'hx-get="/approvals/badge/"' in client.get("/me/").text

    # session and user; roles, deputies and requests
    with django_assert_num_queries(5):
        badge = client.get("/approvals/badge/").text

    assert ">1</span>" in badge
    assert "<html" not in badge
    sign(request, fiona)
    assert client.get("/approvals/badge/").text.strip() == ""


def test_lists_take_the_same_queries_for_one_row_and_ten(
    as_user, ask, fiona, django_assert_max_num_queries, django_assert_num_queries
):
    ask()
    client = as_user(fiona)
    client.get("/approvals/")
    with django_assert_max_num_queries(30) as one:
        client.get("/approvals/")
    for number in range(9):
        ask(subject=Region.objects.create(name=f"R{number}"))

    with django_assert_num_queries(len(one)):
        page = client.get("/approvals/").text

    assert page.count("/approvals/") > 10


def test_a_deputy_is_named_and_ended_on_the_page(as_user, boris, fiona):
    today = timezone.localdate()
    client = as_user(fiona)
    assert "No deputies" in client.get("/approvals/deputies/").text
    wrong = {"deputy": boris.pk, "since": str(today), "last_day": str(today - timedelta(days=1))}
    assert client.post("/approvals/deputies/", wrong).status_code == 422

    client.post("/approvals/deputies/", {**wrong, "last_day": str(today)})

    deputy = Deputy.objects.get()
    assert (deputy.principal, deputy.deputy) == (fiona, boris)
    assert deputy.until == today + timedelta(days=1)
    assert as_user(boris).post(f"/approvals/deputies/{deputy.pk}/end/").status_code == 404
    as_user(fiona).post(f"/approvals/deputies/{deputy.pk}/end/")
    deputy.refresh_from_db()
    assert deputy.until == today


def rows(*stages):
    """What the form of a route posts: (since, rule, roles) each."""
    data = {"stages-TOTAL_FORMS": str(len(stages)), "stages-INITIAL_FORMS": "0"}
    for number, (since, rule, roles) in enumerate(stages):
        data |= {
            f"stages-{number}-since": since,
            f"stages-{number}-rule": rule,
            f"stages-{number}-roles": roles,
        }
    return data


def test_a_route_is_proposed_by_form_and_approved_by_its_own_mechanism(
    as_user, kind, fiona, gm, lena
):
    url = "/approvals/routes/new/test.region/"
    assert as_user(fiona).get(url).status_code == 200
    today = {"effective_from": str(timezone.localdate()), "note": "Legal joins"}
    stages = rows(("0", "all", ["legal"]), ("1000", "all", ["legal"]), ("1000", "any", ["gm"]))

    response = as_user(fiona).post(url, today | stages)

    route = Route.objects.get(kind="test.region", version=2)
    assert response.url == route.get_absolute_url()
    low, high = route.terms()
    assert (low.until, high.since, high.until) == (1000, 1000, None)
    assert [stage.rule for stage in high.stages] == [rules.Rule.ALL, rules.Rule.ANY]
    request = Request.objects.get(kind="approvals.route")
    page = as_user(gm).get(request.get_absolute_url()).text
    assert "legal" in page
    as_user(gm).post(f"{request.get_absolute_url()}sign/", decision(request))
    route.refresh_from_db()
    assert route.status == "approved"
    assert "version 2, in force" in as_user(gm).get("/approvals/routes/").text
    assert 'value="1000"' in as_user(fiona).get(url).text  # not 1E+3
    assert "In force" in as_user(gm).get(route.get_absolute_url()).text


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ([("100", "all", ["gm"])], "begin at 0"),
        ([("0", "n_of_m", ["gm"])], "more signatures"),
        ([("0", "all", [])], "at least one band"),
        ([("0", "all", ["legal"])], "Nobody holds"),
    ],
)
def test_a_wrong_route_is_refused_and_named(as_user, kind, fiona, gm, stages, message):
    terms = {"effective_from": str(timezone.localdate()), "note": "x"}

    response = as_user(fiona).post("/approvals/routes/new/test.region/", terms | rows(*stages))

    assert response.status_code == 422
    assert message in response.text
    assert not Route.objects.filter(kind="test.region", version=2).exists()


def test_a_route_does_not_reach_back_and_nobody_approves_their_own(as_user, kind, gm):
    yesterday = timezone.localdate() - timedelta(days=1)
    terms = {"effective_from": str(yesterday), "note": "x"} | rows(("0", "all", ["gm"]))

    response = as_user(gm).post("/approvals/routes/new/test.region/", terms)

    assert "rules do not reach back" in response.text
    today = terms | {"effective_from": str(timezone.localdate())}
    response = as_user(gm).post("/approvals/routes/new/test.region/", today)
    assert response.status_code == 422  # there is no deputy general manager who could sign
    assert not Request.objects.exists()


def test_a_rejected_route_never_counts(as_user, kind, fiona, gm):
    route = services.propose_route(
        kind="test.region",
        bands=rules.route(rules.one("gm")),
        effective_from=timezone.localdate(),
        note="Shorter",
        actor=fiona,
    )
    sign(Request.objects.get(), gm, "reject", "No")

    route.refresh_from_db()
    assert route.status == "rejected"
    assert Route.objects.filter(kind="test.region").in_force(timezone.localdate()).count() == 1
