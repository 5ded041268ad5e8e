"""A held order is let go by another authorised person, within an envelope."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Event
from credit.models import CreditParty, Decision, OrderCredit
from credit.services import holds, orders, releases
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from sales.models import Order
from tests.credit.erp import grant, order, send

pytestmark = pytest.mark.django_db
OVER = {"exposure_over_limit"}


@pytest.fixture
def held(k1):
    grant(k1, 100)
    send(order("O1", "1000"))
    return Order.objects.get()


def released(order, actor, **fields):
    values = {"comment": "可放行", "seen_amount": order.net_amount, "seen_reasons": OVER}
    return releases.release(order.pk, actor=actor, **values | fields)


def status():
    return Order.objects.get().credit_status


def test_a_release_lets_the_order_go_and_it_counts(held, k1, fiona):
    decision = released(held, fiona)

    row = OrderCredit.objects.get()
    assert (row.status, status(), decision.outcome) == ("released", "released", "released")
    assert (row.released_amount, row.released_until) == (
        1050,
        timezone.localdate() + timedelta(days=14),
    )
    assert CreditParty.objects.get().exposure == 1000
    assert [reason["code"] for reason in decision.reasons] == ["exposure_over_limit"]
    assert Event.objects.filter(account=k1, kind="credit.order_released").exists()
    assert AuditEntry.objects.get(action="credit.order_released").reason == "可放行"


def test_nobody_releases_what_he_asked_for_or_what_his_own_customer_buys(held, k1, fiona, gm):
    releases.ask_release(held.pk, actor=fiona, reason="急单")
    with pytest.raises(RuleViolation) as own_request:
        released(held, fiona)
    k1.manager = gm
    k1.save()
    with pytest.raises(RuleViolation) as own_customer:
        released(held, gm)

    assert own_request.value.code == own_customer.value.code == "four_eyes"
    assert status() == "held"


def test_who_may_not_release_is_refused(held, diana):
    with pytest.raises(RuleViolation) as refusal:
        released(held, diana)
    assert refusal.value.code == "not_authorised"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"comment": " "}, "comment_required"),
        ({"seen_amount": Decimal(999)}, "stale"),
        ({"tolerance": Decimal("50.01")}, "too_wide"),
        ({"days": 15}, "too_wide"),
    ],
)
def test_a_release_without_comment_of_another_amount_or_too_wide_is_refused(
    held, fiona, fields, code
):
    with pytest.raises(RuleViolation) as refusal:
        released(held, fiona, **fields)
    assert refusal.value.code == code
    assert status() == "held"


def test_a_reason_that_came_since_is_not_waived(held, k1, fiona, gm):
    holds.set_hold(k1.pk, actor=gm, reason="法律纠纷")
    before = Decision.objects.count()

    with pytest.raises(RuleViolation) as refusal:
        released(held, fiona)

    assert refusal.value.code == "stale"
    assert (status(), Decision.objects.count()) == ("held", before)
    released(held, fiona, seen_reasons=OVER | {"manual_hold"})
    assert status() == "released"


def test_the_second_to_release_is_told(held, fiona, gm):
    released(held, fiona)
    with pytest.raises(RuleViolation, match=r"already|已") as refusal:
        released(held, gm)
    assert refusal.value.code == "not_held"


@pytest.mark.parametrize(
    ("amount", "days", "then"),
    [
        ("1050", 14, "released"),
        ("1050.01", 0, "held"),
        ("1050", 15, "held"),
        ("900", 30, "released"),
    ],
)
def test_an_amended_order_stays_released_within_the_envelope(held, fiona, amount, days, then):
    released(held, fiona)

    with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
        send(order("O1", amount))

    assert status() == then


def test_a_new_kind_of_reason_holds_a_released_order_again(held, k1, fiona):
    released(held, fiona)
    holds.set_hold(k1.pk, actor=fiona, reason="法律纠纷")
    assert status() == "held"


def test_a_release_that_ran_out_is_decided_anew_at_night(held, k1, fiona):
    released(held, fiona)
    with time_machine.travel(timezone.now() + timedelta(days=14), tick=False):
        assert orders.new_day(timezone.localdate()) == []
    with time_machine.travel(timezone.now() + timedelta(days=15), tick=False):
        assert orders.new_day(timezone.localdate()) == ["O1"]
    assert status() == "held"


def test_a_hold_stops_what_is_not_delivered_and_lifting_lets_it_go(k1, fiona):
    grant(k1, 100)
    send(order("O1", "40"))

    holds.set_hold(k1.pk, actor=fiona, reason="法律纠纷")
    assert status() == "held"
    assert CreditParty.objects.get().exposure == 0
    (reason,) = Decision.objects.latest("pk").reasons
    assert (reason["code"], reason["figures"]) == ("manual_hold", {"reason": "法律纠纷"})

    holds.lift_hold(k1.pk, actor=fiona, reason="已解决")
    assert status() == "approved"
    kinds = set(Event.objects.filter(account=k1).values_list("kind", flat=True))
    assert {"credit.hold_set", "credit.hold_lifted", "credit.order_cleared"} <= kinds


def test_a_hold_needs_a_reason_and_is_set_and_lifted_once(k1, fiona):
    for call, code in [(holds.lift_hold, "not_on_hold"), (holds.set_hold, "on_hold")]:
        if code == "on_hold":
            holds.set_hold(k1.pk, actor=fiona, reason="一")
        with pytest.raises(RuleViolation) as refusal:
            call(k1.pk, actor=fiona, reason="二")
        assert refusal.value.code == code
    with pytest.raises(RuleViolation) as refusal:
        holds.lift_hold(k1.pk, actor=fiona, reason=" ")
    assert refusal.value.code == "reason_required"
