"""Opening lines 期初授信: what customers had been granted before this system, taken over once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from approvals.people import holders
from credit.models import CreditForm, CreditLine, CreditParty, Decision
from credit.models.triggers import GRANTORS
from credit.services import lines, orders
from kam.core.errors import RuleViolation
from sales.services.orders import kept_account_ids
from staff.roles import ROLE_NAMES

if TYPE_CHECKING:
    from staff.models import User


@dataclass(frozen=True, kw_only=True)
class OpeningLine:
    """One line as it stood before; without a first day it begins today."""

    account_number: str
    limit: Decimal
    terms_days: int
    valid_until: date
    rating: str = ""
    valid_from: date | None = None
    form: str = CreditForm.OPEN_ACCOUNT


@transaction.atomic
def import_opening_lines(
    rows: Sequence[OpeningLine], *, reason: str, approved_by: User
) -> list[CreditLine]:
    """Take over these lines, each for an account that never had one: all of them or none.

    Each is audited and stands on the timeline; orders of these accounts are decided again.
    Who granted them is an active person of finance, the credit committee or the general managers,
    and not the manager of one of the accounts; the database wants the same. Refused:
    reason_required, not_entitled, twice, unknown_account, own_account, has_line, invalid_terms.
    """
    if not reason.strip():
        raise RuleViolation("reason_required", _("Say why this is asked for."))
    _refuse_not_entitled(approved_by)
    numbers = [row.account_number for row in rows]
    if len(set(numbers)) < len(numbers):
        raise RuleViolation("twice", _("An account is there twice."))
    account_ids = kept_account_ids(set(numbers), actor=None)
    if unknown := sorted(set(numbers) - account_ids.keys()):
        raise RuleViolation("unknown_account", _("There is no account %s.") % ", ".join(unknown))
    CreditParty.objects.locked(set(account_ids.values()))
    _refuse_own(account_ids, approved_by)
    _refuse_known(account_ids)
    made = [_line(row, account_ids[row.account_number], reason, approved_by) for row in rows]
    for line in CreditLine.objects.bulk_create(made):
        lines.record_change(line, None, actor=approved_by)
    orders.redecide(set(account_ids.values()), cause=Decision.Cause.LINE, actor=approved_by)
    return made


def _refuse_not_entitled(approver: User) -> None:
    entitled = holders(GRANTORS).values()
    if not any(approver.pk in people for people in entitled):
        raise RuleViolation(
            "not_entitled",
            _("%(user)s may not grant credit. Name somebody active who is one of: %(roles)s.")
            % {
                "user": approver,
                "roles": ", ".join(str(ROLE_NAMES[role]) for role in GRANTORS),
            },
        )


def _refuse_own(account_ids: dict[str, int], approver: User) -> None:
    mine = Account.objects.filter(pk__in=account_ids.values(), manager=approver)
    if numbers := sorted(mine.values_list("account_number", flat=True)):
        message = _("%(user)s is the account manager of %(accounts)s: name another person.")
        values = {"user": approver, "accounts": ", ".join(numbers)}
        raise RuleViolation("own_account", message % values)


def _refuse_known(account_ids: dict[str, int]) -> None:
    lined = CreditLine.objects.filter(account__in=account_ids.values())
    known = set(lined.values_list("account_id", flat=True))
    if had := sorted(number for number, pk in account_ids.items() if pk in known):
        message = _("%s has a credit line already; apply for another one.") % ", ".join(had)
        raise RuleViolation("has_line", message)


def _line(row: OpeningLine, account_id: int, reason: str, approved_by: User) -> CreditLine:
    line = CreditLine(
        account_id=account_id,
        limit=row.limit,
        currency=settings.REPORTING_CURRENCY,
        terms_days=row.terms_days,
        form=row.form,
        valid_from=row.valid_from or timezone.localdate(),
        valid_until=row.valid_until,
        rating=row.rating,
        approved_by=approved_by,
        reason=reason.strip(),
    )
    try:
        line.full_clean(exclude=["account", "approved_by"], validate_unique=False)
    except ValidationError as error:
        raise RuleViolation(
            "invalid_terms", f"{row.account_number}: {' '.join(error.messages)}"
        ) from error
    return line
