"""In words: why a visit stands on its day, and why one has no room. Kept as codes and figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from accounts.models import Tier
from visits.rules import Why

_WHY = {
    Why.IN_TIME: gettext_noop("Near the day on which it is due."),
    Why.OVERDUE: gettext_noop("Overdue, so as early as there is room."),
    Why.EARLY: gettext_noop("Earlier than needed: the days near the due day are full."),
    Why.LATE: gettext_noop("After the due day: all days before it are full."),
}


def frequency(every_days: int) -> str:
    """How often."""
    text = ngettext("every %(days)d day", "every %(days)d days", every_days)
    return text % {"days": every_days}


def why(stored: Mapping[str, Any]) -> str:
    """Why a visit of a plan or of a schedule stands on its day; "" for one planned by hand."""
    if stored.get("why") == "schedule":
        text = _("Maintenance %(frequency)s.")
        return text % {"frequency": frequency(int(stored.get("every_days", 0)))}
    if stored.get("why") not in _WHY:
        return ""
    return f"{standard(stored)} {_(_WHY[Why(stored['why'])])}"


def standard(stored: Mapping[str, Any]) -> str:
    """What the standard asks for: tier, frequency and due day."""
    tiers = dict(Tier.choices)
    return _("%(tier)s customer, %(frequency)s: due on %(day)s.") % {
        "tier": tiers.get(stored.get("tier", ""), ""),
        "frequency": frequency(int(stored.get("every_days", 0))),
        "day": stored.get("due_on", ""),
    }
