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
