"""Notices by e-mail: one mail for what is due, none lost, none sent twice."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from notifications import kinds, services
from notifications.models import Mail, Notification
from tests.factories import make_account, make_user

KIND = "tiering.tier_changed"
DATA = {"from": "ordinary", "to": "key", "net_sales": "1.00", "share": "0.02"}


class NoMailServer(BaseEmailBackend):
    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("down")


class RefusesAnna(BaseEmailBackend):
    def send_messages(self, messages):
        (message,) = messages
        if "anna@example.com" in message.to:
            raise smtplib.SMTPRecipientsRefused({"anna@example.com": (550, b"no")})
        mail.outbox.append(message)
        return 1


@pytest.fixture(autouse=True)
def addresses(anna, boris):
    for person in (anna, boris):
        person.email = f"{person.username}@example.com"
        person.save()


@pytest.fixture
def mailer(settings):
    def mailer(backend):
        path = f"{backend.__module__}.{backend.__qualname__}"
        settings.MAILERS = {"default": {"BACKEND": path}}

    return mailer


def due(user, account, cause="event:1", **fields):
    given = {"mail_due_at": timezone.now(), **fields}
    return Notification.objects.create(
        user=user, kind=KIND, cause=cause, account=account, data=DATA, **given
    )


def mailed():
    return [to for message in mail.outbox for to in message.to]


def test_one_mail_tells_all_that_is_due_and_where(k1, anna, settings):
    settings.SITE_URL = "https://crm.example.com/"
    due(anna, k1, "event:1")
    due(anna, k1, "event:2")

    assert services.send_digests() == 1

    (message,) = mail.outbox
    assert message.to == ["anna@example.com"]
    assert message.body.count("https://crm.example.com/accounts/K1/") == 2
    assert "https://crm.example.com/notifications/preferences/" in message.body
    assert "\n" not in message.subject


def test_run_twice_it_sends_one(k1, anna):
    due(anna, k1)

    assert [services.send_digests(), services.send_digests()] == [1, 0]


def test_what_is_due_later_waits(k1, anna):
    due(anna, k1, mail_due_at=timezone.now() + timedelta(minutes=1))

    assert services.send_digests() == 0


def test_what_was_read_meanwhile_is_not_mailed(k1, anna):
    due(anna, k1, read_at=timezone.now())

    assert services.send_digests() == 0


def test_an_account_that_is_hidden_by_now_is_not_told_of(k1, anna, boris):
    due(boris, k1)

    assert services.send_digests() == 0
    assert mail.outbox == []


def test_while_mail_is_down_nothing_is_lost_and_all_goes_in_one(k1, anna, mailer):
    from django.core.mail.backends.locmem import EmailBackend

    mailer(NoMailServer)
    due(anna, k1, "event:1")
    assert services.send_digests() == 0
    due(anna, k1, "event:2")
    assert services.send_digests() == 0
    mailer(EmailBackend)

    assert services.send_digests() == 1

    (message,) = mail.outbox
    assert message.body.count("/accounts/K1/") == 2


def test_an_address_that_is_refused_keeps_nobody_waiting(k1, anna, boris, mailer):
    mailer(RefusesAnna)
    due(anna, k1)
    due(boris, make_account(manager=boris))

    assert services.send_digests() == 1

    assert mailed() == ["boris@example.com"]
    assert Notification.objects.get(user=anna).mailed_at is None


def test_after_a_week_it_is_left_to_the_page(k1, anna):
    due(anna, k1, mail_due_at=timezone.now() - timedelta(days=7))

    assert services.send_digests() == 0


def test_what_a_week_of_silent_mail_lost_is_at_the_bell_though_only_mail_was_wanted(k1, anna):
    old = due(anna, k1, mail_due_at=timezone.now() - timedelta(days=7), in_page=False)
    young = due(anna, k1, "event:2", mail_due_at=timezone.now(), in_page=False)

    services.send_digests()

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.in_page, old.mail_due_at, old.mailed_at) == (True, None, None)
    assert (young.in_page, young.mailed_at is None) == (False, False)


def test_a_long_list_is_cut_and_says_so(k1, anna):
    for number in range(53):
        due(anna, k1, f"event:{number}", in_page=False)

    services.send_digests()

    (message,) = mail.outbox
    assert message.body.count("/accounts/K1/") == 50
    assert "3" in message.body.rpartition("/accounts/K1/")[2]
    unsaid = Notification.objects.in_page()
    assert sorted(unsaid.values_list("cause", flat=True)) == ["event:0", "event:1", "event:2"]


def test_a_notice_that_cannot_be_said_keeps_no_others_waiting(k1, anna, boris, monkeypatch, caplog):
    def broken(data):
        return data["missing"]

    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    kinds.register("t.broken", label="x", say=broken)
    Notification.objects.create(user=anna, kind="t.broken", cause="t:1", mail_due_at=timezone.now())
    due(boris, make_account(manager=boris))

    assert services.send_digests() == 1

    assert mailed() == ["boris@example.com"]
    assert Notification.objects.get(user=anna).mailed_at is None
    assert "KeyError" in caplog.text


def test_who_has_left_gets_none(k1, anna):
    due(anna, k1)
    type(anna).objects.filter(pk=anna.pk).update(is_active=False)

    assert services.send_digests() == 0


def test_without_an_address_it_is_left_to_the_page(k1):
    nobody = make_user("nomail", "account_manager")
    services.set_preferences({"approvals.request_answered": (False, Mail.SOON)}, actor=nobody)

    services.notify([nobody], "approvals.request_answered", cause="t:1", url="/x/")

    notice = Notification.objects.get()
    assert (notice.mail_due_at, notice.in_page) == (None, True)
