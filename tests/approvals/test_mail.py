"""Who is told by mail that their turn has come."""

import smtplib

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend

from approvals import rules, services
from approvals.models import Request
from kam.core.errors import RuleViolation
from tests.approvals.test_requests import code_of, sign
from tests.factories import make_user


class NoMailServer(BaseEmailBackend):
    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("down")


@pytest.fixture(autouse=True)
def addresses(anna, fiona, gm):
    for person in (anna, fiona, gm):
        type(person).objects.filter(pk=person.pk).update(email=f"{person.username}@example.com")


@pytest.fixture
def mailed(django_capture_on_commit_callbacks):
    """Whom a call writes to, once it is committed."""

    def mailed(call, *args, **kwargs):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            call(*args, **kwargs)
        return [to for message in mail.outbox for to in message.to]

    return mailed


def newest():
    return Request.objects.latest("pk")


def test_each_stage_is_told_once_when_it_opens(ask, mailed, fiona, gm):
    assert mailed(ask) == ["fiona@example.com"]
    assert mailed(sign, newest(), fiona) == ["gm@example.com"]
    assert mailed(sign, newest(), gm) == []


def test_a_mail_says_what_is_asked_and_where(ask, mailed, settings):
    settings.SITE_URL = "https://crm.example.com/"

    mailed(ask, title="Open the\nnorth")

    (message,) = mail.outbox
    assert message.subject.endswith("Open the north")
    assert "It grew" in message.body
    assert f"https://crm.example.com{newest().get_absolute_url()}" in message.body


def test_who_signs_beside_others_is_told_once_and_who_signs_after_them_when_it_is_their_turn(
    make_kind, mailed, anna, fiona, gm, north
):
    asked = {"kind": "test.region", "subject": north, "reason": "It grew", "actor": anna}
    together = rules.all_of("finance", "gm")
    make_kind(together, rules.in_order("legal", "deputy_gm"))
    for name, role in (("lena", "legal"), ("dg", "deputy_gm")):
        make_user(name, role, email=f"{name}@example.com")

    assert sorted(mailed(services.open_request, **asked)) == ["fiona@example.com", "gm@example.com"]
    request = newest()
    assert mailed(sign, request, fiona) == []
    assert mailed(sign, request, gm) == ["lena@example.com"]
    assert mailed(sign, request, make_user("lea", "legal")) == ["dg@example.com"]


def test_a_request_submitted_again_is_told_again(ask, mailed, anna, fiona):
    request = ask()
    assert mailed(sign, request, fiona, "return", "More") == []

    assert mailed(services.resubmit, request.pk, actor=anna, reason="More") == ["fiona@example.com"]


def test_a_mail_server_that_is_down_breaks_no_signature(ask, mailed, settings, fiona, caplog):
    request = ask()
    settings.MAILERS = {"default": {"BACKEND": f"{__name__}.NoMailServer"}}

    assert mailed(sign, request, fiona) == []

    request.refresh_from_db()
    assert (request.stage, request.signatures.count()) == (1, 1)
    assert "No mail about request" in caplog.text


def test_a_refused_signature_tells_nobody(ask, mailed, anna):
    request = ask()

    def refused():
        with pytest.raises(RuleViolation):
            sign(request, anna)

    assert mailed(refused) == []


def test_a_reminder_goes_to_those_who_must_sign_once_a_day(ask, mailed, anna, boris, gm):
    request = ask()
    make_user("dg", "deputy_gm", email="dg@example.com")

    assert mailed(services.remind, request.pk, actor=anna) == ["fiona@example.com"]
    assert code_of(services.remind, request.pk, actor=gm) == "reminded"
    assert code_of(services.remind, request.pk, actor=boris) == "not_requester"
