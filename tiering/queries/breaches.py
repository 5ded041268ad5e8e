"""How often the service standard was not kept 未达标: from the events that say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Event
from tiering.standard_words import TIERS

if TYPE_CHECKING:
    from staff.models import User

KINDS: dict[str, str | Promise] = {
    "visits.visit_overdue": _("Visits overdue"),
    "complaints.acknowledgement_missed": _("Complaints acknowledged too late"),
    "complaints.resolution_missed": _("Complaints resolved too late"),
}


@dataclass(frozen=True, kw_only=True)
class Breaches:
    """How often one promise was not kept, by tier."""

    label: str | Promise
    counts: tuple[int, ...]  # in the order of TIERS


def breaches(user: User, since: date, until: date) -> list[Breaches]:
    """What was not kept from `since` to `until`, both included, of the accounts the user sees."""
    rows = (
        Event.objects.visible_to(user)
        .filter(kind__in=KINDS, at__date__gte=since, at__date__lt=until + timedelta(days=1))
        .order_by()
        .values_list("kind", "data__tier")
        .annotate(number=Count("pk"))
    )
    found = {(kind, tier): number for kind, tier, number in rows}
    return [
        Breaches(label=label, counts=tuple(found.get((kind, tier), 0) for tier in TIERS))
        for kind, label in KINDS.items()
    ]
