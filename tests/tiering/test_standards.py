"""Service standards: what is shipped, what cannot be one, versions, signatures, breaches."""

import copy
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import Error, transaction
from django.utils import timezone

from accounts.models import Event
from accounts.services import exporting
from approvals import services as approvals
from approvals.models import Request
from kam.core.errors import RuleViolation
from tests.factories import make_account, make_contact
from tiering import standards
from tiering.models import ServiceStandard
from tiering.services.standards import propose_standard

pytestmark = pytest.mark.django_db
URL = "/tiers/standards/"
NEW = "/tiers/standards/new/"
EN = {"Accept-Language": "en"}


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
        data[f"{tier}.silent_after_days"] = standards.SHIPPED.silent_after_days[tier]
    for group in ("escalation", "export_rows"):
        figures = standards.content(standards.read(standards.content(standards.SHIPPED)))[group]
        data |= {f"{group}.{name}": value for name, value in figures.items()}
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
        ({"content": changed("silent_after_days", "key", value=0)}, "invalid_policy"),
        ({"content": changed("silent_after_days", value={"key": 60})}, "invalid_policy"),
        ({"content": changed("escalation", "director_hours", value="8.1")}, "invalid_policy"),
        ({"content": changed("escalation", "manager_hours", value="-1")}, "invalid_policy"),
        ({"content": changed("export_rows", "accounts.account", value=-1)}, "invalid_policy"),
        ({"content": changed("hours", "periods", value=[])}, "invalid_policy"),
    ],
)
def test_what_cannot_be_a_standard_is_refused(diana, gm, fields, code):
    assert code_of(propose, diana, **fields) == code
    assert ServiceStandard.objects.count() == 1


def test_a_version_from_before_a_figure_was_policy_has_what_held_then():
    old = standards.content(standards.SHIPPED)
    for name in ("escalation", "silent_after_days", "export_rows"):
        del old[name]

    promised = standards.read(old)

    assert promised.silent_after_days == {"strategic": 30, "key": 60, "ordinary": 180}
    ladder = promised.escalation
    assert (ladder.manager_hours, ladder.director_hours, ladder.deputy_gm_hours) == (0, 4, 8)
    assert promised.export_rows["accounts.account"] == 2000


def test_a_signed_version_decides_when_a_buying_centre_is_silent(client, diana, gm, anna, k1):
    spoken_to = timezone.localdate() - timedelta(days=15)
    for name in ("王芳", "李雷"):
        make_contact(k1, name=name, buying_role="approver", last_touch_on=spoken_to)
    client.force_login(anna)
    before = client.get("/accounts/K1/buying-centre/", headers=EN).text

    sign(propose(diana, content=changed("silent_after_days", "ordinary", value=14)), gm)

    after = client.get("/accounts/K1/buying-centre/", headers=EN).text
    assert "No touch for 15 days" not in before
    assert "No touch for 15 days; at most 14 are" in after


def test_a_signed_version_decides_how_much_one_may_export(diana, gm, admin_staff):
    sign(propose(diana, content=changed("export_rows", "accounts.account", value=7)), gm)

    assert exporting.quota("accounts.account", user=admin_staff).allowed == 7
    assert exporting.quota("sales.order", user=admin_staff).allowed == 20_000


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

    data = typed(
        **{
            "key.visit_every_days": "45",
            "periods": "08:30-17:30",
            "strategic.silent_after_days": "21",
            "escalation.director_hours": "2.5",
            "export_rows.accounts.account": "500",
        }
    )
    answer = client.post(NEW, data)

    standard = ServiceStandard.objects.get(version=2)
    assert answer.url == standard.get_absolute_url()
    promised = standards.read(standard.content)
    assert promised.tiers["key"].visit_every_days == 45
    assert promised.hours.periods == (("08:30", "17:30"),)
    assert promised.silent_after_days["strategic"] == 21
    assert promised.escalation.director_hours == Decimal("2.5")
    assert promised.export_rows == {**promised.export_rows, "accounts.account": 500}
    page = client.get(answer.url)
    assert len(page.context["changed"]) == 5


def test_a_form_sent_as_it_came_changes_nothing(client, diana, gm):
    client.force_login(diana)

    answer = client.post(NEW, typed(), headers=EN)

    assert answer.status_code == 422
    assert "Nothing differs" in answer.text


@pytest.mark.parametrize(
    "values",
    [
        {"periods": "morning"},
        {"periods": "12:00-09:00"},
        {"zone": "Moon/Base"},
        {"key.visit_every_days": "0"},
        {"key.responses.minor.resolve_hours": "1"},
        {"key.responses.minor.resolve_hours": "NaN"},
        {"key.silent_after_days": "0"},
        {"escalation.director_hours": "9"},
        {"export_rows.accounts.account": "-1"},
        {"export_rows.accounts.account": ""},
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
