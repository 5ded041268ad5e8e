"""The account manager applies for credit; what the signers and others see of it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from approvals.models import Request
from credit.models import CreditLine, Investigation, LineProposal, Rating
from tests.credit.terms import make_investigation, propose, request_of, sign, sign_all
from tests.factories import make_order, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def carla(db):
    return make_user("carla", "credit_committee", full_name="Carla")


def page(client, user, name, *args, method="get", **kwargs):
    client.force_login(user)
    return getattr(client, method)(reverse(f"credit:{name}", args=args), **kwargs)


def asked(**fields):
    today = timezone.localdate()
    values = {
        "limit": "40000",
        "terms_days": 30,
        "form": "open_account",
        "valid_from": today,
        "valid_until": today + timedelta(days=365),
        "reason": "New plant",
    }
    return values | fields


def test_the_account_manager_applies_and_others_sign(client, k1, anna, carla, gm):
    investigation = make_investigation(k1, anna)

    answer = page(
        client, anna, "apply", "K1", method="post", data=asked(investigation=investigation.pk)
    )

    proposal = LineProposal.objects.get()
    assert answer.url == proposal.get_absolute_url()
    for person in (carla, gm):
        client.force_login(person)
        request = Request.objects.get()
        client.post(
            reverse("approvals:sign", args=[request.pk]),
            {"decision": "approve", "seen": request.digest},
        )
    assert CreditLine.objects.get().limit == 40000
    text = page(client, anna, "account_terms", "K1").content.decode()
    assert "40,000.00" in text
    assert "Carla" in text
    assert "Gong" in text


def test_who_applied_cannot_sign_on_the_page(client, k1, anna, carla, gm):
    anna.groups.add(Group.objects.get(name="credit_committee"))
    proposal = propose(k1, anna)
    request = request_of(proposal)
    client.force_login(anna)

    answer = client.post(
        reverse("approvals:sign", args=[request.pk]),
        {"decision": "approve", "seen": request.digest},
    )

    assert answer.status_code == 422
    assert not request.signatures.exists()


def test_no_rest_address_writes_a_limit(client, k1, anna, carla, gm, api):
    sign_all(propose(k1, anna), carla, gm)
    erp = api("credit:read", "credit:check")

    for method in ("put", "post", "patch", "delete"):
        answer = getattr(erp, method)(
            "/api/v1/accounts/K1/credit/", {"limit": "9"}, content_type="application/json"
        )
        assert answer.status_code == 405
    assert CreditLine.objects.get().limit == 50000


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"limit": "50000.01"}, "50,000.00"),  # beyond the first terms, without saying why
        ({"terms_days": 31}, "50,000.00"),
        ({"extra": "5"}, None),  # an increase without an end
        ({"investigation": ""}, None),
        ({"reason": " "}, None),
        ({"limit": "-1"}, None),
        ({"valid_until": "2020-01-01"}, None),
    ],
)
def test_a_refused_application_says_why_and_keeps_what_was_typed(
    client, k1, anna, carla, gm, fields, message
):
    investigation = make_investigation(k1, anna)

    answer = page(
        client,
        anna,
        "apply",
        "K1",
        method="post",
        data=asked(**{"investigation": investigation.pk, **fields}),
    )

    assert answer.status_code == 422
    assert "New plant" in answer.content.decode() or fields.get("reason")
    assert (message or "") in answer.content.decode()
    assert not LineProposal.objects.exists()


def test_the_form_shows_how_the_suggested_limit_comes_about(client, k1, anna):
    make_order(k1, amount="100000")
    make_investigation(k1, anna, net_assets=20_000_000, contingent_debts=0, expected_sales=365000)
    page(client, anna, "rate", "K1", method="post")

    text = page(client, anna, "apply", "K1").content.decode()

    assert "36,000.00" in text  # 365,000 x 30 / 365 x 1.2
    assert "50,000.00" in text  # the first terms


def test_a_returned_application_is_changed_by_who_asked(client, k1, anna, diana, carla, gm):
    proposal = propose(k1, anna)
    sign(proposal, carla, "return", "Less")

    change = reverse("credit:proposal_revise", args=[proposal.pk])
    assert change in page(client, anna, "proposal", proposal.pk).content.decode()
    assert change not in page(client, diana, "proposal", proposal.pk).content.decode()
    answer = page(
        client,
        anna,
        "proposal_revise",
        proposal.pk,
        method="post",
        data=asked(limit="30000", investigation=Investigation.objects.get().pk),
    )

    assert answer.url == proposal.get_absolute_url()
    assert request_of(proposal).amount == 30000
    refused = page(
        client, diana, "proposal_revise", proposal.pk, method="post", data=asked(limit="1")
    )
    assert refused.status_code == 422


def test_an_investigation_keeps_a_file_and_its_fields(client, k1, anna, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    upload = SimpleUploadedFile("report.pdf", b"%PDF-1.4 report")

    answer = page(
        client,
        anna,
        "investigate",
        "K1",
        method="post",
        data={
            "investigated_on": timezone.localdate(),
            "net_assets": "-500000",
            "contingent_debts": "10",
            "market_terms_days": "45",
            "sources": "Register",
            "conclusion": "Careful",
            "upload": upload,
        },
    )

    found = Investigation.objects.get()
    assert answer.url == found.get_absolute_url()
    text = page(client, anna, "investigation", found.pk).content.decode()
    assert "report.pdf" in text
    assert "-500,000.00" in text


@pytest.mark.parametrize(
    "fields",
    [
        {"conclusion": ""},
        {"contingent_debts": "-1"},
        {"investigated_on": timezone.localdate() + timedelta(days=1)},
    ],
)
def test_an_impossible_investigation_is_not_kept(client, k1, anna, fields):
    data = {
        "investigated_on": timezone.localdate(),
        "sources": "Register",
        "conclusion": "Careful",
        **fields,
    }

    answer = page(client, anna, "investigate", "K1", method="post", data=data)

    assert answer.status_code == 422
    assert not Investigation.objects.exists()


def test_a_rating_page_opens_every_point_and_what_changed(client, k1, anna):
    make_investigation(k1, anna, net_assets=20_000_000, contingent_debts=0)
    page(client, anna, "rate", "K1", method="post")
    make_investigation(
        k1, anna, net_assets=500_000, contingent_debts=0, investigated_on=timezone.localdate()
    )
    page(client, anna, "rate", "K1", method="post")

    text = page(client, anna, "rating", Rating.objects.first().pk).content.decode()

    assert "500,000" in text
    assert "20,000,000" in text
    assert page(client, anna, "account_terms", "K1").status_code == 200


def test_who_cannot_be_rated_sees_what_is_missing(client, k1, anna):
    page(client, anna, "rate", "K1", method="post")

    text = page(client, anna, "rating", Rating.objects.get().pk).content.decode()

    assert "Net assets" in text or "净资产" in text


def test_credit_of_others_is_not_there(client, k1, anna, boris, carla, gm):
    proposal = propose(k1, anna)
    page(client, anna, "rate", "K1", method="post")
    hidden = [
        ("account_terms", "K1"),
        ("apply", "K1"),
        ("investigate", "K1"),
        ("proposal", proposal.pk),
        ("rating", Rating.objects.get().pk),
        ("investigation", Investigation.objects.get().pk),
    ]

    assert {page(client, boris, *each).status_code for each in hidden} == {404}


def test_the_page_of_an_account_takes_as_many_queries_for_ten_lines_as_for_two(
    client, k1, anna, fiona, carla, gm
):
    sign_all(propose(k1, anna), carla, gm)
    sign_all(propose(k1, anna, "40000"), fiona)
    client.force_login(anna)
    url = reverse("credit:account_terms", args=["K1"])
    client.get(url)

    few = _queries(client, url)
    for limit in range(30000, 22000, -1000):
        sign_all(propose(k1, anna, str(limit)), fiona)

    assert _queries(client, url) == few


def _queries(client, url):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)
