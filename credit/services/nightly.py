"""The night of credit: its steps in order, each done once for a day and taken up where it broke."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from credit.models import NightlyStep
from credit.services import alerts, campaigns, collections, groups, measures, orders

_KEY = 0x637265646974  # "credit"


@dataclass(frozen=True)
class Step:
    """A job of the night. `work` takes the day, is safe to repeat, and gives how much it did."""

    job: str
    work: Callable[[date], int]


# Ratings that a step renews count in the steps after it; docs/operations/nightly.md.
STEPS: tuple[Step, ...] = (
    Step("groups", lambda as_of: groups.follow_begun(_since("groups", as_of), as_of)),
    Step("orders", lambda as_of: len(orders.new_day(as_of, since=_last_done("orders", as_of)))),
    Step("open_reviews", campaigns.open_due),
    Step("overdue_measures", measures.start_due),
    Step("collections", collections.collect_nightly),
    Step("alerts", alerts.watch),
    Step("remind_reviews", campaigns.remind_due),
)


def run_night(as_of: date) -> dict[str, int]:
    """Do what of a night is not done yet; what each of these steps did, by job.

    One process at a time; another one waits and then finds everything done.
    """
    did = {}
    with _alone():
        for step in STEPS:
            row, _created = NightlyStep.objects.get_or_create(job=step.job, as_of=as_of)
            if row.finished_at is None:
                did[step.job] = row.done = step.work(as_of)
                row.finished_at = timezone.now()
                row.save(update_fields=["done", "finished_at"])
    return did


def _since(job: str, on: date) -> date:
    """The last day for which a step was finished, the one before this one if it never was."""
    return _last_done(job, on) or on - timedelta(days=1)


def _last_done(job: str, before: date) -> date | None:
    """The last day before this one for which a step was finished; None where there is none."""
    steps = NightlyStep.objects.filter(job=job, as_of__lt=before, finished_at__isnull=False)
    last: date | None = steps.aggregate(last=Max("as_of"))["last"]
    return last


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the advisory lock of the night; it ends with the session of a killed process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_KEY])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_KEY])
