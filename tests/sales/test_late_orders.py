"""Orders whose promised day goes by become events: once for each day that was promised."""

from datetime import date, timedelta

import pytest

from accounts import timeline
from accounts.models import Event
from sales.lateness import tell_late_orders
from tests.factories import make_order

TODAY = date(2026, 11, 20)
YESTERDAY = TODAY - timedelta(days=1)


def events():
    return list(Event.objects.filter(kind="sales.order_late").order_by("pk"))


def late(account, **fields):
    return make_order(account, **{"status": "open", "promised_on": YESTERDAY, **fields})


def test_an_order_past_its_day_is_told_of_once(k1):
    order = late(k1)

    assert tell_late_orders(on=TODAY) == 1
    assert tell_late_orders(on=TODAY) == 0
    assert tell_late_orders(on=TODAY + timedelta(days=1)) == 0

    (event,) = events()
    assert event.account == k1
    assert event.data["order_number"] == order.order_number
    assert order.order_number in timeline.say(event)
    assert "2026-11-19" in timeline.say(event)


def test_a_new_promise_that_is_broken_is_told_of_again(k1):
    order = late(k1)
    tell_late_orders(on=TODAY)
    type(order).objects.update(promised_on=TODAY)

    assert tell_late_orders(on=TODAY) == 0
    assert tell_late_orders(on=TODAY + timedelta(days=1)) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"promised_on": TODAY},
        {"promised_on": None},
        {"status": "delivered", "delivered_on": TODAY},
        {"status": "cancelled"},
        {"promised_on": TODAY - timedelta(days=31)},  # late long ago: no news
    ],
)
def test_others_are_not_told_of(k1, fields):
    late(k1, **fields)

    assert tell_late_orders(on=TODAY) == 0


def test_the_last_day_that_is_news(k1):
    late(k1, promised_on=TODAY - timedelta(days=30))

    assert tell_late_orders(on=TODAY) == 1


def test_a_walk_in_sale_has_nobody_to_tell(db):
    late(None)

    assert tell_late_orders(on=TODAY) == 0
