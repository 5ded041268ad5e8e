"""An overdue account starts three measures, once for each delay."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Event
from credit.models import CollectionCase, OverdueEpisode, OverdueMeasure, Rating
from credit.services import collections, investigations, measures
from kam.core.errors import RuleViolation
from tests.credit.documents import make_invoice

pytestmark = pytest.mark.django_db


def today():
    return timezone.localdate()


@pytest.fixture
def late(k1):
    return make_invoice(k1, 100, issued_on=date(2026, 1, 1), due_on=today() - timedelta(days=1))


def settle(invoice):
    type(invoice).objects.filter(pk=invoice.pk).update(settled=invoice.amount)


def test_the_first_day_overdue_starts_all_three_and_rates_anew(late):
    assert measures.start_due(today() - timedelta(days=1)) == 0
    assert measures.start_due(today()) == 1

    episode = OverdueEpisode.objects.get()
    assert (episode.amount, episode.days) == (Decimal(100), 1)
    kinds = list(episode.measures.values_list("kind", flat=True))
    assert kinds == ["rating_review", "investigation", "collection_plan"]
    assert Rating.objects.get().cause == "overdue"
    assert Event.objects.filter(kind="credit.overdue_measures_started").count() == 1


def test_the_same_delay_starts_nothing_again_and_a_new_one_does(late, k1):
    measures.start_due(today())
    make_invoice(k1, 50, due_on=date(2026, 2, 1))

    assert measures.start_due(today()) == 0
    settle(late)
    assert measures.start_due(today()) == 0  # the other one is still overdue
    for invoice in k1.invoices.all():
        settle(invoice)
    assert measures.start_due(today()) == 0
    assert OverdueEpisode.objects.get().ended_on == today()

    make_invoice(k1, 50, due_on=date(2026, 2, 1))

    assert measures.start_due(today()) == 1
    assert OverdueEpisode.objects.filter(ended_on=None).count() == 1


def test_what_is_disputed_starts_nothing(late):
    type(late).objects.update(disputed=True)

    assert measures.start_due(today()) == 0


def test_a_measure_is_finished_once_with_a_result(late, anna):
    measures.start_due(today())
    measure = OverdueMeasure.objects.first()

    for result, code in [(" ", "comment_required"), ("Kept at BBB", None), ("again", "finished")]:
        if code is None:
            measures.finish(measure.pk, result=result, actor=anna)
            continue
        with pytest.raises(RuleViolation) as refusal:
            measures.finish(measure.pk, result=result, actor=anna)
        assert refusal.value.code == code

    measure.refresh_from_db()
    assert (measure.done_by, measure.comment) == (anna, "Kept at BBB")


def open_kinds():
    return set(OverdueMeasure.objects.filter(done_at=None).values_list("kind", flat=True))


def test_the_plan_of_the_case_is_the_collection_plan(k1, late, anna):
    measures.start_due(today())
    case = CollectionCase.objects.get()

    collections.plan_case(case.pk, owner=anna, plan="", actor=anna)
    assert "collection_plan" in open_kinds()
    collections.plan_case(case.pk, owner=anna, plan="Call on Monday", actor=anna)

    assert open_kinds() == {"rating_review", "investigation"}
    measure = OverdueMeasure.objects.get(kind="collection_plan")
    assert (measure.done_by, measure.comment) == (anna, "Call on Monday")


@pytest.mark.parametrize(("days_before", "left"), [(0, 2), (1, 3)])
def test_an_investigation_made_since_is_the_new_one(k1, late, anna, days_before, left):
    measures.start_due(today())

    investigations.record_investigation(
        k1,
        actor=anna,
        investigated_on=today() - timedelta(days=days_before),
        sources="Visit",
        conclusion="Short of cash",
    )

    assert len(open_kinds()) == left
