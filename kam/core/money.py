"""Money and shares: Decimal from edge to edge, half-even rounding, 4 decimals kept, 2 shown."""

from decimal import ROUND_HALF_EVEN, Decimal

AMOUNT = Decimal("0.0001")  # what is stored
DISPLAY = Decimal("0.01")  # what is shown
SHARE = Decimal("0.000001")  # a share of 1, as shown


def amount(value: Decimal) -> Decimal:
    """`value` with the 4 decimals that amounts are stored with, half even."""
    return value.quantize(AMOUNT, ROUND_HALF_EVEN)


def display(value: Decimal) -> Decimal:
    """`value` with the 2 decimals that money is shown with, half even; never "-0.00"."""
    return value.quantize(DISPLAY, ROUND_HALF_EVEN) + 0


def display_share(value: Decimal) -> Decimal:
    """A share of 1 with the 6 decimals it is shown with, half even; never "-0.000000"."""
    return value.quantize(SHARE, ROUND_HALF_EVEN) + 0


def plain(value: Decimal) -> str:
    """`value` as people type it: no trailing zeros, no exponent."""
    return format(value.normalize(), "f")
