"""Accounts that may be one customer: the same name, social credit code or phone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Count, Q

from accounts import rules
from accounts.models import Account, AccountQuerySet, DuplicateDismissal
from kam.core import audit
from staff.models import User

REASONS = {"name": "name_key", "credit_code": "credit_code", "phone": "phone_key"}
_SIMILAR_SHOWN = 20
_SIMILAR_NAMED = 3  # of each row of an import


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts that share something: their ids, ascending, and what they share."""

    ids: tuple[int, ...]
    reasons: tuple[str, ...]


def find_similar(
    name: str, credit_code: str = "", phone: str = "", *, exclude: int | None = None
) -> list[tuple[Account, list[str]]]:
    """Accounts that may be this customer already, each with what is the same (see REASONS).

    Compared are the name without legal form, brackets and width, the credit code and the digits
    of the phone. All accounts are looked at: the caller decides what of them may be shown.
    """
    found: dict[int, list[str]] = {}
    for reason, key in zip(REASONS, _keys(name, credit_code, phone), strict=True):
        if key:
            same = Account.objects.live().filter(**{REASONS[reason]: key})
            if exclude:
                same = same.exclude(pk=exclude)
            for pk in same.order_by("pk").values_list("pk", flat=True)[:_SIMILAR_SHOWN]:
                found.setdefault(pk, []).append(reason)
    accounts = Account.objects.select_related("manager").in_bulk(found)
    return [(accounts[pk], reasons) for pk, reasons in found.items() if pk in accounts]


def find_similar_many(rows: Sequence[Mapping[str, object]]) -> list[list[tuple[int, list[str]]]]:
    """Of each new archive the ids of `find_similar` with the reasons, `_SIMILAR_NAMED` at most.

    One query for each of REASONS, whatever the number.
    """
    found: list[dict[int, list[str]]] = [{} for _row in rows]
    compared = ("name", "credit_code", "phone")
    entered = [[str(row.get(name) or "") for name in compared] for row in rows]
    keys = [dict(zip(REASONS, _keys(*texts), strict=True)) for texts in entered]
    for reason, column in REASONS.items():
        wanted = {row[reason] for row in keys if row[reason]}
        same: dict[str, list[int]] = {}
        if wanted:
            alike = Account.objects.live().filter(**{f"{column}__in": wanted}).order_by("pk")
            for key, pk in alike.values_list(column, "pk"):
                same.setdefault(key, []).append(pk)
        for row, of_row in zip(keys, found, strict=True):
            for pk in same.get(row[reason], [])[:_SIMILAR_NAMED]:
                of_row.setdefault(pk, []).append(reason)
    return [list(of_row.items())[:_SIMILAR_NAMED] for of_row in found]


def _keys(name: str, credit_code: str, phone: str) -> tuple[str, str, str]:
    """What is compared, in the order of REASONS."""
    return rules.name_key(name)[:200], rules.credit_code(credit_code), rules.phone_key(phone)


def groups(accounts: AccountQuerySet) -> list[Group]:
    """All groups of look-alikes among these accounts, without those called different by hand.

    Groups that share most come first. One query for each of REASONS, whatever the number.
    """
    reasons: dict[tuple[int, ...], list[str]] = {}
    for reason, column in REASONS.items():
        same = (
            accounts.live()
            .exclude(**{column: ""})
            .order_by()
            .values(column)
            .annotate(number=Count("pk"), ids=ArrayAgg("pk", order_by="pk"))
            .filter(number__gt=1)
        )
        for ids in same.values_list("ids", flat=True):
            reasons.setdefault(tuple(ids), []).append(reason)
    different = set(DuplicateDismissal.objects.values_list("first", "second"))
    found = [
        Group(ids, tuple(why))
        for ids, why in reasons.items()
        if any(pair not in different for pair in combinations(ids, 2))
    ]
    return sorted(found, key=lambda group: (-len(group.reasons), group.ids))


def shared(one: Account, other: Account) -> list[str]:
    """What these two have in common, as in REASONS."""
    return [
        reason
        for reason, column in REASONS.items()
        if getattr(one, column) and getattr(one, column) == getattr(other, column)
    ]


@transaction.atomic
def dismiss(ids: Iterable[int], *, actor: User) -> None:
    """Note that these accounts, though alike, are different customers each."""
    accounts = list(Account.objects.filter(pk__in=list(ids)).order_by("pk"))
    for first, second in combinations(accounts, 2):
        _pair, is_new = DuplicateDismissal.objects.get_or_create(
            first=first, second=second, defaults={"dismissed_by": actor}
        )
        if is_new:
            changes = {"not_the_same_as": str(second)}
            audit.record(first, "accounts.duplicate_dismissed", actor=actor, changes=changes)


def carry_dismissals(from_id: int, to_id: int) -> list[int]:
    """Call one account different from all that another was called different from: the new ids.

    Part of a merge, in its transaction.
    """
    dismissals = DuplicateDismissal.objects
    of_the_other = dismissals.filter(Q(first=from_id) | Q(second=from_id)).order_by("pk")
    pairs = {
        (min(to_id, other), max(to_id, other)): dismissal.dismissed_by_id
        for dismissal in of_the_other
        for other in [dismissal.first_id, dismissal.second_id]
        if other not in (from_id, to_id)
    }
    known = dismissals.filter(Q(first=to_id) | Q(second=to_id))
    for pair in known.values_list("first", "second"):
        pairs.pop(pair, None)
    made = [
        DuplicateDismissal(first_id=first, second_id=second, dismissed_by_id=by)
        for (first, second), by in pairs.items()
    ]
    return [dismissal.pk for dismissal in dismissals.bulk_create(made)]
