"""The review in the pages: 12 customers taken from opening to the last signature by people."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from credit.models import Review
from credit.services import campaigns, lines, reviews
from tests.credit.lines import make_line
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db

CAMPAIGNS = "/credit/reviews/"


def today():
    return timezone.localdate()


@pytest.fixture
def client():
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def floyd(db):
    return make_user("floyd", "finance", full_name="Floyd")


@pytest.fixture
def signers(diana, fiona, gm):
    lena = make_user("lena", "legal", full_name="Lena")
    return diana, fiona, lena, make_user("dora", "deputy_gm", full_name="Dora"), gm


@pytest.fixture
def review(k1, gm):
    make_line(k1, approved_by=gm)
    return campaigns.open_campaign(on=today(), actor=None).reviews.get()


def ticked(page):
    """What a person posts who leaves every tick as it is."""
    fields = re.findall(r'name="(review|request|seen-\d+)" value="([0-9a-f]+)"', page.text)
    found = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


def test_a_campaign_is_finished_by_people_in_lists(client, gm, floyd, signers):
    for _ in range(12):
        make_line(make_account(), approved_by=gm)
    client.force_login(floyd)
    campaign = client.post(f"{CAMPAIGNS}open/", follow=True)
    assert "The campaign is open with 12 reviews." in campaign.text
    url = campaign.redirect_chain[-1][0]

    page = client.post(url, ticked(client.get(url)), follow=True)
    assert "12 reviews were submitted." in page.text
    for person in signers:
        client.force_login(person)
        assert "Sign 12 reviews" in client.get(url).text
        signed = client.post(f"{url}sign/", ticked(client.get(f"{url}sign/")), follow=True)
        assert "12 reviews were signed." in signed.text

    assert "12 / 12" in client.get(url).text
    assert set(Review.objects.values_list("status", flat=True)) == {"approved"}


def test_a_row_that_changed_since_it_was_shown_is_not_signed(client, review, floyd, signers):
    reviews.submit(review.pk, actor=floyd)
    client.force_login(signers[0])
    url = reverse("credit:campaign_sign", args=[review.campaign.period])
    posted = ticked(client.get(url)) | {
        name: ["old"] for name in ticked(client.get(url)) if name.startswith("seen")
    }

    page = client.post(url, posted, follow=True)

    assert "was signed" not in page.text
    assert "alert-danger" in page.text


def test_finance_changes_a_proposal_with_a_reason(client, review, floyd, signers):
    client.force_login(floyd)
    url = reverse("credit:review_change", args=[review.pk])
    change = {"limit": "400", "terms_days": "20", "rating": "B", "comment": ""}

    refused = client.post(url, change)
    done = client.post(url, change | {"comment": "Pays late"}, follow=True)

    assert refused.status_code == 422
    assert "Changed by Floyd: Pays late" in done.text
    review.refresh_from_db()
    assert (review.proposed_limit, review.proposed_terms_days, review.proposed_rating) == (
        400,
        20,
        "B",
    )
    submitted = client.post(reverse("credit:review_submit", args=[review.pk]), follow=True)
    assert "The review awaits signatures." in submitted.text


def test_a_review_of_somebody_elses_customer_does_not_exist_for_boris(client, review, boris):
    client.force_login(boris)

    assert client.get(review.get_absolute_url()).status_code == 404
    assert client.post(reverse("credit:review_submit", args=[review.pk])).status_code == 404
    client.post(review.campaign.get_absolute_url(), {"review": [review.pk]})
    assert "华锐" not in client.get(review.campaign.get_absolute_url()).text

    review.refresh_from_db()
    assert review.status == "prepared"


def test_legal_may_see_but_neither_submit_nor_change(client, review):
    client.force_login(make_user("lena", "legal"))

    assert client.get(review.get_absolute_url()).status_code == 200
    for name in ("review_submit", "review_change"):
        assert client.post(reverse(f"credit:{name}", args=[review.pk])).status_code == 403
    url = review.campaign.get_absolute_url()
    assert client.post(url, {"review": [review.pk]}).status_code == 403
    assert lines.in_force(review.account_id, today()).limit == 1000


def test_the_signers_are_reminded_from_the_page(client, review, floyd, signers):
    reviews.submit(review.pk, actor=floyd)
    client.force_login(floyd)
    url = reverse("credit:campaign_remind", args=[review.campaign.period])

    assert "A reminder is on its way." in client.post(url, follow=True).text
    assert "A reminder went out today already." in client.post(url, follow=True).text


@pytest.mark.parametrize("path", ["", "sign/"])
def test_pages_take_as_many_queries_for_ten_rows_as_for_one(client, gm, floyd, signers, path):
    def queries(customers):
        for _ in range(customers):
            make_line(make_account(), approved_by=gm)
        campaign = campaigns.open_campaign(on=today(), actor=None)
        ids = campaign.reviews.to_submit().values_list("pk", flat=True)
        reviews.submit_all(list(ids), actor=floyd)
        client.force_login(signers[0])
        client.get(campaign.get_absolute_url() + path)
        with CaptureQueriesContext(connection) as caught:
            client.get(campaign.get_absolute_url() + path)
        return len(caught)

    assert queries(1) == queries(9)
