"""The rules of credit: shown in words, tried out, proposed, signed; never edited."""

import copy
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import Error, transaction
from django.utils import timezone, translation

from approvals import services as approvals
from approvals.models import Request
from credit import policies, policy_words
from credit.models import OrderCredit, Policy
from credit.services import orders, policy_changes
from kam.core.errors import RuleViolation
from tests.credit.terms import make_investigation
from tests.credit.test_limit_table import make_line
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


def changed(kind, **places):
    """The shipped content with other values at these places ("checks__overdue_days")."""
    content = copy.deepcopy(policies.content(kind, policies.shipped(kind)))
    for place, value in places.items():
        *above, name = place.split("__")
        part = content
        for each in above:
            part = part[each]
        part[name] = value
    return content


def propose(actor, kind="checks", **fields):
    values = {
        "content": changed("checks", checks__overdue_days=60),
        "effective_from": timezone.localdate(),
        "note": "Slower payers",
        **fields,
    }
    return policy_changes.propose_policy(kind=kind, actor=actor, **values)


def sign(policy, actor, decision="approve", comment=""):
    request = Request.objects.of(policy).get()
    approvals.sign(request.pk, actor=actor, decision=decision, comment=comment, seen=request.digest)


def in_force(kind="checks"):
    return policies.in_force(kind, timezone.localdate())


def test_a_version_counts_once_the_general_manager_has_signed(fiona, gm):
    policy = propose(fiona)
    assert in_force().version == 1

    sign(policy, gm)

    assert (in_force().version, in_force().rules.checks.overdue_days) == (2, 60)
    snapshot = Request.objects.of(policy).get().snapshot
    assert snapshot["changes"] == ["checks.overdue_days: 30", "checks.overdue_days: 60"]


def test_the_signers_read_what_changes_in_words(client, fiona, gm):
    asked = Request.objects.of(propose(fiona)).get()
    client.force_login(gm)

    page = client.get(asked.get_absolute_url(), HTTP_ACCEPT_LANGUAGE="en").content.decode()

    assert "Days overdue allowed: 30" in page
    assert "Days overdue allowed: 60" in page
    assert "Credit checks of orders" in page
    assert "checks.overdue_days" not in page


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("checks.overdue_share: ", "Overdue share of the limit allowed: switched off"),
        ("checks.overdue_share: 0.125", "Overdue share of the limit allowed: 12.5 %"),
        ("checks.manual_hold: True", "Hold customers put on hold: switched on"),
        ("caps.AAA: 5000000", "Highest limit for grade AAA: 5,000,000"),
        ("dunning.steps[1].action: call", "Collection step 2: what is done: Call"),
        ("criteria[0].bins[1].points: 60", "Criterion 1 bin 2 points: 60"),
        ("criteria[2].bins[0].lower: ", "Criterion 3 bin 1 from: –"),
        ("criteria[1].missing: neutral", "Criterion 2 missing figure: missing: 50 points"),
        ("no.such.place: 7", "no.such.place: 7"),
    ],
)
def test_every_change_has_its_words(line, words):
    with translation.override("en"):
        assert policy_words.changes(line) == words


def test_a_scorecard_is_read_in_percentages_and_ranges(client, fiona):
    client.force_login(fiona)

    page = client.get("/credit/policies/scorecard/1/", HTTP_ACCEPT_LANGUAGE="en").text

    assert "5 % to below 15 %: 80 points" in page
    assert "Days overdue: 61 days to below 181 days" in page
    assert "The rules that the system came with." in page


def test_a_refused_version_never_counts(fiona, gm):
    policy = propose(fiona)

    sign(policy, gm, "reject", "No")

    policy.refresh_from_db()
    assert (policy.status, in_force().version) == ("rejected", 1)
    assert propose(fiona).version == 3


def test_nobody_approves_their_own_policy(gm, fiona):
    policy = propose(fiona)

    assert code_of(sign, policy, fiona) == "own_request"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"note": " "}, "reason_required"),
        ({"effective_from": timezone.localdate() - timedelta(days=1)}, "retroactive"),
        ({"content": changed("checks")}, "unchanged"),
        ({"content": changed("checks", checks__overdue_days=-1)}, "invalid_policy"),
        ({"content": {"checks": {"foo": 1}}}, "invalid_policy"),
        ({"content": []}, "invalid_policy"),
    ],
)
def test_what_cannot_be_a_policy_is_refused(fiona, gm, fields, code):
    assert code_of(propose, fiona, **fields) == code
    assert Policy.objects.filter(kind="checks").count() == 1


def test_a_scorecard_with_a_gap_is_refused_and_named(fiona, gm):
    content = policies.content("scorecard", policies.shipped("scorecard"))
    content["criteria"][0]["weight"] = "24"

    with pytest.raises(RuleViolation) as caught:
        propose(fiona, "scorecard", content=content)

    assert "99" in caught.value.message


def test_an_approved_version_is_never_edited(fiona, gm):
    policy = propose(fiona)
    sign(policy, gm)

    with pytest.raises(Error), transaction.atomic():
        Policy.objects.filter(pk=policy.pk).update(note="x")


@pytest.mark.parametrize("kind", Policy.Kind.values)
def test_each_kind_is_shown_in_words_and_has_a_form(client, fiona, kind):
    client.force_login(fiona)

    assert client.get("/credit/policies/").status_code == 200
    assert client.get(f"/credit/policies/{kind}/1/").status_code == 200
    assert client.get(f"/credit/policies/{kind}/new/").status_code == 200


def test_limits_are_shown_from_the_best_grade_down_with_thousands_apart(client, fiona):
    client.force_login(fiona)

    text = client.get("/credit/policies/terms/1/").content.decode()

    limits = ["5,000,000", "3,000,000", "2,000,000", "1,000,000", "500,000", "200,000", "50,000"]
    places = [text.index(f">{limit}<") for limit in limits]
    assert places == sorted(places)


def test_an_unknown_kind_is_not_there(client, fiona):
    client.force_login(fiona)

    assert client.get("/credit/policies/foo/new/").status_code == 404
    assert client.get("/credit/policies/checks/9/").status_code == 404


def typed(kind, **values):
    """What the form holds, with other values typed in."""
    content = policies.content(kind, policies.shipped(kind))
    data = {
        path: value
        for path, value in policy_words.flat(content).items()
        if value is not None and value is not False
    }
    return {
        **data,
        "effective_from": timezone.localdate(),
        "note": "Slower payers",
        **{name.replace("__", "."): value for name, value in values.items()},
    }


def test_finance_proposes_by_form(client, fiona, gm):
    client.force_login(fiona)

    answer = client.post(
        "/credit/policies/checks/new/",
        typed("checks", checks__overdue_days="45", checks__overdue_share=""),
    )

    policy = Policy.objects.get(kind="checks", version=2)
    assert answer.url == policy.get_absolute_url()
    rules = policies.read("checks", policy.content)
    assert rules.checks.overdue_days == 45
    assert rules.checks.overdue_share is None
    assert client.get(answer.url).status_code == 200


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("checks", {"checks__overdue_days": "soon"}),
        ("checks", {"checks__overdue_days": "-1"}),
        ("checks", {"reservation_minutes": ""}),
        ("terms", {"caps__AA": "9999999"}),
        ("terms", {"first_terms__best_grade": "X"}),
        ("supervision", {"review__every_months": "0"}),
    ],
)
def test_a_wrong_value_is_named_in_the_form(client, fiona, gm, kind, values):
    client.force_login(fiona)

    answer = client.post(f"/credit/policies/{kind}/new/", typed(kind, **values))

    assert answer.status_code == 422
    assert Policy.objects.filter(kind=kind).count() == 1


def test_structured_rules_are_written_as_text(client, fiona, gm):
    content = policies.content("collections", policies.shipped("collections"))
    content["dunning"]["steps"][0]["day"] = 2
    client.force_login(fiona)
    data = {"effective_from": timezone.localdate(), "note": "Later"}

    broken = client.post("/credit/policies/collections/new/", data | {"content": "{"})
    answer = client.post(
        "/credit/policies/collections/new/", data | {"content": json.dumps(content)}
    )

    assert broken.status_code == 422
    assert answer.status_code == 302


# --- what if


@pytest.fixture
def held(k1, gm, fiona):
    """An order held for its amount: the limit is 100."""
    make_line(k1, gm, "100")
    order = make_order(k1, amount="150", status="open")
    orders.orders_written([order.pk], fiona)
    assert OrderCredit.objects.get(order=order).status == "held"
    return order


def test_what_if_names_the_orders_that_would_be_decided_otherwise(client, held, fiona, gm):
    policy = propose(fiona, content=changed("checks", checks__exposure_over_limit=False))
    client.force_login(fiona)

    text = client.get(f"/credit/policies/checks/{policy.version}/try/").content.decode()

    assert held.order_number in text
    assert OrderCredit.objects.get().status == "held"  # nothing was written
    sign(policy, gm)
    assert OrderCredit.objects.get().status == "approved"  # looked at again


def test_what_if_of_an_approved_order_does_not_count_it_twice(client, k1, gm, fiona):
    make_line(k1, gm, "100")
    order = make_order(k1, amount="100", status="open")
    orders.orders_written([order.pk], fiona)
    client.force_login(fiona)

    def effects(**values):
        response = client.post(
            "/credit/policies/checks/new/", typed("checks", **values) | {"try": ""}
        )
        return [(each.order, each.after) for each in response.context["effects"]]

    assert effects() == []
    assert effects(checks__single_order_maximum="99.99") == [(order, "held")]
    assert effects(checks__single_order_maximum="100") == []
    assert Policy.objects.filter(kind="checks").count() == 1


def test_what_if_of_a_scorecard_names_the_grades_that_change(client, k1, anna, gm, fiona):
    make_line(k1, gm)
    make_investigation(k1, anna, net_assets=20_000_000, contingent_debts=0)
    content = policies.content("scorecard", policies.shipped("scorecard"))
    content["caps"].append({"metric": "net_assets", "lower": "1", "upper": None, "grade": "D"})
    client.force_login(fiona)

    response = client.post(
        "/credit/policies/scorecard/new/",
        {"content": json.dumps(content), "note": "x", "effective_from": "2030-01-01", "try": ""},
    )

    (effect,) = response.context["effects"]
    assert (effect.account, effect.after) == (k1, "D")


def test_what_if_shows_nothing_of_others(client, held, boris, fiona, gm):
    policy = propose(fiona, content=changed("checks", checks__exposure_over_limit=False))
    client.force_login(boris)

    response = client.get(f"/credit/policies/checks/{policy.version}/try/")

    assert response.context["number"] == 0


def test_the_amounts_of_a_policy_keep_their_decimals(client, fiona, gm):
    client.force_login(fiona)

    client.post("/credit/policies/terms/new/", typed("terms", buffer="0.1234"))

    rules = policies.read("terms", Policy.objects.get(kind="terms", version=2).content)
    assert rules.buffer == Decimal("0.1234")
