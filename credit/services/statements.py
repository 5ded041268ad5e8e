"""Statements of account 对账单: recorded as sent, and as confirmed or disputed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.services import kept_row, live_locked
from accounts.services.attachments import add_attachment
from accounts.services.timeline import record_event
from credit.models import Statement
from credit.queries.statement import balance_on
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def send_statement(
    account: Account, *, since: date, until: date, sent_on: date, sent_to: str, actor: User
) -> Statement:
    """Record that a statement of a period was sent, with its balance as of now.

    RuleViolation: `merged`, `period_descends`, `in_the_future`.
    """
    account = live_locked(account.pk)
    if until < since:
        raise RuleViolation("period_descends", _("The last day is before the first one."))
    if max(until, sent_on) > timezone.localdate():
        raise RuleViolation("in_the_future", _("A statement is of days that are over."))
    statement = Statement.objects.create(
        account=account,
        since=since,
        until=until,
        balance=balance_on(account.pk, until),
        sent_on=sent_on,
        sent_to=sent_to,
        sent_by=actor,
    )
    # Not to whom: the timeline is read by people who may not see contacts.
    changes = {"until": str(until), "balance": str(statement.balance)}
    audit.record(statement, "credit.statement_sent", actor=actor, changes=changes)
    record_event([account.pk], "credit.statement_sent", actor=actor, data=changes)
    return statement


@transaction.atomic
def answer_statement(
    statement: Statement,
    *,
    outcome: str,
    answered_on: date,
    answered_by: str,
    note: str = "",
    upload: UploadedFile | None = None,
    actor: User,
) -> Statement:
    """Record what the customer said; a confirmation lets the limitation begin anew.

    RuleViolation: `answered_already`, `before_sent`, `in_the_future`, and those of a bad file.
    """
    statement = kept_row(Statement.objects.all(), statement.pk)
    if statement.outcome != Statement.Outcome.SENT:
        raise RuleViolation("answered_already", _("This statement has been answered already."))
    if answered_on < statement.sent_on:
        raise RuleViolation("before_sent", _("The answer cannot be older than the statement."))
    if answered_on > timezone.localdate():
        raise RuleViolation("in_the_future", _("This day has not come yet."))
    if upload:
        description = _("Answer to the statement of account of %s") % statement.until
        statement.attachment = add_attachment(
            statement.account_id, upload=upload, actor=actor, description=description
        )
    statement.outcome, statement.answered_on = Statement.Outcome(outcome), answered_on
    statement.answered_by, statement.note = answered_by, note
    statement.save(update_fields=["outcome", "answered_on", "answered_by", "note", "attachment"])
    changes = {"until": str(statement.until), "by": answered_by, "on": str(answered_on)}
    kind = f"credit.statement_{statement.outcome}"
    audit.record(statement, kind, actor=actor, changes=changes, reason=note)
    record_event([statement.account_id], kind, actor=actor, data=changes)
    return statement
