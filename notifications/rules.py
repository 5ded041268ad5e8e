"""When a notice is mailed, when a webhook is tried again, and where it may go. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from datetime import datetime, time, timedelta

DAILY_AT = time(7, 30)  # local: before work begins

FIRST_RETRY = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)

KEY_PREFIX = "whsec_"
# Addresses inside these carry another one: what they lead to is not what they look like.
_TUNNELS = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "2002::/16", "2001::/32")]


def mail_due(mail: str, now: datetime) -> datetime | None:
    """When a notice of now goes out by e-mail; None: never. `now` is local and aware."""
    if mail == "soon":
        return now
    if mail != "daily":
        return None
    today = now.replace(
        hour=DAILY_AT.hour, minute=DAILY_AT.minute, second=DAILY_AT.second, microsecond=0
    )
    return today if now <= today else today + timedelta(days=1)


def next_attempt(*, began: datetime, attempts: int, now: datetime) -> datetime | None:
    """When to try again after this many failed attempts; None: give up.

    The wait is 30 s, then three times as long each time, 6 hours at most; the last attempt is
    three days after the first.
    """
    end = began + GIVE_UP_AFTER
    if now >= end:
        return None
    wait = min(FIRST_RETRY * 3 ** min(attempts - 1, 10), LONGEST_WAIT)
    return min(now + wait, end)


def signature(secrets: Sequence[str], *, message_id: str, timestamp: int, body: str) -> str:
    """The header `webhook-signature`: one signature per secret, HMAC-SHA256 over
    "id.timestamp.body", in base64 after "v1,", with spaces between them."""
    signed = f"{message_id}.{timestamp}.{body}".encode()
    return " ".join(f"v1,{_hmac(secret, signed)}" for secret in secrets)


def _hmac(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(KEY_PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def is_public(address: str) -> bool:
    """Whether an IP address lies in the internet: not here, not in our network, not a group."""
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in net for net in _TUNNELS):
            return False
        ip = ip.ipv4_mapped or ip
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
