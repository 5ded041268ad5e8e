"""Visits that the standard asks for and nobody made. docs/policies/visits.md section 7."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef

from accounts.models import Account, Event
from accounts.services import kept_live
from tiering import standards
from visits import queries
from visits.models import OverdueNotice

BATCH = 2000


@transaction.atomic
def note_overdue(on: date) -> int:
    """Tell once of each visit that should have been made before this day; how many are new.

    Two runs at the same moment: the second one waits and finds nothing left.
    """
    _one_at_a_time()
    in_force = standards.in_force(on)
    told = OverdueNotice.objects.filter(account=OuterRef("pk"), due_on=OuterRef("visit_due_on"))
    rows = queries.with_due(Account.objects.all(), in_force.standard)
    new = list(
        rows.filter(~Exists(told), visit_due_on__lt=on)
        .order_by("pk")
        .values("pk", "tier", "visit_every_days", "last_visit_on", due=F("visit_due_on"))
    )
    live = kept_live(row["pk"] for row in new)
    new = [row for row in new if row["pk"] in live]
    _write(new, version=in_force.version, on=on)
    return len(new)


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('visits.note_overdue'))")


def _write(new: Sequence[dict[str, Any]], *, version: int, on: date) -> None:
    OverdueNotice.objects.bulk_create(
        (
            OverdueNotice(
                account_id=row["pk"],
                due_on=row["due"],
                tier=row["tier"],
                standard_version=version,
                noticed_on=on,
            )
            for row in new
        ),
        batch_size=BATCH,
    )
    Event.objects.bulk_create(
        (
            Event(
                account_id=row["pk"],
                kind="visits.visit_overdue",
                data={
                    "standard_version": version,
                    "tier": row["tier"],
                    "every_days": row["visit_every_days"],
                    "due_on": str(row["due"]),
                    "last_on": str(row["last_visit_on"] or ""),
                },
            )
            for row in new
        ),
        batch_size=BATCH,
    )
