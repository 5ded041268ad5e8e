"""The archive of one account: made, changed, reviewed, given to a manager, put under a parent.

The audit entry is written before the row: all entries later than a row's `updated_at` are then of
changes that came after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import listeners, rules
from accounts.models import Account, field_labels
from accounts.services.timeline import record_event
from kam.core import audit
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry

if TYPE_CHECKING:
    from staff.models import User

_KEEP_LIVE = """
SELECT id FROM accounts_account WHERE id = ANY(%s) AND merged_into_id IS NULL
ORDER BY id FOR KEY SHARE
"""
_REVIEWED, _REVIEW_WITHDRAWN = "accounts.account_reviewed", "accounts.review_withdrawn"


@transaction.atomic
def create_account(
    *,
    account_number: str,
    name: str,
    actor: User,
    fields: Mapping[str, Any] | None = None,
    manager: User | None = None,
) -> Account:
    """Open an archive. Its review is due a half year from today; the number must be new."""
    today = timezone.localdate()
    account = Account(
        account_number=account_number,
        name=name,
        manager=manager,
        reviewed_on=today,
        review_due_on=rules.review_due_on(today),
        **(fields or {}),
    )
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        if "account_number" not in str(error):
            raise
        message = _("There is already an account %(number)s.") % {"number": account_number}
        raise RuleViolation("account_number_taken", message) from error
    audit.record(account, "accounts.account_created", actor=actor)
    record_event([account.pk], "accounts.account_created", actor=actor)
    return account


@transaction.atomic
def change_account(
    account_id: int,
    *,
    fields: Mapping[str, Any],
    expected: datetime,
    actor: User,
    reason: str = "",
    reviewed: bool = False,
) -> Account:
    """Set fields of an archive; what does not differ is not written.

    `expected` is the `updated_at` that the actor saw: who decided on old facts is refused, and
    told who changed what. An edit is no review unless `reviewed` says that it was one too.
    """
    account = live_locked(account_id)
    if account.updated_at != expected:
        raise RuleViolation("stale", _what_changed(account, expected))
    if changes := audit.diff(account, fields):
        audit.record(
            account, "accounts.account_changed", actor=actor, changes=changes, reason=reason
        )
        for name in changes:
            setattr(account, name, fields[name])
        account.save(update_fields=list(changes))
        record_event(
            [account.pk],
            "accounts.account_changed",
            actor=actor,
            data={"fields": list(changes), "reason": reason},
        )
    if reviewed:
        _review(account, actor=actor)
    return account


@transaction.atomic
def review_account(account_id: int, *, actor: User) -> Account:
    """Note that the archive was gone through today and is right; due again in half a year."""
    account = live_locked(account_id)
    _review(account, actor=actor)
    return account


@transaction.atomic
def withdraw_review(account_id: int, *, actor: User) -> Account:
    """The archive was not gone through after all, says who noted it: due again as before.

    Refused: not_yours (somebody else's review, or none, was the last one).
    """
    account = live_locked(account_id)
    reviews = AuditEntry.objects.filter(
        subject_type=Account._meta.label,
        subject_id=account.pk,
        action__in=[_REVIEWED, _REVIEW_WITHDRAWN],
    )
    last = reviews.order_by("-at", "-pk").first()
    if last is None or last.action != _REVIEWED or last.actor_id != actor.pk:
        raise RuleViolation("not_yours", _("This is taken back by who noted the review."))
    before = {
        name: None if old == "None" else date.fromisoformat(old)
        for name, (old, _new) in last.changes.items()
    }
    changes = audit.diff(account, before)
    audit.record(account, _REVIEW_WITHDRAWN, actor=actor, changes=changes)
    for name, day in before.items():
        setattr(account, name, day)
    account.save(update_fields=list(before))
    record_event([account.pk], _REVIEW_WITHDRAWN, actor=actor)
    return account


@transaction.atomic
def change_manager(
    account_id: int, *, manager: User | None, actor: User, reason: str = ""
) -> Account:
    """Make somebody the one responsible account manager, or nobody.

    What the former one was to do and does not see any more goes to the new one.
    """
    account = live_locked(account_id)
    if manager and (manager.is_service or not manager.is_active):
        message = _("%(user)s cannot be an account manager.") % {"user": manager}
        raise RuleViolation("not_a_manager", message)
    if changes := audit.diff(account, {"manager": manager}):
        audit.record(
            account, "accounts.manager_changed", actor=actor, changes=changes, reason=reason
        )
        account.manager = manager
        account.save(update_fields=["manager"])
        old, new = changes["manager"]
        data = {"from": old if old != "None" else "", "to": new if manager else ""}
        record_event(
            [account.pk], "accounts.manager_changed", actor=actor, data={**data, "reason": reason}
        )
        listeners.hands_changed([account.pk], actor, reason)
    return account


@transaction.atomic
def set_parent(account_id: int, *, parent: Account | None, actor: User) -> Account:
    """Put an account under its parent company, or on its own. Nothing comes to stand under itself.

    One change of the hierarchy at a time: two changes that each are fine may close a circle
    together. A trigger refuses the same, whoever writes.
    """
    _lock_hierarchy()
    account = live_locked(account_id)
    if parent and not kept_live([parent.pk]):
        raise _merged()
    if parent and account.pk in Account.objects.group_line(parent.pk):
        message = _("%(parent)s belongs to %(account)s: that would be a circle.") % {
            "parent": parent,
            "account": account,
        }
        raise RuleViolation("parent_cycle", message)
    if changes := audit.diff(account, {"parent": parent}):
        audit.record(account, "accounts.parent_changed", actor=actor, changes=changes)
        account.parent = parent
        account.save(update_fields=["parent"])
        data = {"parent": str(parent) if parent else ""}
        record_event([account.pk], "accounts.parent_changed", actor=actor, data=data)
    return account


def live_locked(account_id: int) -> Account:
    """The account, locked; RuleViolation `merged` for one that a merge put into another one.

    Whoever adds something to an archive begins here: what a merge waits for, moves with it, and
    what waits for a merge is refused.
    """
    account = _locked(account_id)
    if account.merged_into_id:
        raise _merged()
    return account


def survivor_locked(account_id: int) -> Account:
    """The account, locked, or the one that took its place: for what is as true of that one."""
    account = _locked(account_id)
    while account.merged_into_id:
        account = _locked(account.merged_into_id)
    return account


def kept_live(account_ids: Iterable[int | None]) -> set[int]:
    """Those of these accounts that were not merged away; none of them will be in this transaction.

    Whoever writes rows of many accounts begins here, and so does whoever locks a row of one: a
    merge locks the accounts first, and two who lock in another sequence wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_LIVE, [sorted({pk for pk in account_ids if pk is not None})])
        return {pk for (pk,) in cursor.fetchall()}


def kept_row[M: Model](rows: QuerySet[M], pk: int, *, no_key: bool = False) -> M:
    """A row of an account, locked once the account is kept as in `kept_live`.

    Who waited for a merge gets the row with the survivor, which is not kept. rows: of a model with
    `account`. no_key: rows that refer to it may be added meanwhile.
    """
    kept_live(rows.filter(pk=pk).values_list("account", flat=True))
    return rows.select_for_update(of=("self",), no_key=no_key).get(pk=pk)


def _merged() -> RuleViolation:
    return RuleViolation("merged", _("This archive was merged into another one."))


def _locked(account_id: int) -> Account:
    return Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account_id)


def _lock_hierarchy() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.parent'))")


def _review(account: Account, *, actor: User) -> None:
    today = timezone.localdate()
    dates = {"reviewed_on": today, "review_due_on": rules.review_due_on(today)}
    if changes := audit.diff(account, dates):
        audit.record(account, _REVIEWED, actor=actor, changes=changes)
        account.reviewed_on, account.review_due_on = dates.values()
        account.save(update_fields=list(dates))
        record_event([account.pk], _REVIEWED, actor=actor)


def _what_changed(account: Account, seen: datetime) -> str:
    """Who changed which fields of the account since it was seen, for people."""
    entries = AuditEntry.objects.filter(
        subject_type=Account._meta.label, subject_id=account.pk, at__gt=seen
    ).select_related("actor")
    told = [
        _("%(actor)s changed %(fields)s at %(at)s.")
        % {
            "actor": entry.actor or _("The system"),
            "fields": ", ".join(field_labels(entry.changes)) or _("the archive"),
            "at": date_format(timezone.localtime(entry.at), "H:i"),
        }
        for entry in entries.order_by("at")
    ]
    return " ".join(
        [
            _("This archive was changed while you had it open."),
            *told,
            _("Nothing of yours was saved; look at the archive and enter it again."),
        ]
    )
