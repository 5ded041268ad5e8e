from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from complaints.services import escalations


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=3)
def escalate_due() -> int:
    """Every minute: call whom missed deadlines call; what is left over the next run takes up."""
    return escalations.escalate_due(timezone.now())
