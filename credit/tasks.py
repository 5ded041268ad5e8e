from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from credit.services import orders, reservations


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=3)
def end_reservations() -> None:
    """Every minute: give back what is reserved for longer than its time."""
    reservations.end_reservations(timezone.now())


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=3)
def nightly() -> None:
    """Look again at what the new day changes: orders on hold, releases, lines that begin."""
    orders.new_day(timezone.localdate())
