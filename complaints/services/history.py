"""Loading past complaints 历史投诉: they count in lists and summaries and have no procedure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account, Tier
from complaints.documents import PastComplaint, PastComplaintIn, prepare_past
from complaints.models import Complaint
from complaints.rules import Status, hours
from kam.core import audit
from kam.core.bulk import BulkOutcome, BulkRejected, RowError
from sales.rules import FieldError
from sales.services.orders import kept_account_ids
from sales.wording import refusal
from tiering import standards

if TYPE_CHECKING:
    from staff.models import User

_SENT = (
    "account_id, channel, category, severity, title, description, received_at, resolved_at, outcome"
)
_DERIVED = "status, closed_at, tier, standard_version, acknowledge_due_at, due_at"


def _columns(of: str, names: str = _SENT) -> str:
    return ", ".join(f"{of}.{name}" for name in names.split(", "))


_UPSERT = f"""
INSERT INTO complaints_complaint AS stored (complaint_number, {_SENT}, {_DERIVED}, imported,
    contact_text, waited, escalation_level, reopened, solution, reply, cause, follow_digest,
    updated_at)
SELECT number, {_SENT}, {_DERIVED}, true, '', interval '0', 0, 0, '', '', '', '', now()
FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::timestamptz[],
            %s::text[], %s::int[], %s::timestamptz[], %s::timestamptz[])
    AS given (number, {_SENT}, {_DERIVED})
-- A conflict locks the row even where nothing is to be written: what is there already stays out.
WHERE NOT EXISTS (
    SELECT FROM complaints_complaint AS same
    WHERE same.complaint_number = number AND same.imported
        AND ({_columns("same")}) IS NOT DISTINCT FROM ({_columns("given")})
)
ORDER BY number COLLATE "C"
ON CONFLICT (complaint_number) DO UPDATE SET
    ({_SENT}, {_DERIVED}, updated_at) =
    ROW ({_columns("excluded")}, {_columns("excluded", _DERIVED)}, now())
WHERE stored.imported AND ({_columns("stored")}) IS DISTINCT FROM ({_columns("excluded")})
RETURNING xmax = 0
"""  # noqa: S608


@transaction.atomic
def load_history(
    rows: Iterable[tuple[int, PastComplaintIn]],
    *,
    actor: User,
    atomic: bool = False,
    outcome: BulkOutcome | None = None,
) -> BulkOutcome:
    """Store each past complaint, or bring the stored one to what is said here.

    A number that a complaint of ours has is rejected `not_history`. Deadlines are worked out from
    the standard in force when it was received, so that lists and summaries can tell what is
    overdue; nobody is called. rows, atomic, outcome: as in `sales.services.orders.upsert_orders`.
    """
    if outcome is None:
        rows = list(rows)
        outcome = BulkOutcome(received=len(rows))
    good = _checked(rows, outcome)
    accounts = _kept_accounts(good, outcome)
    _refuse_ours(good, outcome)
    if atomic and outcome.rejected:
        raise BulkRejected(outcome)
    if good:
        _store(list(good.values()), accounts, outcome)
    return audit.record_call(outcome, "complaints.history_loaded", actor=actor)


def _checked(
    rows: Iterable[tuple[int, PastComplaintIn]], outcome: BulkOutcome
) -> dict[int, PastComplaint]:
    zone, now = timezone.get_default_timezone(), timezone.now()
    good = {}
    for index, row in rows:
        try:
            good[index] = prepare_past(row, zone=zone, now=now)
        except FieldError as error:
            outcome.reject(refusal(index, row.complaint_number, error))
    return good


def _kept_accounts(good: dict[int, PastComplaint], outcome: BulkOutcome) -> dict[str, Account]:
    """The accounts by number, kept from being merged; rows of unknown ones are rejected."""
    numbers = {row.account_number for row in good.values() if row.account_number is not None}
    ids = kept_account_ids(numbers, actor=None) if numbers else {}
    for index, row in list(good.items()):
        if row.account_number is not None and row.account_number not in ids:
            detail = _("There is no account %s.") % row.account_number
            outcome.reject(RowError(index, row.number, "account_number", "unknown_account", detail))
            del good[index]
    found = Account.objects.only("pk", "tier").in_bulk(ids.values())
    return {number: found[pk] for number, pk in ids.items()}


def _refuse_ours(good: dict[int, PastComplaint], outcome: BulkOutcome) -> None:
    numbers = [row.number for row in good.values()]
    ours = Complaint.objects.filter(complaint_number__in=numbers, imported=False)
    taken = set(ours.values_list("complaint_number", flat=True))
    for index, row in list(good.items()):
        if row.number in taken:
            detail = _("A complaint of this number is being solved here; it is no history.")
            outcome.reject(RowError(index, row.number, "complaint_number", "not_history", detail))
            del good[index]


def _store(
    rows: Collection[PastComplaint], accounts: dict[str, Account], outcome: BulkOutcome
) -> None:
    deadlines = _deadlines()
    values = []
    for row in rows:
        account = accounts[row.account_number] if row.account_number is not None else None
        tier = account.tier if account else ""
        version, acknowledge_due, due = deadlines(tier, row.severity, row.received_at)
        status = Status.CLOSED if row.resolved_at else Status.REGISTERED
        sent = (row.channel, row.category, row.severity, row.title, row.description)
        moments = (row.received_at, row.resolved_at)
        derived = (status.value, row.resolved_at, tier, version, acknowledge_due, due)
        account_id = account.pk if account else None
        values.append((row.number, account_id, *sent, *moments, row.outcome, *derived))
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [list(column) for column in zip(*values, strict=True)])
        is_new = [new for (new,) in cursor.fetchall()]
    outcome.created = sum(is_new)
    outcome.updated = len(is_new) - outcome.created


def _deadlines() -> Any:
    """What gives version and deadlines for a tier, a severity and the moment of receipt."""
    in_force = cache(standards.in_force)

    @cache
    def deadlines(tier: str, severity: str, received: datetime) -> tuple[int, datetime, datetime]:
        found = in_force(timezone.localdate(received))
        promised = found.standard.tiers[tier or Tier.ORDINARY].responses[severity]
        clock = found.standard.hours
        return (
            found.version,
            clock.add(received, hours(promised.acknowledge_hours)),
            clock.add(received, hours(promised.resolve_hours)),
        )

    return deadlines
