"""What an overdue account starts (D17): a look at its rating, an investigation, a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Event
from credit import policies
from credit.models import Invoice, OverdueEpisode, OverdueMeasure, Policy, Rating
from credit.queries.overdue import Overdue, overdue
from credit.rules.supervision import OverduePolicy, overdue_measures
from credit.services import collections, measure_results, ratings
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

BATCH = 2000


@transaction.atomic
def start_due(as_of: date) -> int:
    """Start the measures of accounts that are overdue since lately; how many accounts.

    An account whose delay is over can start them again later. Each is rated anew, so that who
    reviews the rating has the figures. Safe to repeat. Source: docs/policies/credit.md 11.5.
    """
    policy: OverduePolicy = policies.in_force(Policy.Kind.SUPERVISION, as_of).rules.overdue
    owing = Invoice.objects.unpaid().order_by().values_list("account", flat=True).distinct()
    debts = overdue(list(owing), as_of)
    running = OverdueEpisode.objects.filter(ended_on=None).select_for_update(of=("self",))
    open_now = set(running.order_by("pk").values_list("account", flat=True))
    over = open_now - debts.keys()
    OverdueEpisode.objects.filter(account__in=over, ended_on=None).update(ended_on=as_of)
    due = [
        account_id
        for account_id, debt in sorted(debts.items())
        if account_id not in open_now and overdue_measures(debt.oldest_days, debt.amount, policy)
    ]
    _start(due, debts, as_of)
    return len(due)


def _start(account_ids: Sequence[int], debts: Mapping[int, Overdue], as_of: date) -> None:
    episodes = OverdueEpisode.objects.bulk_create(
        (
            OverdueEpisode(
                account_id=pk, began_on=as_of, amount=debts[pk].amount, days=debts[pk].oldest_days
            )
            for pk in account_ids
        ),
        batch_size=BATCH,
    )
    OverdueMeasure.objects.bulk_create(
        (
            OverdueMeasure(episode=episode, kind=kind)
            for episode in episodes
            for kind in OverdueMeasure.Kind.values
        ),
        batch_size=BATCH,
    )
    collections.open_cases(account_ids, on=as_of)
    ratings.rate(account_ids, as_of=as_of, actor=None, cause=Rating.Cause.OVERDUE)
    Event.objects.bulk_create(
        (
            Event(
                account_id=pk,
                kind="credit.overdue_measures_started",
                data={"amount": str(debts[pk].amount), "days": debts[pk].oldest_days},
            )
            for pk in account_ids
        ),
        batch_size=BATCH,
    )


@transaction.atomic
def finish(measure_id: int, *, result: str, actor: User) -> OverdueMeasure:
    """Note what came of a measure. Refused: finished, comment_required."""
    measure = OverdueMeasure.objects.select_for_update(of=("self",)).get(pk=measure_id)
    if measure.done_at is not None:
        raise RuleViolation("finished", _("Somebody has finished this measure already."))
    if not result.strip():
        raise RuleViolation("comment_required", _("Say what was found or done."))
    return measure_results.note(measure, result=result.strip(), actor=actor)
