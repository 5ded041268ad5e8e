"""What an account was stays its own when it is merged into another, and comes back with an undo."""

from datetime import date

import pytest

from accounts.services import merge
from tests.factories import make_account, make_order
from tiering import services
from tiering.models import TierRecord, TierRun

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 30)


def history(account):
    records = TierRecord.objects.filter(account=account).order_by("valid_from")
    return [(record.valid_from, record.valid_to, record.tier) for record in records]


def recompute(day):
    services.recompute(day, actor=None, trigger=TierRun.Trigger.COMMAND)


def test_a_merge_moves_orders_but_not_what_each_account_was(diana):
    absorbed = make_account()
    make_order(absorbed, DAY, "90")
    recompute(DAY)
    survivor = make_account()
    make_order(survivor, DAY, "10")
    before = history(survivor), history(absorbed)
    assert before == ([], [(DAY, None, "strategic")])

    merged = merge.merge_accounts(survivor, absorbed, actor=diana)
    assert (history(survivor), history(absorbed)) == before

    recompute(date(2026, 7, 1))
    assert history(absorbed) == [(DAY, date(2026, 7, 1), "strategic")]
    assert TierRecord.objects.on(date(2026, 7, 1)).get(account=survivor).net_sales == 100

    merge.undo_merge(merged.pk, actor=diana)
    recompute(date(2026, 7, 2))
    assert history(absorbed)[-1] == (date(2026, 7, 2), None, "strategic")
    assert TierRecord.objects.on(date(2026, 7, 2)).get(account=survivor).m == 1
