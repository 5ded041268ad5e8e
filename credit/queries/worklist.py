"""The worklist of collections 催收清单: who comes first, and what is to be done next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Max

from accounts.models import Account
from credit import policies
from credit.models import (
    CollectionAction,
    CollectionCase,
    Invoice,
    PaymentPromise,
    Policy,
)
from credit.queries.grades import grades
from credit.queries.overdue import overdue, past_due
from credit.rules.collections import Case, DunningPolicy, Ranked, worklist
from credit.rules.months import add_months

if TYPE_CHECKING:
    from staff.models import User

MONTHS = 12  # of broken promises that count


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """The step to take: since `on` when it is due, from `on` when it is still to come."""

    action: str
    on: date
    is_due: bool

    @property
    def label(self) -> str:
        return str(CollectionAction.Kind(self.action).label)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One overdue account of the worklist, with all that its row shows."""

    account: Account
    ranked: Ranked
    disputed: Decimal
    case: CollectionCase | None
    step: NextStep | None
    last: CollectionAction | None
    promise: PaymentPromise | None
    today: date

    @property
    def is_waiting(self) -> bool:
        """Put off, by hand or by a promise."""
        until = self.case.snoozed_until if self.case else None
        return until is not None and until > self.today

    def is_of(self, user: User) -> bool:
        return user.pk in (self.account.manager_id, self.case.owner_id if self.case else None)


def items(user: User, on: date, *, account_id: int | None = None) -> list[Item]:
    """All overdue accounts this user may see, or this one, the most urgent first.

    Eleven queries, however many accounts there are.
    """
    if not user.has_perm("credit.view_creditparty"):
        return []
    owing = Invoice.objects.unpaid().order_by().values("account")
    found = Account.objects.visible_to(user).filter(pk__in=owing)
    if account_id is not None:
        found = found.filter(pk=account_id)
    accounts = found.select_related("manager", "region").in_bulk()
    debts = overdue(accounts, on)
    accounts = {pk: account for pk, account in accounts.items() if pk in debts}
    if not accounts:
        return []
    rules = policies.in_force(Policy.Kind.COLLECTIONS, on).rules
    whole, broken = past_due(accounts, on), broken_promises(accounts, on)
    graded = grades(accounts, on)
    ranked = worklist(
        (
            Case(
                account_number=account.account_number,
                overdue_amount=debts[pk].amount,
                max_overdue_days=debts[pk].oldest_days,
                broken_promises=broken.get(pk, 0),
                grade=graded.get(pk),
            )
            for pk, account in accounts.items()
        ),
        rules.worklist,
    )
    by_number = {account.account_number: account for account in accounts.values()}
    cases = _cases(accounts)
    done, last = _actions([case.pk for case in cases.values()])
    promises = _open_promises(accounts)
    result = []
    for each in ranked:
        account = by_number[each.case.account_number]
        case = cases.get(account.pk)
        kinds = done.get(case.pk, ()) if case else ()
        result.append(
            Item(
                account=account,
                ranked=each,
                disputed=whole[account.pk].amount - each.case.overdue_amount,
                case=case,
                step=next_step(rules.dunning, each.case.max_overdue_days, kinds, on),
                last=last.get(case.pk) if case else None,
                promise=promises.get(account.pk),
                today=on,
            )
        )
    return result


def next_step(policy: DunningPolicy, days: int, done: Collection[str], on: date) -> NextStep | None:
    """What the days overdue ask for; without anything to do now, the step that comes next."""
    known = {step.action for step in policy.steps}
    due = policy.due(days, known.intersection(done))
    if due is not None:
        return NextStep(action=due.action, on=on - timedelta(days=days - due.day), is_due=True)
    coming = next((step for step in policy.steps if step.day > days), None)
    if coming is None:
        return None
    day = on + timedelta(days=coming.day - days)
    return NextStep(action=coming.action, on=day, is_due=False)


def broken_promises(account_ids: Collection[int], on: date) -> dict[int, int]:
    """How many promises of the last twelve months were broken, by account."""
    rows = PaymentPromise.objects.filter(
        case__account__in=account_ids,
        status=PaymentPromise.Status.BROKEN,
        pay_by__gt=add_months(on, -MONTHS),
        pay_by__lte=on,
    )
    counted = rows.order_by().values_list("case__account").annotate(number=Count("pk"))
    return dict(counted)


def _cases(account_ids: Collection[int]) -> dict[int, CollectionCase]:
    rows = CollectionCase.objects.open().filter(account__in=account_ids)
    return {case.account_id: case for case in rows.select_related("owner")}


def _actions(
    ids: Collection[int],
) -> tuple[Mapping[int, set[str]], dict[int, CollectionAction]]:
    """The kinds of steps taken, and the last step, by case."""
    done: dict[int, set[str]] = defaultdict(set)
    rows = CollectionAction.objects.filter(case__in=ids).order_by()
    latest = []
    for case_id, kind, pk in rows.values_list("case_id", "kind").annotate(last=Max("pk")):
        done[case_id].add(kind)
        latest.append(pk)
    last: dict[int, CollectionAction] = {}
    for action in CollectionAction.objects.filter(pk__in=latest).order_by("done_on", "pk"):
        last[action.case_id] = action
    return done, last


def _open_promises(account_ids: Collection[int]) -> dict[int, PaymentPromise]:
    """The open promise of each account that is due first."""
    rows = PaymentPromise.objects.filter(
        case__account__in=account_ids, status=PaymentPromise.Status.OPEN
    ).select_related("case")
    return {each.case.account_id: each for each in rows.order_by("-pay_by", "-pk")}
