from celery import shared_task
from django.utils import timezone

from sales import lateness


@shared_task
def tell_late_orders() -> int:
    """Nightly: tell of orders whose promised day has gone by."""
    return lateness.tell_late_orders(on=timezone.localdate())
