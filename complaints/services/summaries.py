"""The monthly summary of complaints: what stands out, and what is improved."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.models import MonthlySummary
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def write_summary(month: date, *, findings: str, improvements: str, actor: User) -> MonthlySummary:
    """Write what was learnt in the month that begins on this day, or bring it up to date.

    Refused: future.
    """
    if month > timezone.localdate():
        raise RuleViolation("future", _("This month has not begun."))
    values = {"findings": findings.strip(), "improvements": improvements.strip()}
    summary, is_new = MonthlySummary.objects.select_for_update(of=("self",)).get_or_create(
        month=month, defaults={**values, "written_by": actor}
    )
    changes = dict(values) if is_new else audit.diff(summary, values)
    if changes and not is_new:
        summary.findings, summary.improvements = values["findings"], values["improvements"]
        summary.written_by = actor
        summary.save(update_fields=[*values, "written_by", "written_at"])
    if changes:
        audit.record(summary, "complaints.summary_written", actor=actor, changes=changes)
    return summary
