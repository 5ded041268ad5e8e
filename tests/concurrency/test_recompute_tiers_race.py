"""Two processes recompute the same day at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date

import pytest
from django.db import IntegrityError, connection

from tests.concurrency.meeting import Meeting
from tests.factories import make_account, make_order
from tests.tiering.factories import make_policy
from tiering.models import TierPolicy, TierRecord, TierRun
from tiering.services import runs

DAY = date(2026, 6, 30)


def race(monkeypatch) -> list[str]:
    """How two recomputes end of which neither has committed when both have looked."""
    if not TierPolicy.objects.exists():
        make_policy()
    make_order(make_account(account_number="K1"), DAY, "100")
    run = runs.request_run(DAY, actor=None, trigger=TierRun.Trigger.COMMAND)
    both_have_written = Meeting()
    fill_figures = runs._fill_figures

    def fill_after_waiting(*args):
        both_have_written.wait()
        fill_figures(*args)

    monkeypatch.setattr(runs, "_fill_figures", fill_after_waiting)

    def work(_number: int) -> str:
        try:
            return runs.execute_run(run.pk).status
        except IntegrityError:
            return "collided"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(work, range(2)))


@pytest.mark.django_db(transaction=True)
def test_the_advisory_lock_lets_one_after_the_other(monkeypatch):
    assert race(monkeypatch) == ["succeeded", "succeeded"]
    assert TierRecord.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_they_collide(monkeypatch):
    monkeypatch.setattr(runs, "recompute_lock", nullcontext)
    assert "collided" in race(monkeypatch)
