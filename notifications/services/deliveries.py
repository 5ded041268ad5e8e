"""What waits for endpoints goes out: one worker at a time for each of them."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from notifications import rules, sending
from notifications.models import Attempt, Delivery, Endpoint, Secret
from notifications.services.notices import notify

WORK_FOR = timedelta(seconds=45)  # then another endpoint has its turn
BUSY_FOR = timedelta(seconds=120)  # after that the worker must have died

Status = Delivery.Status


def endpoints_due() -> list[int]:
    """The endpoints that a message waits for now and that no worker is busy with."""
    now = timezone.now()
    waiting = Delivery.objects.due(now).filter(_free(now, "endpoint__"))
    return sorted(set(waiting.values_list("endpoint", flat=True)))


def deliver(endpoint_id: int, *, transport: sending.Transport | None = None) -> int:
    """Send what waits for an endpoint until it fails or the time is over; how much was taken.

    Does nothing while another worker sends to the same endpoint. No transaction is open while the
    message travels: a worker that dies meanwhile sends it once more, with the same id.
    """
    if not _begin(endpoint_id):
        return 0
    until, taken = time.monotonic() + WORK_FOR.total_seconds(), 0
    try:
        while time.monotonic() < until and (delivery := _next(endpoint_id)):
            if not _attempt(delivery, transport):
                break
            taken += 1
    finally:
        Endpoint.objects.filter(pk=endpoint_id).update(busy_until=None)
    return taken


def _free(now: datetime, prefix: str = "") -> Q:
    return Q(**{f"{prefix}busy_until": None}) | Q(**{f"{prefix}busy_until__lt": now})


def _begin(endpoint_id: int) -> bool:
    """Take the endpoint, unless another worker has it."""
    now = timezone.now()
    endpoint = Endpoint.objects.filter(_free(now), pk=endpoint_id)
    return endpoint.update(busy_until=now + BUSY_FOR) == 1


def _next(endpoint_id: int) -> Delivery | None:
    due = Delivery.objects.due(timezone.now()).filter(endpoint=endpoint_id)
    return due.select_related("endpoint").order_by("next_attempt_at", "pk").first()


def _attempt(delivery: Delivery, transport: sending.Transport | None) -> bool:
    now = timezone.now()
    timestamp = int(now.timestamp())
    secrets = Secret.objects.filter(endpoint=delivery.endpoint).live(now)
    signature = rules.signature(
        list(secrets.values_list("value", flat=True)),
        message_id=delivery.message_id,
        timestamp=timestamp,
        body=delivery.body,
    )
    headers = {
        "content-type": "application/json",
        "user-agent": "KAM-Webhooks/1",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }
    answer = sending.post(
        delivery.endpoint.url, headers=headers, body=delivery.body.encode(), transport=transport
    )
    _record(delivery.pk, answer)
    return answer.is_taken


@transaction.atomic
def _record(delivery_id: int, answer: sending.Answer) -> None:
    """Keep what came of an attempt and say when the next one is, if any."""
    rows = Delivery.objects.filter(pk=delivery_id).select_related("endpoint")
    delivery = rows.select_for_update(of=("self",)).first()
    if delivery is None:  # the endpoint was deleted meanwhile
        return
    now = timezone.now()
    Attempt.objects.create(
        delivery=delivery,
        at=now,
        status_code=answer.status_code,
        error=answer.error,
        milliseconds=answer.milliseconds,
    )
    if delivery.status != Status.PENDING:
        return
    delivery.attempts_made += 1
    if answer.is_taken:
        delivery.status, delivery.delivered_at = Status.DELIVERED, now
        delivery.next_attempt_at = None
    else:
        delivery.next_attempt_at = rules.next_attempt(
            began=delivery.began_at, attempts=delivery.attempts_made, now=now
        )
        if delivery.next_attempt_at is None:
            _give_up(delivery)
    delivery.save(update_fields=["status", "delivered_at", "next_attempt_at", "attempts_made"])


def _give_up(delivery: Delivery) -> None:
    """Tell who made the endpoint; an endpoint that stays silent is told of once a day."""
    delivery.status = Status.GIVEN_UP
    endpoint = delivery.endpoint
    notify(
        [endpoint.created_by_id],
        "notifications.webhook_given_up",
        cause=f"webhook:{endpoint.pk}:{timezone.localdate()}",
        url=endpoint.get_absolute_url(),
        data={"url": endpoint.url},
    )
