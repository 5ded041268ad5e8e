"""Customers complain by the web form and follow their complaint: no login, traps for programs."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.forms_public import stamp
from complaints.models import Complaint, PublicCall
from complaints.services import procedure, registering
from complaints.views import public as views
from notifications.models import Notification
from tests.factories import make_contact

pytestmark = pytest.mark.django_db
FORM = "/complain/"
FOLLOW = "/complain/follow/"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


@pytest.fixture
def client():
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def opened(ago=timedelta(seconds=30)):
    with time_machine.travel(timezone.now() - ago, tick=False):
        return stamp()


def typed(**values):
    return {
        "company": "华锐科技有限公司",
        "name": "王芳",
        "phone": "0755-8600 1234",
        "category": "delivery",
        "title": "Two pallets missing",
        "description": "Order 4711 came with two pallets less.",
        "opened": opened(),
        **values,
    }


def given(client):
    """Number and secret that the page after the form shows."""
    page = client.get("/complain/received/")
    return page.context["number"], page.context["secret"]


def followed_by_another(number, secret):
    other = Client(headers={"Accept-Language": "en"})
    return other, other.post(FOLLOW, {"number": number, "secret": secret})


def test_a_customer_complains_and_follows_it_from_anywhere(client, settings):
    answer = client.post(FORM, typed(file=SimpleUploadedFile("box.png", PNG)))

    assert answer.url == "/complain/received/"
    assert f"{settings.SITE_URL}/complain/follow/" in client.get(answer.url).text
    number, secret = given(client)
    complaint = Complaint.objects.get()
    assert complaint.complaint_number == number
    assert (complaint.channel, complaint.account, complaint.registered_by) == ("web", None, None)
    assert "0755-8600 1234" in complaint.contact_text
    assert "华锐科技有限公司" in complaint.description
    assert complaint.files.get().name == "box.png"
    assert complaint.due_at > complaint.acknowledge_due_at > complaint.received_at
    other, opened_page = followed_by_another(number, secret)
    page = other.get(opened_page.url)
    assert "Two pallets missing" in page.text
    assert "box.png" in page.text
    assert page["Cache-Control"].startswith("max-age=0")


def test_the_customer_number_counts_only_with_a_contact_that_we_know(client, k1, anna):
    make_contact(k1, mobile="+86 755 8600 1234", email="Fang@Example.com")

    client.post(FORM, typed(account_number="K1", phone="", email="fang@example.com"))
    client.post(FORM, typed(account_number="K1", phone="8675586001234"))
    client.post(FORM, typed(account_number="K1", phone="0000000"))
    client.post(FORM, typed(account_number="K9", phone="8675586001234"))

    found = Complaint.objects.order_by("pk").values_list("account", "assignee")
    assert list(found) == [(k1.pk, anna.pk), (k1.pk, anna.pk), (None, None), (None, None)]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"company": ""}, "company"),
        ({"phone": "", "email": ""}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"category": "weather"}, "category"),
        ({"title": "x" * 121}, "title"),
        ({"description": "x" * 5001}, "description"),
        ({"description": "http://a http://b https://c www.d"}, "description"),
        ({"website": "https://pills.example"}, "website"),
        ({"opened": ""}, "opened"),
        ({"opened": "forged:1:x"}, "opened"),
        ({"opened": timedelta(seconds=1)}, "opened"),
        ({"opened": timedelta(hours=13)}, "opened"),
        ({"file": SimpleUploadedFile("virus.exe", b"MZ" * 20)}, "file"),
        ({"file": SimpleUploadedFile("virus.png", b"MZ" * 20)}, "file"),
        ({"file": SimpleUploadedFile("empty.png", b"")}, "file"),
        ({"title": "a\0b"}, "title"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(client, values, field):
    if isinstance(ago := values.get("opened"), timedelta):
        values = {"opened": opened(ago)}

    answer = client.post(FORM, typed(**values))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Complaint.objects.exists()
    assert answer.context["form"]["opened"].value() != values.get("opened")  # to send it again


def test_one_address_sends_only_so_many_forms_an_hour(client, monkeypatch):
    monkeypatch.setattr(views, "FORMS_PER_HOUR", 2)
    with time_machine.travel("2026-11-20T10:05:00+08:00", tick=False):
        answers = [client.post(FORM, typed()).status_code for _ in range(3)]
        other = client.post(FORM, typed(), REMOTE_ADDR="10.0.0.9").status_code
    with time_machine.travel("2026-11-20T11:00:00+08:00", tick=False):
        later = client.post(FORM, typed())

    assert [*answers, other, later.status_code] == [302, 302, 429, 302, 302]
    assert Complaint.objects.count() == 4
    assert not PublicCall.objects.filter(key__contains="10.0.0.9").exists()


def test_all_addresses_together_are_limited_and_told_when_to_come_back(client, monkeypatch):
    monkeypatch.setattr(views, "ALL_FORMS_PER_HOUR", 1)
    with time_machine.travel("2026-11-20T10:05:00+08:00", tick=False):
        client.post(FORM, typed())
        refused = client.post(FORM, typed(), REMOTE_ADDR="10.0.0.9")

    assert (refused.status_code, refused["Retry-After"]) == (429, "3300")


def test_behind_a_proxy_the_address_is_the_one_it_names(client, monkeypatch, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    monkeypatch.setattr(views, "FORMS_PER_HOUR", 1)

    def status(forwarded):
        return client.post(FORM, typed(), headers={"X-Forwarded-For": forwarded}).status_code

    assert [status("1.1.1.1"), status("9.9.9.9, 1.1.1.1"), status("2.2.2.2")] == [302, 429, 302]


# --- following


@pytest.fixture
def complaint(client):
    client.post(FORM, typed())
    return Complaint.objects.get()


def test_a_wrong_secret_and_an_unknown_number_are_told_in_the_same_words(client, complaint):
    number, secret = given(client)
    texts = set()
    for pair in ((number, "wrong"), ("TS-0", secret), (number, "")):
        other, answer = followed_by_another(*pair)
        assert answer.status_code == 422
        texts.add(str(answer.context["form"].non_field_errors()))
        assert other.get(f"{FOLLOW}{number}/").url == FOLLOW
    assert len(texts) == 2  # the missing secret is named at its field


def test_tries_at_secrets_are_limited(client, complaint, monkeypatch):
    monkeypatch.setattr(views, "LOOKS_PER_HOUR", 1)
    number, secret = given(client)

    with time_machine.travel("2026-11-20T10:05:00+08:00", tick=False):
        assert followed_by_another(number, "wrong")[1].status_code == 422
        assert followed_by_another(number, secret)[1].status_code == 429


def test_a_renewed_secret_closes_the_page_that_the_old_one_opened(client, complaint):
    from complaints.services.registering import renew_secret
    from tests.factories import make_user

    number, secret = given(client)
    renew_secret(complaint.pk, actor=make_user("diana", "ka_director"))

    assert client.get(f"{FOLLOW}{number}/").status_code == 404
    assert followed_by_another(number, secret)[1].status_code == 422


def reply_to(complaint, actor):
    procedure.acknowledge(complaint.pk, actor=actor, note="internal note")
    procedure.resolve(
        complaint.pk, outcome="unjustified", solution="internal solution", actor=actor
    )
    procedure.reply(complaint.pk, text="We send the two pallets.", actor=actor)
    complaint.refresh_from_db()


@pytest.mark.parametrize(
    ("content", "note", "status"), [("yes", "", "confirmed"), ("no", "One more", "investigating")]
)
def test_the_customer_reads_the_reply_and_answers_it_once(
    client, complaint, diana, content, note, status
):
    reply_to(complaint, diana)
    page = f"{FOLLOW}{complaint.complaint_number}/"
    text = client.get(page).text
    assert "We send the two pallets." in text
    assert "internal" not in text
    assert "Diana" not in text

    answer = client.post(f"{page}answer/", {"content": content, "note": note}, follow=True)
    again = client.post(f"{page}answer/", {"content": content, "note": note}, follow=True)

    complaint.refresh_from_db()
    assert complaint.status == status
    assert "Thank you" in answer.text
    assert "answered already" in again.text
    assert "Diana" not in again.text


def test_who_is_not_content_says_why(client, complaint, diana):
    reply_to(complaint, diana)

    answer = client.post(
        f"{FOLLOW}{complaint.complaint_number}/answer/", {"content": "no", "note": ""}
    )

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["note"]


def test_nobody_answers_for_the_customer(complaint, diana):
    reply_to(complaint, diana)
    stranger = Client()

    answer = stranger.post(f"{FOLLOW}{complaint.complaint_number}/answer/", {"content": "yes"})

    complaint.refresh_from_db()
    assert (answer.url, complaint.status) == (FOLLOW, "replied")


# --- what the customer can do beside


def say(client, complaint, asked, **sent):
    address = f"{FOLLOW}{complaint.complaint_number}/answer/"
    return client.post(address, {"asked": asked, **sent}, follow=True)


def page_of(client, complaint):
    return client.get(f"{FOLLOW}{complaint.complaint_number}/").text


def solved_by(complaint, person):
    """Somebody is to solve it, of whose telling the notices are counted."""
    registering.assign(complaint.pk, to=person, actor=person)
    return Notification.objects.filter(user=person).values_list("kind", flat=True)


def ask(complaint, actor):
    procedure.acknowledge(complaint.pk, actor=actor)
    procedure.wait(complaint.pk, reason="Which batch was it?", actor=actor)
    complaint.refresh_from_db()


def test_the_customer_answers_our_question_with_a_picture_and_the_clock_runs_on(
    client, complaint, diana
):
    told = solved_by(complaint, diana)
    ask(complaint, diana)
    assert "Which batch was it?" in page_of(client, complaint)

    page = say(
        client, complaint, "question", note="B-77", file=SimpleUploadedFile("label.png", PNG)
    )

    complaint.refresh_from_db()
    assert (complaint.is_waiting, complaint.question) == (False, "")
    assert "Thank you" in page.text
    assert "label.png" in page.text
    assert "Which batch was it?" not in page.text
    assert list(told) == ["complaints.clock_resumed"]
    assert "answered already" in say(client, complaint, "question", note="B-78").text
    client.force_login(diana)
    history = client.get(complaint.get_absolute_url(), headers={"Accept-Language": "en"}).text
    assert re.search(
        r"Customer has answered<div>B-77</div>[^<]*<div[^>]*>[^<]*the customer", history
    )


@pytest.mark.parametrize(
    "sent", [{"note": " "}, {"note": "B-77", "file": SimpleUploadedFile("x.png", b"MZ program")}]
)
def test_an_answer_that_is_empty_or_brings_a_wrong_file_is_refused_as_a_whole(
    client, complaint, diana, sent
):
    ask(complaint, diana)

    page = say(client, complaint, "question", **sent)

    complaint.refresh_from_db()
    assert (page.status_code, complaint.is_waiting) == (422, True)
    assert "Which batch was it?" in page.text


def test_what_was_asked_is_gone_when_we_go_on_ourselves(client, complaint, diana):
    ask(complaint, diana)

    procedure.resolve(complaint.pk, outcome="withdrawn", solution="x", actor=diana)

    assert "Which batch was it?" not in page_of(client, complaint)
    assert "answered already" in say(client, complaint, "question", note="B-77").text


def close(complaint, actor):
    reply_to(complaint, actor)
    procedure.confirm(complaint.pk, actor=actor)
    procedure.close(complaint.pk, actor=actor)


@pytest.mark.parametrize(("days", "is_offered"), [(29, True), (31, False)])
def test_for_a_month_the_customer_opens_again_what_was_closed(
    client, complaint, diana, days, is_offered
):
    told = solved_by(complaint, diana)
    close(complaint, diana)
    access = given(client)
    with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
        later, _answer = followed_by_another(*access)
        offered = "Is something still not settled for you?" in page_of(later, complaint)
        say(later, complaint, "over", note="It leaks again.")

    complaint.refresh_from_db()
    assert offered is is_offered
    assert (complaint.reopened, complaint.status) == (
        (1, "investigating") if is_offered else (0, "closed")
    )
    assert ("complaints.complaint_reopened" in told) is is_offered


def test_who_opens_it_again_says_why(client, complaint, diana):
    close(complaint, diana)

    assert say(client, complaint, "over", note="").status_code == 422


def test_who_was_found_to_complain_in_bad_faith_does_not_open_it_again(client, complaint, diana):
    close(complaint, diana)
    Complaint.objects.update(outcome="bad_faith")

    assert "Is something still not settled for you?" not in page_of(client, complaint)
    assert "answered already" in say(client, complaint, "over", note="x").text


def test_the_customer_reads_by_when_something_happens_while_it_lies_ahead(client, complaint, diana):
    due = f"by {timezone.localtime(complaint.acknowledge_due_at):%Y-%m-%d %H:%M}"
    assert due in page_of(client, complaint)

    ask(complaint, diana)

    assert "by 20" not in page_of(client, complaint)


def test_answers_are_limited(client, complaint, diana, monkeypatch):
    monkeypatch.setattr(views, "LOOKS_PER_HOUR", 0)
    reply_to(complaint, diana)

    assert say(client, complaint, "content", content="yes").status_code == 429


@pytest.mark.parametrize("page", ["/complain/", "/complain/follow/"])
def test_a_customer_reads_it_in_the_language_of_their_choice(client, page):
    assert 'name="language" value="zh-hans"' in client.get(page).text

    client.post(reverse("set_language"), {"language": "zh-hans", "next": page})

    changed = client.get(page).text
    assert '<html lang="zh-hans">' in changed
    assert 'name="language" value="en"' in changed
