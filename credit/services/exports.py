"""What of credit is taken out as a file: always with a reason, within a quota, logged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import export_kinds
from accounts.models import Account
from accounts.services.exporting import take_out
from credit.queries import table

if TYPE_CHECKING:
    from staff.models import User

KIND = export_kinds.Kind(
    key="credit.table",
    label=gettext_lazy("Credit Limit and Term Table"),
    permission="credit.export_credit",
    rows_a_month=2_000,
)
AGING = export_kinds.Kind(
    key="credit.aging",
    label=gettext_lazy("Aging of receivables"),
    permission="credit.export_credit",
    rows_a_month=5_000,
)


def titles() -> list[str]:
    """What the columns are called."""
    return [
        _("Account number"),
        _("Account"),
        _("Tier"),
        _("Rating"),
        _("Credit limit"),
        _("Temporary increase"),
        _("Increase until"),
        _("Term (days)"),
        _("Form"),
        _("Valid from"),
        _("Valid until"),
        _("Credit line"),
        _("Limit today"),
        _("Exposure"),
        _("Utilisation"),
        _("Available"),
        _("Overdue"),
        _("Days overdue"),
        _("Account manager"),
        _("Last review"),
    ]


@transaction.atomic
def export_table(
    accounts: QuerySet[Account],
    on: date,
    *,
    actor: User,
    reason: str,
    query: str,
    file_format: str,
) -> Iterator[list[Any]]:
    """Log the export, then give its rows. `query`: the filters, for the log.

    Refused: export_quota.
    """
    take_out(
        accounts,
        KIND.key,
        "credit.table_exported",
        actor=actor,
        reason=reason,
        query=f"on={on}&{query}",
        columns=titles(),
        file_format=file_format,
    )
    return map(_cells, table.all_rows(accounts, on))


def _cells(row: table.Row) -> list[Any]:
    line = row.line
    terms: list[Any] = [""] * 7
    if line:
        terms = [
            line.limit,
            line.extra,
            line.extra_until or "",
            line.terms_days,
            line.get_form_display(),
            line.valid_from,
            line.valid_until,
        ]
    return [
        row.account.account_number,
        row.account.name,
        row.account.get_tier_display(),
        row.grade,
        *terms,
        row.state,
        row.limit,
        row.exposure,
        "" if row.utilisation is None else row.utilisation,
        row.available,
        row.overdue,
        row.overdue_days,
        str(row.account.manager or ""),
        row.reviewed_on or "",
    ]
