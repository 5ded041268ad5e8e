"""Large imports, done by a worker: queued by a page, picked up until they are stored or refused.

All rows go in by one transaction, which holds the lock of the batch's row. Whoever is killed in
the middle leaves nothing behind but a queued batch that nobody has locked: it is done again.
"""

import logging
from datetime import timedelta

from django.db import OperationalError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import ImportBatch
from accounts.services import imports
from kam.core import audit
from kam.core.errors import RuleViolation
from staff.models import User

logger = logging.getLogger(__name__)

ROWS_AT_ONCE = 500  # a larger file is stored by a worker
MOST_ATTEMPTS = 3  # so that a file on which workers die does not come back for ever
PREVIEW_DAYS = 7
ROWS_DAYS = 30

Status = ImportBatch.Status


@transaction.atomic
def queue_import(batch_id: int, *, actor: User) -> ImportBatch:
    """Confirm a preview, to be stored by a worker. Raises RuleViolation `not_a_preview`."""
    batch = imports.locked_preview(batch_id)
    batch.status, batch.error = Status.QUEUED, ""
    batch.confirmed_by, batch.confirmed_at = actor, timezone.now()
    batch.language = translation.get_language() or ""
    batch.attempts, batch.started_at = 0, None
    batch.save()
    audit.record(batch, "accounts.import_confirmed", actor=actor)
    return batch


def execute_import(batch_id: int) -> None:
    """Store a queued import; nothing happens when it is done or somebody is at it.

    What the rules refuse, and what fails three times, becomes a preview again that says why.
    """
    batch = _begun(batch_id)
    if batch is None:
        return
    with translation.override(batch.language or None):
        try:
            if batch.attempts > MOST_ATTEMPTS:
                raise RuleViolation("given_up", _("It was tried three times and never finished."))
            with transaction.atomic():
                if (batch := _free(batch_id)) and batch.confirmed_by:
                    imports.store(batch, actor=batch.confirmed_by)
        except OperationalError:
            raise  # the database went away: it stays queued
        except RuleViolation as violation:
            _give_back(batch_id, violation.message)
        except Exception as error:
            logger.exception("Import %s failed", batch_id)
            _give_back(batch_id, f"{type(error).__name__}: {error}"[:2000])


def waiting_imports() -> list[int]:
    """Queued imports, the oldest first; some of them may be under way."""
    queued = ImportBatch.objects.filter(status=Status.QUEUED).order_by("confirmed_at", "pk")
    return list(queued.values_list("pk", flat=True))


def _free(batch_id: int) -> ImportBatch | None:
    """The batch, locked, if it is queued and nobody is at it."""
    queued = ImportBatch.objects.filter(pk=batch_id, status=Status.QUEUED)
    return queued.select_for_update(of=("self",), skip_locked=True).first()


@transaction.atomic
def _begun(batch_id: int) -> ImportBatch | None:
    """Note the attempt, before it, so that the page and the next attempt see it."""
    batch = _free(batch_id)
    if batch:
        batch.attempts, batch.started_at = batch.attempts + 1, timezone.now()
        batch.save(update_fields=["attempts", "started_at"])
    return batch


@transaction.atomic
def _give_back(batch_id: int, error: str) -> None:
    if batch := _free(batch_id):
        imports.renew_preview(batch, error=error)


@transaction.atomic
def purge_imports() -> tuple[int, int]:
    """Delete previews that nobody confirmed in 7 days; empty the files of imports after 30.

    Of an applied import stay who, when, and how many rows did what. The numbers of both.
    """
    now = timezone.now()
    previews = ImportBatch.objects.filter(
        status=Status.PREVIEW, uploaded_at__lt=now - timedelta(days=PREVIEW_DAYS)
    )
    old = list(previews.select_for_update(of=("self",), skip_locked=True).defer("rows"))
    for batch in old:
        audit.record(batch, "accounts.import_expired", actor=None)
    ImportBatch.objects.filter(pk__in=[batch.pk for batch in old]).delete()
    applied = ImportBatch.objects.filter(
        status=Status.APPLIED, applied_at__lt=now - timedelta(days=ROWS_DAYS)
    )
    return len(old), applied.exclude(rows=[]).update(rows=[])
