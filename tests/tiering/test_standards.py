"""Service standards: what is shipped, what cannot be one, versions, signatures, breaches."""

import copy
from datetime import date, timedelta

import pytest
from django.db import Error, transaction
from django.utils import timezone

from accounts.models import Event
from approvals import services as approvals
from approvals.models import Request
from kam.core.errors import RuleViolation
from tests.factories import make_account
from tiering import standards
from tiering.models import ServiceStandard
from tiering.services.standards import propose_standard

pytestmark = pytest.mark.django_db
URL = "/tiers/standards/"
NEW = "/tiers/standards/new/"


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


def changed(*places, value):
    """The shipped content with another value at one place."""
    content = copy.deepcopy(standards.content(standards.SHIPPED))
    part = content
    for place in places[:-1]:
        part = part[place]
    part[places[-1]] = value
    return content


def propose(actor, **fields):
    values = {
        "content": changed("tiers", "key", "visit_every_days", value=45),
        "effective_from": timezone.localdate(),
        "note": "More visits",
        **fields,
    }
    return propose_standard(actor=actor, **values)


def sign(standard, actor, decision="approve", comment=""):
    request = Request.objects.of(standard).get()
    approvals.sign(request.pk, actor=actor, decision=decision, comment=comment, seen=request.digest)


def in_force():
    return standards.in_force(timezone.localdate())


def typed(**values):
    """What the form holds, with other values typed in."""
    data = {
        "effective_from": timezone.localdate().isoformat(),
        "note": "More visits",
        "zone": "Asia/Shanghai",
        "periods": "09:00-12:00, 13:00-18:00",
    }
    for tier, part in standards.content(standards.SHIPPED)["tiers"].items():
        data |= {f"{tier}.{name}": part[name] for name in part if name != "responses"}
        for severity, response in part["responses"].items():
            data |= {f"{tier}.responses.{severity}.{name}": response[name] for name in response}
    return data | values


def test_the_shipped_standard_promises_what_the_policy_page_says():
    found = in_force()

    assert found.version == 1
    assert found.standard == standards.SHIPPED
    tiers = found.standard.tiers
    assert [tiers[tier].visit_every_days for tier in ("strategic", "key", "ordinary")] == [
        30,
        60,
        180,
    ]
    severe = tiers["strategic"].responses["severe"]
    assert (severe.acknowledge_hours, severe.resolve_hours) == (2, 24)


def test_a_version_counts_from_its_day_once_it_is_signed(diana, gm, django_assert_num_queries):
    standard = propose(diana, effective_from=timezone.localdate() + timedelta(days=2))
    sign(standard, gm)

    assert in_force().version == 1
    with django_assert_num_queries(1):
        later = standards.in_force(timezone.localdate() + timedelta(days=2))
    assert (later.version, later.standard.tiers["key"].visit_every_days) == (2, 45)
    snapshot = Request.objects.of(standard).get().snapshot
    assert [each.rpartition(" ")[2] for each in snapshot["changes"]] == ["60", "45"]


def test_a_refused_version_never_counts_and_the_next_try_is_another(diana, gm):
    standard = propose(diana)

    sign(standard, gm, "reject", "No")

    standard.refresh_from_db()
    assert (standard.status, in_force().version) == ("rejected", 1)
    assert propose(diana).version == 3


def test_nobody_signs_their_own_standard(diana, gm):
    standard = propose(diana)

    assert code_of(sign, standard, diana) == "own_request"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"note": " "}, "reason_required"),
        ({"effective_from": timezone.localdate() - timedelta(days=1)}, "retroactive"),
        ({"content": standards.content(standards.SHIPPED)}, "unchanged"),
        ({"content": {}}, "invalid_policy"),
        ({"content": []}, "invalid_policy"),
        ({"content": changed("tiers", value={})}, "invalid_policy"),
        ({"content": changed("tiers", "key", "visit_every_days", value=0)}, "invalid_policy"),
        ({"content": changed("tiers", "key", "terms_days", value=366)}, "invalid_policy"),
        ({"content": changed("tiers", "key", "responses", value={})}, "invalid_policy"),
        (
            {
                "content": changed(
                    *("tiers", "key", "responses", "minor", "resolve_hours"), value="15.9"
                )
            },
            "invalid_policy",
        ),  # below the hours to acknowledge
        ({"content": changed("hours", "zone", value="Moon/Base")}, "invalid_policy"),
        ({"content": changed("hours", "periods", value=[])}, "invalid_policy"),
    ],
)
def test_what_cannot_be_a_standard_is_refused(diana, gm, fields, code):
    assert code_of(propose, diana, **fields) == code
    assert ServiceStandard.objects.count() == 1


def test_an_approved_version_is_never_edited():
    with pytest.raises(Error), transaction.atomic():
        ServiceStandard.objects.update(note="x")


def test_before_the_first_version_there_is_no_standard():
    with pytest.raises(LookupError):
        standards.in_force(date(1999, 12, 31))


def test_what_is_shipped_is_not_shipped_again():
    standards.ship_default(using="default")

    assert ServiceStandard.objects.count() == 1


# --- pages


def test_the_director_proposes_by_form(client, diana, gm):
    client.force_login(diana)

    answer = client.post(NEW, typed(**{"key.visit_every_days": "45", "periods": "08:30-17:30"}))

    standard = ServiceStandard.objects.get(version=2)
    assert answer.url == standard.get_absolute_url()
    promised = standards.read(standard.content)
    assert promised.tiers["key"].visit_every_days == 45
    assert promised.hours.periods == (("08:30", "17:30"),)
    page = client.get(answer.url)
    assert len(page.context["changed"]) == 2


@pytest.mark.parametrize(
    "values",
    [
        {"periods": "morning"},
        {"periods": "12:00-09:00"},
        {"zone": "Moon/Base"},
        {"key.visit_every_days": "0"},
        {"key.responses.minor.resolve_hours": "1"},
        {"key.responses.minor.resolve_hours": "NaN"},
        {"note": ""},
    ],
)
def test_a_wrong_value_is_named_in_the_form(client, diana, gm, values):
    client.force_login(diana)

    answer = client.post(NEW, typed(**values))

    assert answer.status_code == 422
    assert ServiceStandard.objects.count() == 1


def test_breaches_of_twelve_months_are_counted_by_tier_of_the_accounts_one_sees(
    client, k1, anna, boris, diana
):
    strategic = {"tier": "strategic", "standard_version": 1}
    Event.objects.create(account=k1, kind="visits.visit_overdue", data=strategic)
    Event.objects.create(account=k1, kind="complaints.resolution_missed", data={"tier": "key"})
    Event.objects.create(account=make_account(), kind="visits.visit_overdue", data=strategic)
    Event.objects.create(
        account=k1,
        kind="visits.visit_overdue",
        data=strategic,
        at=timezone.now() - timedelta(days=367),
    )

    def counts(user):
        client.force_login(user)
        return [each.counts for each in client.get(URL).context["breaches"]]

    assert counts(anna) == [(1, 0, 0), (0, 0, 0), (0, 1, 0)]
    assert counts(boris) == [(0, 0, 0)] * 3
    assert counts(diana) == [(2, 0, 0), (0, 0, 0), (0, 1, 0)]
