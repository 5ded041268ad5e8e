"""Backoff, mail times, signatures and addresses: both sides of each boundary."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import rules

SHANGHAI = ZoneInfo("Asia/Shanghai")
BEGAN = datetime(2026, 11, 20, 9, 0, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("attempts", "wait"),
    [
        (1, timedelta(seconds=30)),
        (2, timedelta(seconds=90)),
        (3, timedelta(seconds=270)),
        (6, timedelta(seconds=7290)),
        (7, timedelta(hours=6)),
        (500, timedelta(hours=6)),
    ],
)
def test_each_wait_is_three_times_as_long_up_to_six_hours(attempts, wait):
    assert rules.next_attempt(began=BEGAN, attempts=attempts, now=BEGAN) == BEGAN + wait


def test_the_last_attempt_is_three_days_after_the_first():
    end = BEGAN + timedelta(days=3)

    almost = rules.next_attempt(began=BEGAN, attempts=20, now=end - timedelta(minutes=1))
    over = rules.next_attempt(began=BEGAN, attempts=20, now=end)

    assert almost == end
    assert over is None


@given(seconds=st.integers(0, 3 * 86400 + 10), attempts=st.integers(1, 1000))
def test_an_attempt_is_later_than_now_and_never_after_the_end(seconds, attempts):
    now = BEGAN + timedelta(seconds=seconds)

    found = rules.next_attempt(began=BEGAN, attempts=attempts, now=now)

    assert (found is None) is (seconds >= 3 * 86400)
    assert found is None or now < found <= BEGAN + timedelta(days=3)


@pytest.mark.parametrize(
    ("mail", "now", "due"),
    [
        ("never", (9, 0), None),
        ("soon", (9, 0), BEGAN),
        ("daily", (7, 29), BEGAN.replace(hour=7, minute=30)),
        ("daily", (7, 30), BEGAN.replace(hour=7, minute=30)),
        ("daily", (7, 31), BEGAN.replace(day=21, hour=7, minute=30)),
    ],
)
def test_a_daily_mail_goes_out_before_work(mail, now, due):
    assert rules.mail_due(mail, BEGAN.replace(hour=now[0], minute=now[1])) == due


def test_the_signature_is_an_hmac_over_id_timestamp_and_body():
    key = bytes(range(32))
    secret = "whsec_" + base64.b64encode(key).decode()

    signed = rules.signature([secret], message_id="msg_1", timestamp=1700000000, body='{"a":"华"}')

    expected = hmac.new(key, 'msg_1.1700000000.{"a":"华"}'.encode(), hashlib.sha256).digest()
    assert signed == f"v1,{base64.b64encode(expected).decode()}"


def test_two_secrets_give_two_signatures():
    secrets = ["whsec_" + base64.b64encode(bytes([n] * 32)).decode() for n in (1, 2)]

    signed = rules.signature(secrets, message_id="m", timestamp=1, body="")

    assert len(set(signed.split())) == 2


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.15.255.255", True),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("100.100.100.200", False),
        ("224.0.0.1", False),
        ("239.1.1.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("2001::1", False),
    ],
)
def test_only_addresses_in_the_internet_are_public(address, public):
    assert rules.is_public(address) is public
