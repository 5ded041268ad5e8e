import logging

from celery import shared_task
from kombu.exceptions import OperationalError as BrokerError

from notifications import services

logger = logging.getLogger(__name__)


@shared_task
def dispatch() -> int:
    """Every few seconds: tell of new events, and have a worker for each endpoint that is due."""
    told = services.dispatch_events()
    try:
        for endpoint_id in services.endpoints_due():
            deliver.delay(endpoint_id)
    except BrokerError:
        logger.warning("No broker: webhooks wait for the next run")
    return told


@shared_task
def deliver(endpoint_id: int) -> int:
    """Send what waits for one endpoint."""
    return services.deliver(endpoint_id)


@shared_task
def send_digests() -> int:
    """Every few minutes: mail what is due."""
    return services.send_digests()


@shared_task
def purge() -> int:
    """Nightly: forget old notices and deliveries."""
    return services.purge()
