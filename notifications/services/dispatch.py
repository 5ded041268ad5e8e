"""The outbox: events of accounts become notices and webhook deliveries, in one transaction."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.models import Account, Cover, Event, ServiceMember
from notifications import kinds, webhooks
from notifications.models import Delivery, Endpoint
from notifications.services.notices import Notice, write

logger = logging.getLogger(__name__)
BATCH = 500


def dispatch_events() -> int:
    """Tell of everything that was written and nobody was told of; how many events that were.

    Safe to run twice, also at once: a batch is locked, and what another run holds is left to it.
    An event that breaks the code of its kind stays in the outbox, is logged, and does not hold
    up the others.
    """
    done, last = 0, 0
    while True:
        looked_at, told, last = _dispatch_batch(last)
        done += told
        if looked_at < BATCH:
            return done


@transaction.atomic
def _dispatch_batch(after: int) -> tuple[int, int, int]:
    """One batch of events behind this id: how many, how many were told of, and the last id."""
    events = _next_events(after)
    if not events:
        return 0, 0, after
    broken = _tell(events) | _queue_deliveries(events)
    told = [event.pk for event in events if event.pk not in broken]
    Event.objects.filter(pk__in=told).update(dispatched_at=timezone.now())
    return len(events), len(told), events[-1].pk


def _next_events(after: int) -> list[Event]:
    events = Event.objects.undispatched().filter(pk__gt=after).select_related("account")
    return list(events.select_for_update(of=("self",), skip_locked=True, no_key=True)[:BATCH])


@transaction.atomic
def pass_over(*, before: datetime) -> int:
    """Take the events before this moment out of the outbox without telling anybody.

    For loads of history that nobody should be told of. How many that were.
    """
    now = timezone.now()
    return Event.objects.filter(dispatched_at=None, at__lt=before).update(dispatched_at=now)


# --- notices


def _tell(events: Sequence[Event]) -> set[int]:
    """Write the notices of these events; the ids of those that could not be worked out."""
    known = kinds.registered()
    ours = [event for event in events if event.kind in known]
    teams = _teams(event for event in ours if known[event.kind].recipients is None)
    notices: list[Notice] = []
    broken: set[int] = set()
    for event in ours:
        try:
            with _guard(known[event.kind]):
                notices += _notices(event, known[event.kind], teams)
        except Exception:
            logger.exception("Nobody could be told of event %s (%s)", event.pk, event.kind)
            broken.add(event.pk)
    write(notices)
    return broken


def _guard(kind: kinds.Kind) -> AbstractContextManager[None]:
    """A savepoint where an app's own code may query, and so may break the transaction."""
    return transaction.atomic() if kind.recipients or kind.link else nullcontext()


def _notices(event: Event, kind: kinds.Kind, teams: Mapping[int, Sequence[int]]) -> list[Notice]:
    people = kind.recipients(event) if kind.recipients else teams[event.account_id]
    url = kind.link(event) if kind.link else ""
    know = {event.actor_id, *event.data.get("told", ())}
    return [
        Notice(
            user_id=person,
            kind=event.kind,
            cause=f"event:{event.pk}",
            at=event.at,
            url=url,
            account_id=event.account_id,
            data=event.data,
        )
        for person in dict.fromkeys(people)
        if person not in know
    ]


def _teams(events: Iterable[Event]) -> dict[int, list[int]]:
    """By account its manager and its service team of now, and who covers for them."""
    teams: dict[int, list[int]] = defaultdict(list)
    for event in events:
        manager = event.account.manager_id
        teams[event.account_id] = [] if manager is None else [manager]
    members = ServiceMember.objects.filter(account__in=teams, until=None)
    serving = members.annotate(cover=_cover_of("user")).values_list("account", "user", "cover")
    accounts = Account.objects.filter(pk__in=teams).annotate(cover=_cover_of("manager"))
    managed = accounts.values_list("pk", "manager", "cover")
    for account_id, *people in serving.union(managed, all=True).order_by():
        teams[account_id] += filter(None, people)
    return teams


def _cover_of(person: str) -> Subquery:
    """Who looks after the customers of this person today."""
    covers = Cover.objects.in_force(timezone.localdate()).filter(person=OuterRef(person))
    return Subquery(covers.order_by().values("cover")[:1])


# --- webhooks


def _queue_deliveries(events: Sequence[Event]) -> set[int]:
    """Write what the endpoints get of these events; the ids of those that could not be told."""
    ours = [event for event in events if webhooks.hooks_of(event.kind)]
    endpoints = list(Endpoint.objects.filter(is_active=True)) if ours else []
    deliveries: list[Delivery] = []
    broken: set[int] = set()
    for event in ours if endpoints else []:
        try:
            deliveries += _deliveries(event, endpoints)
        except Exception:
            logger.exception("No webhook could be made of event %s (%s)", event.pk, event.kind)
            broken.add(event.pk)
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    return broken


def _deliveries(event: Event, endpoints: Sequence[Endpoint]) -> list[Delivery]:
    rows = []
    for hook in webhooks.hooks_of(event.kind):
        wanting = [endpoint for endpoint in endpoints if hook.name in endpoint.events]
        if wanting:
            text = body(event, hook)
            rows += [
                Delivery(endpoint=endpoint, name=hook.name, event_id=event.pk, body=text)
                for endpoint in wanting
            ]
    return rows


@transaction.atomic
def send_without_account(kind: str, *, data: Mapping[str, Any]) -> None:
    """Queue the webhooks of what happened to no known account, in the caller's transaction.

    There is no timeline to write it on, and so no event for the dispatcher to find.
    """
    if webhooks.hooks_of(kind):
        event = Event(kind=kind, data=dict(data), at=timezone.now())  # never saved
        endpoints = list(Endpoint.objects.filter(is_active=True))
        Delivery.objects.bulk_create(_deliveries(event, endpoints))


def body(event: Event, hook: webhooks.Hook) -> str:
    """The message of an event as it is sent, whenever that will be."""
    return json.dumps(
        {
            "type": hook.name,
            "timestamp": event.at.isoformat(),
            "account_number": event.account.account_number if event.account_id else None,
            "data": hook.payload(event),
        },
        ensure_ascii=False,
    )
