"""What came of the measures of overdue accounts: noted by hand, or by the deed itself."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from credit.models import OverdueMeasure
from kam.core import audit

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def done(account_id: int, kind: str, *, on: date, result: str, actor: User | None) -> None:
    """The deed was done that a measure of this account waits for, where one did on that day."""
    waiting = OverdueMeasure.objects.filter(
        episode__account=account_id,
        episode__began_on__lte=on,
        episode__ended_on=None,
        kind=kind,
        done_at=None,
    )
    for measure in waiting.select_for_update(of=("self",)):
        note(measure, result=result, actor=actor)


def note(measure: OverdueMeasure, *, result: str, actor: User | None) -> OverdueMeasure:
    """Write down what came of a measure that the caller has locked."""
    measure.done_by, measure.done_at = actor, timezone.now()
    measure.comment = result
    measure.save(update_fields=["done_by", "done_at", "comment"])
    audit.record(measure, "credit.measure_finished", actor=actor, reason=result)
    return measure
