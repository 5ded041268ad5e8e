"""Two archives that turn out to be one customer: put together, and taken apart again.

What moves is found by asking the models, so that apps above this one need not be known here: a
model whose rows belong to the account as it was (history, past tiers) says
`moves_on_merge = False`.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pghistory.models
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import listeners
from accounts.fields import FIELDS
from accounts.models import Account, AccountMerge, Contact, DuplicateDismissal, Stage
from accounts.services import duplicates
from accounts.services.timeline import record_event
from accounts.services.upsert import lock_parents
from kam.core import audit
from kam.core.errors import RuleViolation
from staff.models import User

# A survivor keeps its number and its name unless told otherwise, and takes all that it lacks.
MERGEABLE = [name for name in FIELDS if name != "account_number"]


@transaction.atomic
def merge_accounts(
    survivor: Account,
    absorbed: Account,
    *,
    actor: User,
    fields_from: Collection[str] = (),
    reason: str = "",
) -> AccountMerge:
    """Let `survivor` take the place of `absorbed`: all that refers to it, and what it knows more.

    Empty fields of the survivor are filled; those named in `fields_from` are taken over. The
    absorbed archive stays as it was, leads to the survivor and can be restored by `undo_merge`.
    Rows that the survivor has already (a unique constraint says so) stay with the absorbed one.
    Raises RuleViolation: `same_account`, `merged` (one of them is no longer there).
    """
    if survivor.pk == absorbed.pk:
        raise RuleViolation("same_account", _("Choose two different accounts."))
    lock_parents()
    survivor, absorbed = _locked(survivor.pk, absorbed.pk)
    for account in (survivor, absorbed):
        if account.merged_into_id:
            message = _("%(account)s has been merged already.") % {"account": account}
            raise RuleViolation("merged", message)

    filled = _fill(survivor, absorbed, fields_from)
    demoted = _demote(survivor.pk, absorbed.pk)
    moved, left = _move_all(absorbed.pk, survivor.pk)
    absorbed.merged_into = survivor
    absorbed.save(update_fields=["merged_into"])
    merge = AccountMerge.objects.create(
        survivor=survivor,
        absorbed=absorbed,
        merged_by=actor,
        reason=reason,
        moved=moved,
        left=left,
        filled=filled,
        demoted=demoted,
        dismissals=duplicates.carry_dismissals(absorbed.pk, survivor.pk),
    )
    _tell(merge, "accounts.account_merged", actor=actor, reason=reason)
    listeners.hands_changed([survivor.pk], actor, reason)
    return merge


@transaction.atomic
def undo_merge(merge_id: int, *, actor: User, reason: str = "") -> AccountMerge:
    """Give back what a merge moved and filled; what came later stays with the survivor.

    The latest merge goes first. Raises RuleViolation: `already_undone`, `later_merge`,
    `changed_since` (something that came later stands in the way).
    """
    lock_parents()
    merge = AccountMerge.objects.select_for_update(of=("self",)).get(pk=merge_id)
    survivor, absorbed = _locked(merge.survivor_id, merge.absorbed_id)
    if merge.undone_at:
        raise RuleViolation("already_undone", _("This merge has been undone already."))
    if later := merge.undo_first():
        message = _("Undo the later merge of %(absorbed)s into %(survivor)s first.") % {
            "absorbed": later.absorbed,
            "survivor": later.survivor,
        }
        raise RuleViolation("later_merge", message)
    absorbed.merged_into = None
    absorbed.save(update_fields=["merged_into"])
    try:
        with transaction.atomic():
            _move_back(merge)
            _empty(survivor, merge.filled)
            _promote(merge)
            DuplicateDismissal.objects.filter(pk__in=merge.dismissals).delete()
    except (_InTheWayError, IntegrityError) as error:
        name = error.name if isinstance(error, _InTheWayError) else PARENT
        raise RuleViolation("changed_since", _in_the_way(name)) from error
    merge.undone_at, merge.undone_by = timezone.now(), actor
    merge.save(update_fields=["undone_at", "undone_by"])
    _tell(merge, "accounts.merge_undone", actor=actor, reason=reason)
    listeners.hands_changed([survivor.pk, absorbed.pk], actor, reason)
    return merge


def _locked(first: int, second: int) -> tuple[Account, Account]:
    """Both accounts, locked by ascending id, in the order asked for.

    FOR UPDATE, not the weaker NO KEY: rows that are just being added to either have to wait.
    """
    accounts = Account.objects.select_for_update(of=("self",)).order_by("pk")
    found = {account.pk: account for account in accounts.filter(pk__in=[first, second])}
    return found[first], found[second]


def _tell(merge: AccountMerge, kind: str, *, actor: User, reason: str) -> None:
    names = {"survivor": str(merge.survivor), "absorbed": str(merge.absorbed)}
    for account in (merge.survivor, merge.absorbed):
        audit.record(
            account, kind, actor=actor, reason=reason, changes={**names, "merge": merge.pk}
        )
    record_event(
        [merge.survivor_id, merge.absorbed_id], kind, actor=actor, data={**names, "merge": merge.pk}
    )


# --- the fields of the survivor


def conflicts(survivor: Account, absorbed: Account) -> list[str]:
    """The fields in which both have something, and not the same."""
    return [
        name
        for name in MERGEABLE
        if _raw(survivor, name)
        and _raw(absorbed, name)
        and _raw(survivor, name) != _raw(absorbed, name)
    ]


def _fill(
    survivor: Account, absorbed: Account, fields_from: Collection[str]
) -> dict[str, list[Any]]:
    """Take over fields; `{field: [before, after]}` as JSON holds them."""
    taken = {
        name: _raw(absorbed, name)
        for name in MERGEABLE
        if _raw(absorbed, name) and (name in fields_from or not _raw(survivor, name))
    }
    if absorbed.stage == Stage.CUSTOMER:  # whoever buys is no prospect, and was not given up
        taken["stage"] = absorbed.stage
    above = Account.objects.group_line(survivor.pk)
    if absorbed.pk in above:  # its subsidiaries come to stand under the survivor
        taken["parent"] = absorbed.parent_id
    elif taken.get("parent") and survivor.pk in Account.objects.group_line(taken["parent"]):
        del taken["parent"]
    filled = {
        name: [_plain(_raw(survivor, name)), _plain(value)]
        for name, value in taken.items()
        if value != _raw(survivor, name)
    }
    _set(survivor, {name: taken[name] for name in filled})
    return filled


def _empty(survivor: Account, filled: dict[str, list[Any]]) -> None:
    """Put back what stood there before, where nobody has changed it since."""
    _set(
        survivor,
        {
            name: before
            for name, (before, after) in filled.items()
            if _plain(_raw(survivor, name)) == after
        },
    )


def _raw(account: Account, name: str) -> Any:
    return getattr(account, Account._meta.get_field(name).attname)  # type: ignore[union-attr]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else value.isoformat()


def _set(account: Account, values: dict[str, Any]) -> None:
    if values:
        for name, value in values.items():
            field = Account._meta.get_field(name)
            setattr(account, field.attname, field.to_python(value))  # type: ignore[union-attr]
        account.save(update_fields=list(values))
        account.refresh_from_db()


# --- the main contact: one at most


def _demote(survivor_id: int, absorbed_id: int) -> list[int]:
    """Leave one main contact to the two: the survivor's, or the absorbed one's where it has none.

    The ids of those that are main ones no more. Both accounts are locked.
    """
    main = Contact.objects.filter(account__in=[survivor_id, absorbed_id], is_primary=True)
    found = list(main.select_for_update(of=("self",)).order_by("pk"))
    found.sort(key=lambda contact: (contact.account_id != survivor_id, contact.has_left))
    demoted = [contact.pk for contact in found[1:]]
    Contact.objects.filter(pk__in=demoted).update(is_primary=False, updated_at=timezone.now())
    return sorted(demoted)


def _promote(merge: AccountMerge) -> None:
    """Make main contacts again of those who were, where nobody else has become it since."""
    accounts = [merge.survivor_id, merge.absorbed_id]
    main = Contact.objects.filter(account__in=accounts, is_primary=True)
    taken = set(main.exclude(pk__in=merge.demoted).values_list("account", flat=True))
    contacts = Contact.objects.filter(pk__in=merge.demoted, account__in=accounts, is_primary=False)
    contacts.exclude(account__in=taken).update(is_primary=True, updated_at=timezone.now())


# --- the rows that refer to the absorbed account


def _references() -> Iterator[tuple[str, type[models.Model], str]]:
    """Every column that refers to accounts and moves: ("sales.Order.account", model, field)."""
    for relation in Account._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ForeignObjectRel) or relation.many_to_many:
            continue
        model, field = relation.related_model, relation.field
        stays = issubclass(model, pghistory.models.Event) or not getattr(
            model, "moves_on_merge", True
        )
        if not stays and field.name != "merged_into":
            yield f"{model._meta.label}.{field.name}", model, field.name


def _move_all(from_id: int, to_id: int) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Move what refers to an account; the ids of what moved, and of what could not."""
    moved, left = {}, {}
    for label, model, field in _references():
        rows = model._base_manager.filter(**{field: from_id}).order_by("pk")
        if pks := list(rows.values_list("pk", flat=True)):
            moved[label] = _move(model, field, pks, from_id=from_id, to_id=to_id)
            left[label] = sorted(set(pks) - set(moved[label]))
    return (
        {label: pks for label, pks in moved.items() if pks},
        {label: pks for label, pks in left.items() if pks},
    )


def _move(
    model: type[models.Model], field: str, pks: Sequence[int], *, from_id: int, to_id: int
) -> list[int]:
    """Point these rows to another account; those that a unique constraint refuses stay.

    Halves what is refused until the row is found: clashes are few, and rows may be many.
    """
    values: dict[str, Any] = {field: to_id}
    if any(column.name == "updated_at" for column in model._meta.concrete_fields):
        values["updated_at"] = timezone.now()  # mirrors must learn of it
    try:
        with transaction.atomic():
            model._base_manager.filter(pk__in=pks, **{field: from_id}).update(**values)
    except IntegrityError:
        if len(pks) == 1:
            return []
        half = len(pks) // 2
        return [
            pk
            for part in (pks[:half], pks[half:])
            for pk in _move(model, field, part, from_id=from_id, to_id=to_id)
        ]
    return list(pks)


def _move_back(merge: AccountMerge) -> None:
    for label, model, field in _references():
        pks = merge.moved.get(label, [])
        came = _move(model, field, pks, from_id=merge.survivor_id, to_id=merge.absorbed_id)
        if len(came) < len(pks):
            raise _InTheWayError(label)


class _InTheWayError(Exception):
    """Rows cannot go back; `name` says which, as in `AccountMerge.moved`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


PARENT = "accounts.Account.parent"


def _in_the_way(name: str) -> str:
    if name == PARENT:
        return _(
            "Parent companies were changed after the merge: taken apart, a company would be its own"
            " parent. Change the parent companies back first."
        )
    message = _(
        "%(what)s: something entered after the merge is where they would go back to. Remove it"
        " there first."
    )
    return message % {"what": called(name)}


def called(name: str) -> str:
    """What refers to an account, in words: of "accounts.Contact.account" the contacts."""
    label, field = name.rsplit(".", 1)
    options = apps.get_model(label)._meta
    words = str(options.verbose_name_plural)
    return words if field == "account" else f"{words} · {options.get_field(field).verbose_name}"
