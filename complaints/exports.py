"""Complaints to a file, for who may take them out of the house: with a reason, logged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import export_kinds
from accounts.models import Tier
from accounts.services.exporting import take_out
from complaints import words
from complaints.models import Complaint, ComplaintQuerySet
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

KIND = export_kinds.Kind(
    key="complaints.complaint",
    label=gettext_lazy("Complaints"),
    permission="complaints.export_complaint",
    rows_a_month=20_000,
)
MOST_IN_A_WORKBOOK = 100_000  # a CSV has no end
_CHUNK = 2000
_OWN = [
    "complaint_number",
    "channel",
    "category",
    "severity",
    "status",
    "tier",
    "title",
    "received_at",
    "acknowledge_due_at",
    "acknowledged_at",
    "due_at",
    "resolved_at",
    "replied_at",
    "confirmed_at",
    "closed_at",
    "reopened",
    "outcome",
    "cause",
    "solution",
]
_SOURCES = {
    "account_number": "account__account_number",
    "account_name": "account__name",
    "assignee": "assignee__username",
}
_WORDS: dict[str, Any] = {
    "channel": words.CHANNELS,
    "category": words.CATEGORIES,
    "severity": words.SEVERITIES,
    "status": words.STATUSES,
    "tier": dict(Tier.choices),
    "outcome": words.OUTCOMES,
    "cause": words.CAUSES,
}


def columns() -> dict[str, str]:
    """What can be exported of a complaint, with its title."""
    model: type[Any] = Complaint
    own = {name: str(model._meta.get_field(name).verbose_name) for name in _OWN}
    others = {
        "account_number": _("Account number"),
        "account_name": _("Account"),
        "assignee": _("Who solves it"),
    }
    return own | others


def export_complaints(
    complaints: ComplaintQuerySet,
    names: Sequence[str],
    *,
    actor: User,
    reason: str,
    query: str,
    file_format: str,
) -> Iterator[list[Any]]:
    """Log the export, then give its rows. Refused: export_quota, too_many (rows for a
    workbook)."""
    if file_format == "xlsx" and complaints.count() > MOST_IN_A_WORKBOOK:
        raise RuleViolation(
            "too_many",
            _("More than %s complaints: take fewer days, or CSV.") % f"{MOST_IN_A_WORKBOOK:,}",
        )
    take_out(
        complaints,
        KIND.key,
        "complaints.complaints_exported",
        actor=actor,
        reason=reason,
        query=query,
        columns=names,
        file_format=file_format,
    )
    return _rows(complaints, names)


def _rows(complaints: ComplaintQuerySet, names: Sequence[str]) -> Iterator[list[Any]]:
    picked = {f"export_{name}": F(_SOURCES.get(name, name)) for name in names}
    for values in complaints.values_list(*picked.values()).iterator(chunk_size=_CHUNK):
        yield [_shown(name, value) for name, value in zip(names, values, strict=True)]


def _shown(name: str, value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    return str(_WORDS[name].get(value, value)) if name in _WORDS else value
