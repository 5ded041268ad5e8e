"""A notice to a segment's contacts: previewed, sent once to each, recorded, opted out of."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import Error, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Event, OptOut, Segment
from accounts.services import opt_outs
from accounts.services.merge import merge_accounts
from mailings import letters, recipients, rules, services
from mailings.models import Delivery, Mailing
from tests.factories import make_account, make_contact, make_user
from tests.mailings.backends import Killed, Server

EN = {"Accept-Language": "en"}


@pytest.fixture
def server(settings):
    settings.MAILERS = {"default": {"BACKEND": "tests.mailings.backends.Server"}}
    Server.taken, Server.is_down, Server.dies_at, Server.on_letter = [], False, "", None
    yield Server
    Server.taken, Server.is_down, Server.dies_at, Server.on_letter = [], False, "", None


def draft(author, **fields):
    values = {
        "subject": "新品发布",
        "body": "{name}您好，{company}",
        "segment": None,
        "buying_roles": [],
        "main_only": False,
    }
    return services.save_draft(actor=author, **values | fields)


def started(author, **fields):
    mailing = draft(author, **fields)
    services.start_mailing(mailing.pk, actor=author)
    return mailing


def statuses(mailing):
    return dict(mailing.deliveries.values_list("email", "status"))


# --- who gets it


def test_a_notice_is_written_previewed_and_sent_by_its_author(client, anna, k1):
    make_contact(k1, email="wang@k1.example")
    make_contact(make_account(), name="别人", email="foreign@other.example")
    client.force_login(anna)

    page = client.post(
        "/mailings/new/", {"subject": "新品发布", "body": "{name}您好"}, follow=True
    ).text
    mailing = Mailing.objects.get()
    client.post(f"/mailings/{mailing.pk}/start/")

    assert "wang@k1.example" in page
    assert "foreign" not in page
    (letter,) = mail.outbox
    assert letter.to == ["wang@k1.example"]
    assert letter.body.startswith("王芳您好")
    mailing.refresh_from_db()
    assert mailing.status == "sent"
    assert "wang@k1.example" in client.get(f"/mailings/{mailing.pk}/").text
    assert Event.objects.get(kind="mailings.notice_sent").account == k1


def test_who_has_left_opted_out_or_has_no_address_gets_nothing(anna, k1):
    make_contact(k1, name="a", email="a@k1.example")
    make_contact(k1, name="twice", email="A@k1.example")
    make_contact(k1, name="left", email="left@k1.example", has_left=True)
    make_contact(k1, name="none")
    make_contact(k1, name="out", email="Out@k1.example")
    opt_outs.opt_out("out@K1.example", via="told", actor=anna)

    mailing = draft(anna)

    assert [contact.name for contact in recipients.reachable(mailing)] == ["a"]
    assert recipients.counted(mailing) == recipients.Counts(
        chosen=4, without_email=1, opted_out=1, same_address=1
    )
    assert recipients.counted(mailing).letters == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"buyer", "user", "strategic"}),
        ({"buying_roles": ["buyer"]}, {"buyer"}),
        ({"main_only": True}, {"user"}),
        ({"segment": "tier=strategic"}, {"strategic"}),
    ],
)
def test_segment_roles_and_main_contact_narrow_the_recipients(anna, k1, fields, expected):
    make_contact(k1, name="buyer", buying_role="buyer", email="b@k1.example")
    make_contact(k1, name="user", buying_role="user", email="u@k1.example", is_primary=True)
    other = make_account(manager=anna, tier="strategic")
    make_contact(other, name="strategic", email="s@other.example")
    if "segment" in fields:
        segment = Segment.objects.create(name="s", owner=anna, query=fields["segment"])
        fields = {**fields, "segment": segment}

    mailing = draft(anna, **fields)

    assert {contact.name for contact in recipients.reachable(mailing)} == expected


def test_addresses_of_customers_one_does_not_serve_are_written_to_and_not_shown(client, diana, k1):
    make_contact(k1, email="wang@k1.example")
    client.force_login(diana)
    mailing = draft(diana)

    preview = client.get(f"/mailings/{mailing.pk}/").text
    client.post(f"/mailings/{mailing.pk}/start/")
    record = client.get(f"/mailings/{mailing.pk}/").text

    assert [letter.to for letter in mail.outbox] == [["wang@k1.example"]]
    assert "wang@k1.example" not in preview + record
    assert "王芳" in record


def test_a_mailing_to_nobody_is_refused(client, anna):
    mailing = draft(anna)
    client.force_login(anna)

    answer = client.post(f"/mailings/{mailing.pk}/start/", follow=True, headers=EN)

    assert "Nobody can be written to." in answer.text
    mailing.refresh_from_db()
    assert mailing.is_draft


def test_only_the_author_changes_starts_and_repeats(client, anna, boris, diana, k1):
    make_contact(k1, email="wang@k1.example")
    mailing = draft(anna)
    client.force_login(boris)
    assert client.get(f"/mailings/{mailing.pk}/").status_code == 404
    client.force_login(diana)
    assert client.get(f"/mailings/{mailing.pk}/edit/").status_code == 404

    answer = client.post(f"/mailings/{mailing.pk}/start/", follow=True, headers=EN)

    assert "Only the author may do that." in answer.text
    assert mail.outbox == []


def test_a_started_mailing_is_neither_changed_nor_deleted_nor_started_again(client, anna, k1):
    make_contact(k1, email="wang@k1.example")
    mailing = started(anna)
    services.deliver(mailing.pk)
    client.force_login(anna)

    data = {"subject": "other", "body": "other"}
    assert client.post(f"/mailings/{mailing.pk}/edit/", data).status_code == 422
    client.post(f"/mailings/{mailing.pk}/delete/")
    client.post(f"/mailings/{mailing.pk}/start/")

    mailing.refresh_from_db()
    assert (mailing.subject, len(mail.outbox)) == ("新品发布", 1)


# --- sending


def test_sending_twice_sends_one_letter_to_each(server, anna, k1):
    for number in range(5):
        make_contact(k1, email=f"c{number}@k1.example")
    mailing = started(anna)

    services.deliver(mailing.pk)
    services.deliver(mailing.pk)

    assert sorted(server.taken) == [f"c{number}@k1.example" for number in range(5)]
    assert Event.objects.filter(kind="mailings.notice_sent").count() == 1


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_send_one_letter_to_each(server):
    anna = make_user("anna", "account_manager")
    account = make_account(manager=anna)
    for number in range(20):
        make_contact(account, email=f"c{number}@k1.example")
    mailing = started(anna)
    together = threading.Barrier(3)

    def work():
        together.wait()
        try:
            services.deliver(mailing.pk)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(server.taken) == len(set(server.taken)) == 20
    mailing.refresh_from_db()
    assert mailing.status == "sent"


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_left_is_gone_on_with_and_its_letter_named_not_repeated(server):
    anna = make_user("anna", "account_manager")
    account = make_account(manager=anna)
    for number in range(4):
        make_contact(account, email=f"c{number}@k1.example")
    mailing = started(anna)
    server.dies_at = "c1@k1.example"
    with pytest.raises(Killed):
        services.deliver(mailing.pk)
    server.dies_at = ""

    services.deliver(mailing.pk)

    assert sorted(server.taken) == ["c0@k1.example", "c2@k1.example", "c3@k1.example"]
    assert statuses(mailing)["c1@k1.example"] == "sending"
    begun = Delivery.objects.filter(email="c1@k1.example")
    begun.update(claimed_at=timezone.now() - rules.LOST_AFTER - timedelta(seconds=1))
    services.deliver(mailing.pk)
    assert statuses(mailing)["c1@k1.example"] == "unclear"
    assert len(server.taken) == 3
    services.send_again(begun.get().pk, actor=anna)
    services.deliver(mailing.pk)
    assert sorted(server.taken)[1] == "c1@k1.example"
    assert set(statuses(mailing).values()) == {"sent"}


def test_a_mail_server_that_is_down_loses_nothing(server, anna, k1):
    make_contact(k1, email="wang@k1.example")
    mailing = started(anna)
    server.is_down = True

    services.deliver(mailing.pk)
    waiting = statuses(mailing)
    server.is_down = False
    services.deliver(mailing.pk)

    assert waiting == {"wang@k1.example": "waiting"}
    assert server.taken == ["wang@k1.example"]


def test_what_a_server_says_decides_what_becomes_of_the_letter(server, anna, k1):
    for name in ("refused", "busy", "silent", "fine"):
        make_contact(k1, email=f"{name}@k1.example")
    mailing = started(anna)

    services.deliver(mailing.pk)

    assert statuses(mailing) == {
        "refused@k1.example": "failed",
        "busy@k1.example": "waiting",
        "silent@k1.example": "unclear",
        "fine@k1.example": "sent",
    }
    busy = Delivery.objects.get(email="busy@k1.example")
    assert busy.try_at > timezone.now() + timedelta(seconds=50)
    mailing.refresh_from_db()
    assert mailing.status == "sending"


def test_a_letter_is_tried_six_times_and_then_has_failed(server, anna, k1):
    make_contact(k1, email="busy@k1.example")
    mailing = started(anna)

    seen = []
    for _attempt in range(len(rules.WAITS) + 1):
        services.deliver(mailing.pk)
        seen.append(statuses(mailing)["busy@k1.example"])
        mailing.deliveries.filter(status="waiting").update(try_at=timezone.now())

    assert seen == ["waiting"] * len(rules.WAITS) + ["failed"]
    mailing.refresh_from_db()
    assert mailing.status == "sent"


def test_an_opt_out_between_start_and_letter_is_respected(server, anna, k1):
    make_contact(k1, email="wang@k1.example")
    left = make_contact(k1, email="left@k1.example")
    mailing = started(anna)
    opt_outs.opt_out("wang@k1.example", via="link", actor=None)
    left.has_left = True
    left.save()

    services.deliver(mailing.pk)

    assert server.taken == []
    assert set(statuses(mailing).values()) == {"left_out"}
    assert not Event.objects.filter(kind="mailings.notice_sent").exists()


def test_a_stop_takes_effect_at_the_next_letter(server, client, anna, k1):
    for number in range(3):
        make_contact(k1, email=f"c{number}@k1.example")
    mailing = started(anna)
    server.on_letter = lambda _address: services.stop_mailing(mailing.pk, actor=anna)
    services.deliver(mailing.pk)
    server.on_letter = None
    stopped = len(server.taken)
    client.force_login(anna)

    services.deliver(mailing.pk)
    still = len(server.taken)
    client.post(f"/mailings/{mailing.pk}/resume/")

    assert (stopped, still) == (1, 1)
    assert sorted(server.taken) == ["c0@k1.example", "c1@k1.example", "c2@k1.example"]


def test_the_record_of_what_was_sent_stays(server, anna, k1):
    make_contact(k1, email="wang@k1.example")
    mailing = started(anna)
    services.deliver(mailing.pk)

    with pytest.raises(Error), transaction.atomic():
        mailing.deliveries.all().delete()


def test_the_record_follows_a_merge(server, anna, admin_staff, k1):
    make_contact(k1, email="wang@k1.example")
    mailing = started(anna)
    services.deliver(mailing.pk)
    survivor = make_account()

    merge_accounts(survivor, k1, actor=admin_staff, reason="one")

    assert mailing.deliveries.get().account == survivor


# --- opting out


@pytest.fixture
def link(server, anna, k1):
    make_contact(k1, email="wang@k1.example")
    mailing = started(anna)
    services.deliver(mailing.pk)
    url = letters.opt_out_url(mailing.deliveries.get().pk)
    return url[url.index("/news/") :]


def test_the_link_opts_out_by_a_button_and_back_in(link):
    public = Client(enforce_csrf_checks=True)

    asked = public.get(link).text
    assert not OptOut.objects.exists()
    public.post(link)
    assert opt_outs.is_out("wang@k1.example")
    assert public.get(link).status_code == 200
    public.post(link, {"wanted": "yes"})

    assert not opt_outs.is_out("wang@k1.example")
    assert "wang@k1.example" not in asked
    assert "w••••@k1.example" in asked


def test_letters_and_the_page_name_who_sends_them(settings, server, anna, k1, link):
    settings.COMPANY_NAME = "华东机电有限公司"

    assert "\n-- \n华东机电有限公司\n" in letters.of(Delivery.objects.get()).body
    assert "华东机电有限公司" in Client().get(link).text


def test_a_mail_program_opts_out_by_one_click(link):
    Client(enforce_csrf_checks=True).post(link, {"List-Unsubscribe": "One-Click"})

    assert OptOut.objects.get().via == "link"


@pytest.mark.parametrize("token", ["1", "1:x", "x", "999999:AAAA"])
def test_a_link_that_is_not_ours_is_not_found(db, client, token):
    assert client.get(f"/news/opt-out/{token}/").status_code == 404
    assert client.post(f"/news/opt-out/{token}/").status_code == 404


def test_each_letter_names_the_way_out(anna, k1):
    make_contact(k1, email="wang@k1.example")
    mailing = started(anna)
    services.deliver(mailing.pk)

    (letter,) = mail.outbox
    url = letters.opt_out_url(mailing.deliveries.get().pk)
    assert url in letter.body
    assert letter.extra_headers["List-Unsubscribe"] == f"<{url}>"
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


# --- pages


@pytest.mark.parametrize("state", ["draft", "sent"])
def test_the_number_of_queries_does_not_depend_on_the_letters(server, client, anna, k1, state):
    def queries(number):
        for place in range(number):
            make_contact(make_account(manager=anna), email=f"{number}-{place}@k1.example")
        mailing = draft(anna)
        if state == "sent":
            services.start_mailing(mailing.pk, actor=anna)
            services.deliver(mailing.pk)
        client.get("/mailings/")
        with CaptureQueriesContext(connections["default"]) as captured:
            assert client.get(f"/mailings/{mailing.pk}/").status_code == 200
        return len(captured)

    client.force_login(anna)
    assert queries(1) == queries(9)


def test_the_record_is_narrowed_by_state_and_polled_while_it_runs(server, client, anna, k1):
    make_contact(k1, name="甲", email="fine@k1.example")
    make_contact(k1, name="乙", email="busy@k1.example")
    mailing = started(anna)
    services.deliver(mailing.pk)
    client.force_login(anna)
    url = f"/mailings/{mailing.pk}/"

    sent = client.get(f"{url}?status=sent").text
    part = client.get(url, headers={"HX-Request": "true", "HX-Target": "progress"}).text

    assert "甲" in sent
    assert "乙" not in sent
    assert 'id="progress"' in part
    assert "<html" not in part


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{name}", "王"), ("{{name}}", "{王}"), ("{x} 100%", "{x} 100%"), ("{company}", "华锐")],
)
def test_what_is_filled_into_a_text(text, expected):
    assert rules.filled(text, {"name": "王", "company": "华锐"}) == expected
