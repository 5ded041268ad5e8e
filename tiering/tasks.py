import logging

from celery import shared_task
from django.db import OperationalError, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from tiering import services
from tiering.locks import somebody_recomputes
from tiering.models import TierRun

logger = logging.getLogger(__name__)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=3)
def execute_run(run_id: int) -> None:
    """Do one requested run; harmless when delivered twice."""
    services.execute_run(run_id)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=3)
def nightly() -> None:
    """Recompute yesterday, and the nights missed before it, oldest first."""
    services.vacuum_ledger()
    for day in services.nightly_dates(timezone.localdate()):
        services.recompute(day, actor=None, trigger=TierRun.Trigger.NIGHTLY)


@shared_task
def pick_up_queued_runs() -> None:
    """Do the runs that nobody told a worker about, and those whose process has died."""
    if somebody_recomputes():
        return
    for run_id in TierRun.objects.unfinished().order_by("as_of").values_list("pk", flat=True):
        services.execute_run(run_id)


def enqueue(run: TierRun) -> None:
    """Tell a worker about a queued run after commit; `pick_up_queued_runs` makes up for failure."""
    transaction.on_commit(lambda: _send(run.pk))


def _send(run_id: int) -> None:
    try:
        execute_run.delay(run_id)
    except BrokerError:
        logger.warning("No broker: run %s waits to be picked up", run_id)
