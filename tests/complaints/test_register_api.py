"""POST /api/v1/complaints/: a complaint from another system."""

import pytest
from django.utils.dateparse import parse_datetime

from complaints.models import Complaint
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/complaints/"
BODY = {
    "account_number": "K1",
    "channel": "email",
    "category": "delivery",
    "severity": "severe",
    "title": "晚到三天",
    "description": "停产",
    "contact": "王芳 13800000000",
}


@pytest.fixture
def post(api, k1):
    client = api("complaints:write")

    def post(body=None, **headers):
        return client.post(URL, body or BODY, content_type="application/json", headers=headers)

    return post


def test_it_is_registered_with_its_deadline(post, k1, anna):
    response = post()

    made = Complaint.objects.get()
    assert response.status_code == 201
    assert response.json()["complaint_number"] == made.complaint_number
    assert parse_datetime(response.json()["due_at"]) == made.due_at
    assert (made.account, made.assignee, made.contact_text) == (k1, anna, BODY["contact"])
    assert made.registered_by.is_service


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"account_number": "K9"}, "account_number", "unknown_account"),
        ({"channel": "pigeon"}, "channel", "invalid_choice"),
        ({"severity": "awful"}, "severity", "invalid_choice"),
        ({"title": ""}, "title", "blank"),
        ({"title": "x" * 201}, "title", "max_length"),
        ({"category": None}, "category", "null"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_what_is_wrong_is_named(post, changes, field, code):
    response = post(BODY | changes)

    assert response.status_code == 422
    assert [(each["field"], each["code"]) for each in response.json()["errors"]] == [(field, code)]
    assert not Complaint.objects.exists()


def test_the_same_key_registers_once(post):
    answers = [post(**{"Idempotency-Key": "a"}) for _again in range(2)]

    assert answers[0].content == answers[1].content
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert Complaint.objects.count() == 1


def test_a_number_that_history_has_is_not_taken_twice(post):
    post()
    number = Complaint.objects.get().complaint_number
    stem, last = number[:-6], int(number[-6:])
    Complaint.objects.create(
        complaint_number=f"{stem}{last + 2:06d}",
        channel="post",
        category="x",
        title="old",
        imported=True,
    )

    numbers = {post().json()["complaint_number"] for _each in range(2)}

    assert len(numbers | {number}) == 3


def test_a_merged_account_stands_for_its_survivor(post, k1):
    make_account(account_number="K0", merged_into=k1)

    post(BODY | {"account_number": "K0"})

    assert Complaint.objects.get().account == k1


def test_a_person_in_the_browser_needs_a_token(client, k1):
    client.force_login(make_user("d", "ka_director"))

    assert client.post(URL, BODY, content_type="application/json").status_code == 403
