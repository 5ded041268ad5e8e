"""The definitions of the contract once more, in plain Python over lists: slow and obvious.

Nothing of the product is imported, so that both would have to be wrong in the same way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

SEGMENTS = {  # R, F, M high
    (True, True, True): "important_value",
    (True, False, True): "important_develop",
    (False, True, True): "important_keep",
    (False, False, True): "important_retain",
    (True, True, False): "general_value",
    (True, False, False): "general_develop",
    (False, True, False): "general_keep",
    (False, False, False): "general_retain",
}


@dataclass(frozen=True)
class Sale:
    """One order as the oracle sees it; `amount` has 4 decimals, `account` is None for a walk-in."""

    account: str | None
    on: date
    amount: Decimal
    cancelled: bool = False


def year_before(day: date) -> date:
    """The same day a year earlier; of 29 February, the 28th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def window(as_of: date) -> tuple[date, date]:
    """First and last day of the twelve months that end with `as_of`."""
    return year_before(as_of) + timedelta(days=1), as_of


def money(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.01"), ROUND_HALF_EVEN))


def exact_share(part: Decimal, whole: Decimal) -> Fraction:
    return Fraction(part) / Fraction(whole) if whole > 0 else Fraction(0)


def share_text(share: Fraction) -> str:
    """Six decimals, half even: what Python's round() of a fraction does."""
    return f"{Decimal(round(share * 10**6)) / 10**6:.6f}"


def tier(share: Fraction) -> str:
    if share >= Fraction(5, 100):
        return "strategic"
    return "key" if share >= Fraction(1, 100) else "ordinary"


def scores(values: Mapping[str, Any]) -> dict[str, int]:
    """Score of each account by one measure, of which more is better."""
    n = len(values)
    if n == 1:
        return dict.fromkeys(values, 5)
    ranks = {k: 1 + sum(other < value for other in values.values()) for k, value in values.items()}
    return {k: min(5, 5 * (rank - 1) // (n - 1) + 1) for k, rank in ranks.items()}


def abc_classes(net_sales: Mapping[str, Decimal]) -> dict[str, str]:
    total = sum((net for net in net_sales.values() if net > 0), Decimal(0))
    classes, before = {}, Decimal(0)
    for number in sorted(net_sales, key=lambda n: -net_sales[n]):
        net = net_sales[number]
        if net <= 0:
            classes[number] = "C"
        elif before < total * Decimal("0.80"):
            classes[number] = "A"
        else:
            classes[number] = "B" if before < total * Decimal("0.95") else "C"
        before += net
    return classes


def results(
    accounts: Iterable[str], sales: Iterable[Sale], as_of: date
) -> tuple[Decimal, dict[str, dict[str, Any]]]:
    """The company's net sales and the row of every account, as the contract's JSON has it."""
    first, last = window(as_of)
    counted = [s for s in sales if first <= s.on <= last and not s.cancelled]
    company = sum((s.amount for s in counted), Decimal(0))
    own = {number: [s for s in counted if s.account == number] for number in accounts}
    net = {number: sum((s.amount for s in rows), Decimal(0)) for number, rows in own.items()}
    bought = {n: [s for s in rows if s.amount > 0] for n, rows in own.items()}
    bought = {n: rows for n, rows in bought.items() if rows}
    recency = {n: (as_of - max(s.on for s in rows)).days for n, rows in bought.items()}
    frequency = {n: len(rows) for n, rows in bought.items()}
    r = scores({n: -days for n, days in recency.items()})
    f = scores(frequency)
    m = scores({n: net[n] for n in bought})
    abc = abc_classes(net)
    return company, {
        n: {
            "account_number": n,
            "tier": tier(exact_share(net[n], company)),
            "share": share_text(exact_share(net[n], company)),
            "net_sales": money(net[n]),
            "recency_days": recency.get(n),
            "frequency": frequency.get(n),
            "monetary": money(net[n]) if n in bought else None,
            "r": r.get(n),
            "f": f.get(n),
            "m": m.get(n),
            "segment": SEGMENTS[r[n] >= 4, f[n] >= 4, m[n] >= 4] if n in bought else None,
            "abc": abc[n],
        }
        for n in own
    }
