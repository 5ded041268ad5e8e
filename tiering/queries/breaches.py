"""How often the service standard was not kept 未达标: from the events that say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import BREACHES, Event, Tier
from tiering.standard_words import TIERS, by_tier

if TYPE_CHECKING:
    from staff.models import User

_LABELS = (
    _("Visits overdue"),
    _("Complaints acknowledged too late"),
    _("Complaints resolved too late"),
)
KINDS: dict[str, str | Promise] = dict(zip(BREACHES, _LABELS, strict=True))


@dataclass(frozen=True, kw_only=True)
class Breaches:
    """How often one promise was not kept, by tier."""

    label: str | Promise
    counts: tuple[int, ...]  # in the order of TIERS

    @property
    def by_tier(self) -> list[tuple[Tier, int]]:
        return by_tier(self.counts)


def breaches(user: User, since: date, until: date) -> list[Breaches]:
    """What was not kept from `since` to `until`, both included, of the accounts the user sees."""
    rows = (
        Event.objects.visible_to(user)
        .filter(
            kind__in=BREACHES, at__gte=_midnight(since), at__lt=_midnight(until + timedelta(days=1))
        )
        .order_by()
        .values_list("kind", "data__tier")
        .annotate(number=Count("pk"))
    )
    found = {(kind, tier): number for kind, tier, number in rows}
    return [
        Breaches(label=label, counts=tuple(found.get((kind, tier), 0) for tier in TIERS))
        for kind, label in KINDS.items()
    ]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
