"""Why an account has its tier, in the reader's language; the facts come from `tiering.rules`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.models import Tier
from kam.core import money
from tiering.rules import Fact

if TYPE_CHECKING:
    from tiering.queries.account_state import AccountState


def explain(facts: Iterable[Fact], state: AccountState) -> list[str]:
    """The facts as sentences, each with the figures, policy, designation or run behind it."""
    templates = _templates()
    return [templates[fact.code] % _values(fact, state) for fact in facts]


def _values(fact: Fact, state: AccountState) -> dict[str, Any]:
    threshold = fact.values.get("threshold")
    values = {name: _shown(name, value, threshold) for name, value in fact.values.items()}
    values |= {
        "version": state.policy.version,
        "effective_from": state.policy.effective_from.isoformat(),
        "as_of": state.as_of.isoformat(),
    }
    if state.run is not None:
        values["run"] = state.run.as_of.isoformat()
    if state.designation is not None:
        values |= {
            "reason": state.designation.reason,
            "approver": str(state.designation.decided_by),
            "expires_on": state.designation.expires_on.isoformat(),
        }
    return values


def _templates() -> dict[str, str]:
    return {
        "share_reached": _(
            "%(months)s-month net sales %(net_sales)s of %(company_net_sales)s = %(share)s %%, "
            "at or above %(threshold)s %%: %(tier)s; policy %(version)s of %(effective_from)s"
        ),
        "share_below": _(
            "%(months)s-month net sales %(net_sales)s of %(company_net_sales)s = %(share)s %%, "
            "below %(threshold)s %%: %(tier)s; policy %(version)s of %(effective_from)s"
        ),
        "no_company_sales": _(
            "The company has no positive net sales in the window, so every share is 0: "
            "%(tier)s; policy %(version)s of %(effective_from)s"
        ),
        "designation_lifts": _(
            "Designated %(tier)s for strategic significance: %(reason)s "
            "(approved by %(approver)s, until %(expires_on)s)"
        ),
        "ledger_changed": _(
            "The recompute of %(run)s recorded %(recorded)s; the figures that the ledger has now "
            "for %(as_of)s give %(tier)s"
        ),
    }


def _shown(name: str, value: Any, threshold: Decimal | None) -> Any:
    if name == "share":
        return share_percent(value, threshold)
    if name == "threshold":
        return plain_percent(value)
    if name in ("net_sales", "company_net_sales"):
        return f"{money.display(value):,}"
    if name in ("tier", "recorded"):
        return str(Tier(value).label).lower()
    return value


def plain_percent(share: Decimal) -> str:
    """A threshold as a percentage without needless zeros: "1", "2.5"."""
    text = f"{share * 100:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share_percent(share: Decimal, threshold: Decimal | None = None) -> str:
    """A share as a percentage with two decimals, or as many as show its side of the threshold.

    So 0.99999 % never reads as "1.00 %, below 1 %".
    """
    exact = share * 100
    for decimals in range(2, 12):
        shown = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
        if threshold is None or (shown >= threshold * 100) == (share >= threshold):
            break
    return f"{shown:f}"
