from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from kam.core import audit
from kam.core.errors import RuleViolation
from notifications import rules, webhooks
from notifications.models import Delivery, Endpoint, Secret

if TYPE_CHECKING:
    from staff.models import User

OVERLAP_HOURS = 24  # how long the old secret signs beside the new one
MAX_OVERLAP_HOURS = 7 * 24
PING = "ping"


@transaction.atomic
def create_endpoint(
    *, url: str, events: Sequence[str], actor: User, description: str = ""
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret, which is shown this once.

    Refused: invalid_url, not_https, private_address, no_events, unknown_event.
    """
    endpoint = Endpoint.objects.create(
        url=_checked_url(url),
        events=_checked_events(events),
        description=description.strip(),
        created_by=actor,
    )
    secret = _new_secret(endpoint)
    audit.record(
        endpoint,
        "notifications.webhook_created",
        actor=actor,
        changes={"events": ", ".join(endpoint.events)},
    )
    return endpoint, secret


@transaction.atomic
def change_endpoint(
    endpoint_id: int,
    *,
    actor: User,
    url: str | None = None,
    events: Sequence[str] | None = None,
    description: str | None = None,
    is_active: bool | None = None,
) -> Endpoint:
    """Change what is given. While it is not active nothing is sent and nothing is written for it.

    Refused as in `create_endpoint`.
    """
    endpoint = _locked(endpoint_id)
    wanted: dict[str, Any] = {}
    if url is not None:
        wanted["url"] = _checked_url(url)
    if events is not None:
        wanted["events"] = _checked_events(events)
    if description is not None:
        wanted["description"] = description.strip()
    if is_active is not None:
        wanted["is_active"] = is_active
    if changes := audit.diff(endpoint, wanted):
        for name, value in wanted.items():
            setattr(endpoint, name, value)
        endpoint.save(update_fields=list(wanted))
        audit.record(endpoint, "notifications.webhook_changed", actor=actor, changes=changes)
    return endpoint


@transaction.atomic
def delete_endpoint(endpoint_id: int, *, actor: User) -> None:
    """Forget an endpoint, its secrets, what waits for it and its log."""
    endpoint = _locked(endpoint_id)
    audit.record(endpoint, "notifications.webhook_deleted", actor=actor)
    endpoint.delete()


@transaction.atomic
def rotate_secret(endpoint_id: int, *, actor: User, hours: int = OVERLAP_HOURS) -> str:
    """A new secret, shown this once; the one before signs beside it for so many hours more.

    A third one does not: what signed beside the one before ends now. Refused: overlap (0 to 168).
    """
    if not 0 <= hours <= MAX_OVERLAP_HOURS:
        raise RuleViolation(
            "overlap", _("The old secret lasts 0 to %(max)s hours.") % {"max": MAX_OVERLAP_HOURS}
        )
    endpoint, now = _locked(endpoint_id), timezone.now()
    earlier = Secret.objects.filter(endpoint=endpoint)
    earlier.live(now).exclude(expires_at=None).update(expires_at=now)
    earlier.filter(expires_at=None).update(expires_at=now + timedelta(hours=hours))
    secret = _new_secret(endpoint)
    audit.record(
        endpoint, "notifications.webhook_secret_rotated", actor=actor, changes={"hours": hours}
    )
    return secret


@transaction.atomic
def send_test(endpoint_id: int, *, actor: User) -> Delivery:
    """Queue a message of the type "ping" that says nothing. Refused: not_active."""
    endpoint = _locked(endpoint_id)
    if not endpoint.is_active:
        raise _not_active()
    audit.record(endpoint, "notifications.webhook_tested", actor=actor)
    text = json.dumps({"type": PING, "timestamp": timezone.now().isoformat(), "data": {}})
    return Delivery.objects.create(endpoint=endpoint, name=PING, body=text)


@transaction.atomic
def replay(delivery_id: int, *, actor: User) -> Delivery:
    """Send a message again, with its id, for up to three days from now.

    Refused: waiting (it has not been given up), not_active.
    """
    rows = Delivery.objects.select_related("endpoint").select_for_update(of=("self",))
    delivery = rows.get(pk=delivery_id)
    if delivery.status == Delivery.Status.PENDING:
        raise RuleViolation("waiting", _("This message is being tried anyway."))
    if not delivery.endpoint.is_active:
        raise _not_active()
    now = timezone.now()
    delivery.status, delivery.delivered_at = Delivery.Status.PENDING, None
    delivery.began_at = delivery.next_attempt_at = now
    delivery.attempts_made = 0
    delivery.save(
        update_fields=["status", "delivered_at", "began_at", "next_attempt_at", "attempts_made"]
    )
    audit.record(
        delivery.endpoint,
        "notifications.webhook_replayed",
        actor=actor,
        changes={"message": delivery.message_id},
    )
    return delivery


def _locked(endpoint_id: int) -> Endpoint:
    return Endpoint.objects.select_for_update(of=("self",)).get(pk=endpoint_id)


def _new_secret(endpoint: Endpoint) -> str:
    value = rules.KEY_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    Secret.objects.create(endpoint=endpoint, value=value)
    return value


def _not_active() -> RuleViolation:
    return RuleViolation("not_active", _("This webhook is switched off."))


def _checked_url(url: str) -> str:
    """The address as it is stored. Where its name leads is checked at each connection."""
    url = url.strip()
    if not url.lower().startswith("https://"):
        raise RuleViolation("not_https", _("The address must begin with https://."))
    plain = f"https://{iri_to_uri(url[8:])}"
    try:
        URLValidator(schemes=["https"])(url)
        parts = urlsplit(plain)
        host = (parts.hostname or "").encode("idna").decode()
        is_plain = parts.port != 0 and len(plain) <= 500
    except (ValidationError, ValueError) as error:
        raise RuleViolation("invalid_url", _("This is not a web address.")) from error
    if not is_plain or parts.username is not None or parts.fragment:
        raise RuleViolation(
            "invalid_url", _("Leave out user names, passwords and “#…”; 500 characters at most.")
        )
    if _leads_inside(host):
        raise RuleViolation("private_address", _("This address is not in the internet."))
    return plain


def _leads_inside(host: str) -> bool:
    """Whether one can tell from the name alone that it leads to no public address."""
    try:
        return not rules.is_public(str(ip_address(host)))
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _checked_events(events: Sequence[str]) -> list[str]:
    chosen = sorted(set(events))
    if not chosen:
        raise RuleViolation("no_events", _("Choose at least one event."))
    if unknown := sorted(set(chosen) - set(webhooks.names())):
        raise RuleViolation(
            "unknown_event",
            _("There is no event %(names)s; there are %(known)s.")
            % {"names": ", ".join(unknown), "known": ", ".join(webhooks.names())},
        )
    return chosen
