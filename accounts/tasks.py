import logging

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from accounts.services import handover, import_jobs

logger = logging.getLogger(__name__)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=3)
def execute_import(batch_id: int) -> None:
    """Store one queued import; harmless when delivered twice."""
    import_jobs.execute_import(batch_id)


@shared_task
def pick_up_queued_imports() -> None:
    """Do the imports that nobody told a worker about, and those whose worker has died."""
    for batch_id in import_jobs.waiting_imports():
        import_jobs.execute_import(batch_id)


@shared_task
def purge_imports() -> None:
    """Forget previews that nobody confirmed, and the files of imports long done."""
    import_jobs.purge_imports()


@shared_task
def end_access_of_leavers() -> None:
    """Let in no more whose last day is over."""
    handover.end_due_access(timezone.localdate())


def enqueue(batch_id: int) -> bool:
    """Tell a worker about a queued import, after its commit; False when there is no broker.

    `pick_up_queued_imports` makes up for that.
    """
    try:
        execute_import.delay(batch_id)
    except BrokerError:
        logger.warning("No broker: import %s waits to be picked up", batch_id)
        return False
    return True
