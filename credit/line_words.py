"""What the timeline and the audit trail say of lines, ratings and policies."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import timeline
from kam.core import audit_words
from kam.core.charts import money

ACTIONS: audit_words.Words = {
    "credit.terms_proposed": gettext_lazy("Credit terms applied for"),
    "credit.terms_revised": gettext_lazy("Credit application changed"),
    "credit.limit_changed": gettext_lazy("Credit line put in force"),
    "credit.group_changed": gettext_lazy("Credit group changed"),
    "credit.investigation_recorded": gettext_lazy("Credit investigation recorded"),
    "credit.table_exported": gettext_lazy("Credit Limit and Term Table exported"),
    "credit.policy_proposed": gettext_lazy("Credit policy proposed"),
    "credit.policy_approved": gettext_lazy("Credit policy approved"),
    "credit.policy_rejected": gettext_lazy("Credit policy not approved"),
}


def _limit_changed(data: Mapping[str, Any]) -> str:
    before, after = _amount(data.get("from")), _amount(data.get("to"))
    if before == after:
        said = _("Credit limit still %(to)s, %(days)s days, %(valid_from)s to %(valid_until)s")
    else:
        said = _("Credit limit %(from)s → %(to)s, %(days)s days, %(valid_from)s to %(valid_until)s")
    text = said % {
        "from": before,
        "to": after,
        "days": data.get("terms_days", ""),
        "valid_from": data.get("valid_from", ""),
        "valid_until": data.get("valid_until", ""),
    }
    if not data.get("extra_until"):
        return text
    more = _("%(extra)s more until %(day)s") % {
        "extra": _amount(data.get("extra")),
        "day": data["extra_until"],
    }
    return f"{text}; {more}"


def _amount(value: str | None) -> str:
    return money(Decimal(value)) if value else _("none")


def _rating_changed(data: Mapping[str, Any]) -> str:
    return _("Credit rating %(from)s → %(to)s") % {
        "from": data.get("from") or _("not rated"),
        "to": data.get("to") or _("not rateable"),
    }


def _investigated(data: Mapping[str, Any]) -> str:
    return _("Credit investigation: %(conclusion)s") % {"conclusion": data.get("conclusion", "")}


def register_own() -> None:
    """The words of this app; called when it is ready."""
    timeline.register("credit.limit_changed", icon="scale", say=_limit_changed)
    timeline.register("credit.rating_changed", icon="award", say=_rating_changed)
    timeline.register("credit.investigation_recorded", icon="search", say=_investigated)
    audit_words.register(ACTIONS)
