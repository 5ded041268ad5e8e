"""Pages of the complaints that one person sees, at the same cost however many these are.

docs/adr/0009-complaint-list.md says why, with the measurements.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models.expressions import RawSQL

from accounts.models import Cover, ids_served_by, sees_all_accounts
from complaints.models import DUE, Complaint
from kam.core import keyset

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from complaints.models import ComplaintQuerySet
    from staff.models import User


class Row(NamedTuple):
    """What the list shows of a complaint and is ordered by. Models would cost twice as much."""

    pk: int
    complaint_number: str
    title: str
    channel: str
    category: str
    severity: str
    status: str
    imported: bool
    received_at: datetime
    acknowledge_due_at: datetime | None
    due_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    waiting_since: datetime | None
    escalation_level: int
    account__account_number: str | None
    account__name: str | None
    assignee__username: str | None
    assignee__full_name: str | None
    due: datetime


# The first rows of a page stand in the accounts whose own first row comes first; as many
# accounts as rows will do.
_OF_ACCOUNTS = """
SELECT arm.* FROM (
    SELECT whose.id FROM (SELECT DISTINCT id FROM ({seen}) AS seen (id)) AS whose (id)
    CROSS JOIN LATERAL ({own} LIMIT 1) AS top (key, pk) ORDER BY {order} LIMIT {number}
) AS whose (id) CROSS JOIN LATERAL ({own} LIMIT {number}) AS arm (key, pk)
ORDER BY {order} LIMIT {number}
"""
_FIRST = "SELECT pk FROM ({arms}) AS found (key, pk) ORDER BY {order} LIMIT {number}"


def page(
    rows: ComplaintQuerySet, *, keys: tuple[str, str], cursor: str, size: int, user: User
) -> keyset.Page:
    """The page of those of `rows` that this user sees; keys and cursor as in `keyset.fetch`."""
    may_look = user.has_perm("complaints.view_complaint") and not rows.query.is_empty()
    in_parts = may_look and not sees_all_accounts(user)
    rows = (rows if in_parts else rows.visible_to(user)).annotate(due=DUE)

    def first(rows: Any, order: Sequence[str], number: int) -> list[Row]:
        if in_parts:
            rows = _first(rows, order, number, user).annotate(due=DUE)
        found = rows.order_by(*order).values_list(*Row._fields)
        return [Row(*values) for values in found[:number]]

    return keyset.fetch(rows, keys=keys, cursor=cursor, size=size, first=first)


def _first(
    rows: ComplaintQuerySet, order: Sequence[str], number: int, user: User
) -> ComplaintQuerySet:
    """The first rows in this order among those that `visible_to` lets through.

    Each account and each person gives its own first ones along an index; the first of all are
    among them.
    """
    hands = Cover.objects.hands_of(user)
    parts = [_sql(_keys(arm, order)[:number]) for arm in rows.given_to(hands)]
    if user.has_perm("accounts.view_account"):
        seen = ids_served_by(user, away=hands[1:])
        parts.append(_of_accounts(rows, order, number, seen))
    arms = " UNION ".join(f"({sql})" for sql, _values in parts)
    sql = _FIRST.format(arms=arms, order=_directions(order), number=number)
    found = RawSQL(sql, [value for _sql, values in parts for value in values])  # noqa: S611
    return Complaint.objects.filter(pk__in=found)


def _of_accounts(
    rows: ComplaintQuerySet, order: Sequence[str], number: int, ids: QuerySet[Any, Any]
) -> tuple[str, tuple[Any, ...]]:
    seen, seen_values = _sql(ids.order_by())
    own, own_values = _sql(_keys(rows.filter(account_id=RawSQL("whose.id", [])), order))
    sql = _OF_ACCOUNTS.format(seen=seen, own=own, order=_directions(order), number=number)
    return sql, (*seen_values, *own_values, *own_values)


def _keys(rows: ComplaintQuerySet, order: Sequence[str]) -> Any:
    return rows.order_by(*order).values_list(*(key.removeprefix("-") for key in order))


def _sql(rows: Any) -> tuple[str, tuple[Any, ...]]:
    sql, values = rows.query.sql_with_params()
    return sql, tuple(values)


def _directions(order: Sequence[str]) -> str:
    descending = order[0].startswith("-")
    return "key DESC, pk DESC" if descending else "key, pk"
