"""What a currency is worth in the reporting currency, from a day on."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from kam.core import audit
from kam.core.errors import RuleViolation
from sales.models import ExchangeRate

if TYPE_CHECKING:
    from staff.models import User


def stored_rates() -> Callable[[str, date], Decimal | None]:
    """The rate of a currency on a day: the latest one that began by then."""

    @cache
    def all_rates() -> dict[str, list[ExchangeRate]]:
        rates = defaultdict(list)
        for rate in ExchangeRate.objects.order_by("valid_from"):
            rates[rate.currency].append(rate)
        return rates

    def rate_on(currency: str, day: date) -> Decimal | None:
        rates = all_rates().get(currency, [])
        place = bisect_right(rates, day, key=attrgetter("valid_from"))
        return rates[place - 1].rate if place else None

    return rate_on


@transaction.atomic
def set_exchange_rate(
    *, currency: str, valid_from: date, rate: Decimal, actor: User
) -> ExchangeRate:
    """Add the rate of a currency from a day on, or correct it; stored orders keep theirs."""
    if currency == settings.REPORTING_CURRENCY:
        message = _("%s is the reporting currency: it needs no rate.") % currency
        raise RuleViolation("reporting_currency", message)
    known, is_new = ExchangeRate.objects.select_for_update(of=("self",)).get_or_create(
        currency=currency, valid_from=valid_from, defaults={"rate": rate}
    )
    changes = {"rate": ["", str(rate)]} if is_new else audit.diff(known, {"rate": rate})
    if changes:
        known.rate = rate
        known.save(update_fields=["rate"])
        audit.record(known, "sales.exchange_rate_set", actor=actor, changes=changes)
    return known
