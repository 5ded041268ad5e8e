from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from visits.services import overdue, schedules


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=3)
def nightly() -> None:
    """Plan maintenance that comes near, then tell of visits that are overdue."""
    today = timezone.localdate()
    schedules.make_visits(today)
    overdue.note_overdue(today)
