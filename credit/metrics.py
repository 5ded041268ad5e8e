"""The figures of accounts that credit knows; registered when the app is ready.

The scorecard reads them, and tiering may. Source: docs/policies/credit.md sections 3.1 and 9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pandas as pd
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credit import policies
from credit.models import CreditParty, Investigation, Policy
from credit.queries import behaviour, dealing
from credit.queries.grades import grades
from credit.queries.reviews import review_standing_of
from credit.queries.worklist import broken_promises
from credit.rules import indicators
from credit.rules.grades import GRADES
from credit.rules.months import add_months, full_months
from credit.rules.supervision import ReviewState
from kam.core.metrics import DAYS, SHARE, Metric, register
from kam.core.money import display_share

type Figures = Mapping[int, Any]
type Read = Callable[[date, Sequence[int]], Figures]

MONTHS = 12  # of payments that count


def _experiences(
    as_of: date, account_ids: Sequence[int], work_out: Callable[[Any], Decimal | None]
) -> Figures:
    found = behaviour.experiences(account_ids, add_months(as_of, -MONTHS), as_of)
    return _known({pk: work_out(each) for pk, each in found.items()})


def _known(figures: Figures) -> Figures:
    return {pk: figure for pk, figure in figures.items() if figure is not None}


def _payment_index(as_of: date, account_ids: Sequence[int]) -> Figures:
    policy = policies.in_force(Policy.Kind.RECEIVABLES, as_of).rules.payment_index
    return _experiences(as_of, account_ids, lambda each: indicators.payment_index(each, policy))


def _punctuality(as_of: date, account_ids: Sequence[int]) -> Figures:
    return _experiences(as_of, account_ids, indicators.paid_on_time_share)


def _days_late(as_of: date, account_ids: Sequence[int]) -> Figures:
    return _experiences(as_of, account_ids, indicators.average_days_late)


def _days_overdue(as_of: date, account_ids: Sequence[int]) -> Figures:
    return {pk: owed.days for pk, owed in behaviour.owed(account_ids, as_of).items()}


def _overdue_share(as_of: date, account_ids: Sequence[int]) -> Figures:
    owed = behaviour.owed(account_ids, as_of)
    return {pk: display_share(each.overdue / each.amount) for pk, each in owed.items()}


def _receivables_share(as_of: date, account_ids: Sequence[int]) -> Figures:
    total = behaviour.company_receivables(as_of)
    if total <= 0:
        return {}
    owed = behaviour.owed(account_ids, as_of)
    return {pk: display_share(each.amount / total) for pk, each in owed.items()}


def _utilisation(as_of: date, account_ids: Sequence[int]) -> Figures:
    """Exposure as a share of the limit, of accounts whose line gives credit.

    The exposure is known of today only. Source: docs/policies/credit.md section 9.9.
    """
    if as_of != timezone.localdate():
        return {}
    lines = dealing.lines_in_force(account_ids, as_of)
    reviews = review_standing_of(account_ids, as_of)
    limits = {
        pk: line.limit_on(as_of)
        for pk, line in lines.items()
        if as_of <= line.valid_until and reviews[pk].state is not ReviewState.LAPSED
    }
    exposures = CreditParty.objects.filter(pk__in=limits).values_list("pk", "exposure")
    return {pk: display_share(each / limits[pk]) for pk, each in exposures if limits[pk]}


def _rating(as_of: date, account_ids: Sequence[int]) -> Figures:
    """8 for AAA down to 1 for D."""
    counting = grades(account_ids, as_of)
    return {pk: len(GRADES) - GRADES.index(grade) for pk, grade in counting.items()}


def _years(as_of: date, account_ids: Sequence[int]) -> Figures:
    since = dealing.dealing_since(account_ids, as_of)
    return {
        pk: (Decimal(full_months(day, as_of)) / 12).quantize(Decimal("0.01"))
        for pk, day in since.items()
    }


def _of_investigation(work_out: Callable[[Investigation], Decimal | None]) -> Read:
    def read(as_of: date, account_ids: Sequence[int]) -> Figures:
        found = dealing.latest_investigations(account_ids, as_of)
        return _known({pk: work_out(each) for pk, each in found.items()})

    return read


def _contingent_share(found: Investigation) -> Decimal | None:
    """A share of net assets only where these are above 0 (section 3.1)."""
    if found.contingent_debts is None or not found.net_assets or found.net_assets <= 0:
        return None
    return display_share(found.contingent_debts / found.net_assets)


def _terms_over_market(as_of: date, account_ids: Sequence[int]) -> Figures:
    """Days that our terms exceed those of competitors; negative where theirs are longer."""
    market = {
        pk: each.market_terms_days
        for pk, each in dealing.latest_investigations(account_ids, as_of).items()
        if each.market_terms_days is not None
    }
    lines = dealing.lines_in_force(list(market), as_of)
    return {pk: line.terms_days - market[pk] for pk, line in lines.items()}


def _metric(name: str, label: Any, unit: Any, better: Literal["high", "low"], read: Read) -> Metric:
    return Metric(
        name=name,
        label=label,
        unit=unit,
        better=better,
        values=lambda as_of, account_ids: pd.Series(read(as_of, account_ids), dtype=object),
    )


METRICS = [
    _metric("payment_index", _("Payment index"), _("points"), "high", _payment_index),
    _metric("payment_punctuality", _("Share paid on time"), SHARE, "high", _punctuality),
    _metric("average_days_late", _("Average days late"), DAYS, "low", _days_late),
    _metric("days_overdue", _("Days overdue"), DAYS, "low", _days_overdue),
    _metric("overdue_share", _("Share of receivables overdue"), SHARE, "low", _overdue_share),
    _metric("credit_utilisation", _("Use of the credit limit"), SHARE, "low", _utilisation),
    _metric("credit_rating", _("Credit rating, 8 for AAA to 1 for D"), "", "high", _rating),
    _metric(
        "receivables_share", _("Share of all our receivables"), SHARE, "low", _receivables_share
    ),
    _metric(
        "broken_promises",
        _("Broken promises to pay, 12 months"),
        _("promises"),
        "low",
        lambda as_of, account_ids: broken_promises(account_ids, as_of),
    ),
    _metric("years_of_dealing", _("Years of dealing"), _("years"), "high", _years),
    _metric(
        "net_assets",
        _("Net assets"),
        _("reporting currency"),
        "high",
        _of_investigation(lambda found: found.net_assets),
    ),
    _metric(
        "contingent_share",
        _("Guarantees and contingent debts / net assets"),
        SHARE,
        "low",
        _of_investigation(_contingent_share),
    ),
    _metric(
        "terms_over_market",
        _("Our terms beyond those of competitors"),
        DAYS,
        "low",
        _terms_over_market,
    ),
]


def register_all() -> None:
    """All metrics of this app; called when it is ready."""
    for metric in METRICS:
        register(metric)
