import logging

from celery import shared_task
from django.db import OperationalError
from kombu.exceptions import OperationalError as BrokerError

from mailings import services

logger = logging.getLogger(__name__)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=3)
def deliver(mailing_id: int) -> None:
    """Send what waits of one mailing; harmless when delivered twice."""
    services.deliver(mailing_id)


@shared_task
def deliver_all() -> None:
    """Every minute: go on with each mailing that has letters to send."""
    for mailing_id in services.under_way():
        services.deliver(mailing_id)


def enqueue(mailing_id: int) -> bool:
    """Tell a worker, after the commit; False when there is no broker: `deliver_all` makes up."""
    try:
        deliver.delay(mailing_id)
    except BrokerError:
        logger.warning("No broker: mailing %s waits to be picked up", mailing_id)
        return False
    return True
