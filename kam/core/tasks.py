from celery import shared_task

from kam.core.api import idempotency


@shared_task
def purge_kept_answers() -> int:
    """Forget the answers to repeated calls that are older than 24 hours."""
    return idempotency.purge()
