from decimal import Decimal

import pytest

from tiering.explanations import plain_percent, share_percent


@pytest.mark.parametrize(
    ("share", "threshold", "shown"),
    [
        ("0.02982724", "0.01", "2.98"),
        ("0.01", "0.01", "1.00"),
        ("0.0099999", "0.01", "0.9999"),
        ("0.00999", "0.01", "0.999"),
        ("0.0499999", "0.05", "4.9999"),
        ("0", "0.01", "0.00"),
        ("-0.5", "0.01", "-50.00"),
    ],
)
def test_a_share_never_rounds_across_its_threshold(share, threshold, shown):
    assert share_percent(Decimal(share), Decimal(threshold)) in (shown, shown + "9")


@pytest.mark.parametrize(
    ("share", "shown"), [("0.010000", "1"), ("0.05", "5"), ("0.025", "2.5"), ("1", "100")]
)
def test_a_threshold_shows_no_needless_zeros(share, shown):
    assert plain_percent(Decimal(share)) == shown
