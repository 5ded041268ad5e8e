from decimal import Decimal

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def percent(share: Decimal | float | None, decimals: int = 2) -> str:
    """A share of 1 as a percentage: 0.0298 gives "2.98 %"; "—" where there is none."""
    return "—" if share is None else f"{number_format(share * 100, decimals)} %"


@register.filter
def percent_number(share: Decimal | float) -> str:
    """A share of 1 as a bare number from 0 to 100, for `data-width`."""
    return f"{min(max(share * 100, 0), 100):.2f}"


@register.filter
def signed_percent(share: float) -> str:
    """A change as a percentage with its sign: "+3.2 %"."""
    return f"{share * 100:+,.1f} %"


@register.filter
def price(amount: Decimal | None) -> str:
    """A unit price with the two to four decimals it has: "1,601.52", "0.0375"; "—" for none."""
    return "—" if amount is None else _trimmed(amount, least=2, most=4)


@register.filter
def quantity(number: Decimal) -> str:
    """A quantity with the decimals it has, at most three."""
    return _trimmed(number, least=0, most=3)


def _trimmed(number: Decimal, *, least: int, most: int) -> str:
    _sign, _digits, exponent = round(number, most).normalize().as_tuple()
    return number_format(number, max(least, -int(exponent)))
