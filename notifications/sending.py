"""One HTTPS POST to an address that lies in the internet, and nowhere else.

The name is resolved once, every address it has is checked, and the connection goes to one of
those that were checked: a name that leads somewhere else a moment later leads nowhere.
Redirects are not followed, and no proxy is used.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from notifications import rules

SECONDS = 15.0  # for all of it, from the connection to the status of the answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: the status of the answer, or why there was none."""

    status_code: int | None
    error: str
    milliseconds: int

    @property
    def is_taken(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


class AddressRefused(OSError):  # noqa: N818
    """The name leads to an address that is not in the internet."""


@dataclass(frozen=True, kw_only=True)
class Transport:
    """How messages travel; the product uses the defaults."""

    is_allowed: Callable[[str], bool] = rules.is_public
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = SECONDS


def post(
    url: str, *, headers: Mapping[str, str], body: bytes, transport: Transport | None = None
) -> Answer:
    """Send it and read the status of the answer, no more. Never raises for what the other side,
    the name service or the network do."""
    began = time.monotonic()
    try:
        status, error = _status(url, headers, body, transport or Transport()), ""
    except (OSError, http.client.HTTPException, ValueError) as failure:
        status, error = None, f"{type(failure).__name__}: {failure}"[:200]
    return Answer(status, error, round((time.monotonic() - began) * 1000))


def _status(url: str, headers: Mapping[str, str], body: bytes, transport: Transport) -> int:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("not an https address")
    host = parts.hostname.encode("idna").decode()
    connection = _Connection(host, parts.port or 443, transport)
    watchdog = threading.Timer(transport.seconds, connection.cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request("POST", target, body=body, headers=dict(headers))
        status = connection.getresponse().status
        if connection.is_cut:  # what ends in the middle reads as an answer too
            raise TimeoutError("no whole answer in time")
        return status
    finally:
        watchdog.cancel()
        connection.close()


class _Connection(http.client.HTTPSConnection):
    """To a checked address; the certificate must be that of the name."""

    def __init__(self, host: str, port: int, transport: Transport) -> None:
        super().__init__(host, port, timeout=transport.seconds, context=transport.context)
        self.transport = transport
        self.is_cut = False

    def connect(self) -> None:
        raw = _connected(self.host, self.port, self.transport)
        tls = self.transport.context.wrap_socket(
            raw, server_hostname=self.host, do_handshake_on_connect=False
        )
        self.sock = tls  # before the handshake, so that it can be cut short
        tls.do_handshake()

    def cut(self) -> None:
        """Called by another thread when the time is over: whoever waits is told at once."""
        self.is_cut = True
        if self.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _connected(host: str, port: int, transport: Transport) -> socket.socket:
    """A connection to one of the host's addresses; refused when any of them is not public."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(where[4][0]) for where in found))
    for address in addresses:
        if not transport.is_allowed(address.partition("%")[0]):
            raise AddressRefused(f"{address} is not a public address")
    return _first_that_answers(addresses, port, transport.seconds)


def _first_that_answers(addresses: list[str], port: int, seconds: float) -> socket.socket:
    failure: OSError = OSError("the name has no address")
    until = time.monotonic() + seconds
    for address in addresses:
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((address, port), timeout=left)
        except OSError as error:
            failure = error
    raise failure
