"""Where a message may go: a real server on this machine stands for the rest of the world."""

import socket
import time

import pytest

from notifications import sending
from notifications.sending import Transport, post

BODY = b'{"type":"ping"}'


def sent(receiver, transport=None, url=None):
    return post(
        url or receiver.url(),
        headers={"webhook-id": "msg_1"},
        body=BODY,
        transport=transport or receiver.transport(),
    )


def test_a_message_arrives_as_it_is(receiver):
    answer = sent(receiver)

    ((path, headers, body),) = receiver.requests
    assert answer.is_taken
    assert answer.status_code == 204
    assert (path, body) == ("/hooks", BODY)
    assert headers["webhook-id"] == "msg_1"
    assert headers["host"] == f"localhost:{receiver.server.server_port}"


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_this_machine_is_refused_whatever_it_is_called(receiver, host):
    answer = sent(receiver, transport=Transport(), url=receiver.url(host=host))

    assert not answer.is_taken
    assert answer.error.startswith("AddressRefused")
    assert receiver.requests == []


def test_a_name_with_one_public_and_one_private_address_is_refused(receiver, monkeypatch):
    def both(host, port, **options):
        found = [("93.184.216.34", port), ("127.0.0.1", port)]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where) for where in found]

    monkeypatch.setattr(socket, "getaddrinfo", both)

    answer = sent(receiver, transport=Transport())

    assert "127.0.0.1 is not a public address" in answer.error


def test_a_name_that_turns_private_after_the_check_leads_to_the_checked_address(
    receiver, monkeypatch
):
    """DNS rebinding: the second answer of the name service is never asked for."""
    asked, gone_to = [], []

    def rebinding(host, port, **options):
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(where, timeout):
        gone_to.append(where[0])
        raise OSError("no way out of the test")

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket, "create_connection", connect)

    sent(receiver, transport=Transport())

    assert gone_to == ["93.184.216.34"]
    assert len(asked) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver, status):
    receiver.answers.append(status)

    answer = sent(receiver)

    assert not answer.is_taken
    assert answer.status_code == status
    assert len(receiver.requests) == 1


def test_a_certificate_of_another_name_is_refused(receiver, monkeypatch):
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, *args, **options: real("127.0.0.1", port, *args, **options),
    )

    answer = sent(receiver, url=receiver.url(host="erp.example.com"))

    assert "CERTIFICATE_VERIFY_FAILED" in answer.error
    assert receiver.requests == []


def test_a_certificate_nobody_vouches_for_is_refused(receiver):
    answer = sent(receiver, transport=Transport(is_allowed=lambda address: True))

    assert "CERTIFICATE_VERIFY_FAILED" in answer.error


@pytest.mark.parametrize("url", ["http://localhost/x", "https:///x", "ftp://localhost/"])
def test_anything_but_https_is_refused(receiver, url):
    assert not sent(receiver, url=url).is_taken


def test_a_server_that_drips_its_answer_is_cut_off(receiver):
    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(100):
            handler.wfile.write(b"a")
            handler.wfile.flush()
            time.sleep(0.1)

    receiver.answers.append(drip)
    began = time.monotonic()

    answer = sent(receiver, transport=receiver.transport(seconds=1.0))

    assert not answer.is_taken
    assert time.monotonic() - began < 8  # of more than 10


def test_a_server_that_says_nothing_is_cut_off():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://localhost:{silent.getsockname()[1]}/"
        transport = Transport(is_allowed=lambda address: True, seconds=0.5)

        answer = post(url, headers={}, body=b"", transport=transport)

    assert answer.status_code is None
    assert answer.milliseconds < 4000


def test_a_closed_port_and_an_unknown_name_are_answers_too():
    transport = Transport(is_allowed=lambda address: True)
    for url in ("https://127.0.0.1:1/", "https://no-such-name.invalid/"):
        answer = post(url, headers={}, body=b"", transport=transport)
        assert answer.error


def test_the_product_allows_public_addresses_only():
    assert Transport().is_allowed is sending.rules.is_public
