from datetime import date

import pytest
from django.utils import translation

from accounts import need_rules, services, timeline
from accounts.models import Event, Need
from accounts.services import needs
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from tests.factories import make_account, make_contact


def collect(account, actor, **fields):
    return needs.collect(
        account, **{"text": "A lighter bracket", "source": "visit", "actor": actor, **fields}
    )


def analysed(need, actor, **fields):
    values = {"feasibility": 3, "priority": 2, "analysis": "We have it", **fields}
    return needs.analyse(need.pk, actor=actor, **values)


@pytest.mark.parametrize(
    ("feasibility", "priority", "course"),
    [
        (0, 3, "decline"),
        (1, 1, "aside"),
        (2, 1, "aside"),
        (1, 3, "plan"),
        (3, 1, "plan"),
        (2, 2, "plan"),
        (2, 3, "now"),
        (3, 2, "now"),
        (3, 3, "now"),
    ],
)
def test_the_analysis_recommends_a_course(feasibility, priority, course):
    assert need_rules.course(feasibility, priority) == course


def test_an_answer_is_due_after_ten_working_days():
    # The national holiday of 2026 lasts from 1 to 7 October; 10 October is a make-up workday.
    assert needs.answer_due(date(2026, 9, 25)) == date(2026, 10, 15)
    assert needs.answer_due(date(2026, 11, 2)) == date(2026, 11, 16)


def test_the_accounts_manager_answers_and_the_timeline_tells(k1, anna, diana):
    need = collect(k1, diana, product=" P1 ", source_url="/visits/1/")

    assert (need.owner, need.status, need.product) == (anna, "collected", "P1")
    event = Event.objects.get(kind="accounts.need_collected")
    with translation.override("en"):
        assert timeline.say(event) == "Need collected: A lighter bracket"
    assert AuditEntry.objects.get(action="accounts.need_collected").actor == diana


def test_a_need_goes_its_way_until_the_customer_confirms(k1, anna):
    need = analysed(collect(k1, anna), anna)
    assert need.course == "now"

    needs.answer(need.pk, text="Take model B", actor=anna)
    need = needs.send_back(need.pk, outcome="Too heavy", actor=anna)
    assert (need.status, need.rejections) == ("analysed", 1)
    needs.answer(need.pk, text="Take model C", actor=anna)
    need = needs.confirm(need.pk, outcome="Mr Wang is content", actor=anna)

    assert (need.status, need.is_open) == ("confirmed", False)
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    steps = ["collected", "analysed", "answered", "sent_back", "answered", "confirmed"]
    assert kinds == [f"accounts.need_{step}" for step in steps]


def test_what_was_declined_can_be_taken_up_again(k1, anna):
    need = collect(k1, anna)
    needs.decline(need.pk, outcome="Not our business", actor=anna)

    need = analysed(need, anna)

    assert (need.status, need.closed_at, need.outcome) == ("analysed", None, "")


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        (needs.answer, {"text": "x"}),
        (needs.confirm, {"outcome": "x"}),
        (needs.send_back, {"outcome": "x"}),
    ],
)
def test_a_step_out_of_turn_is_refused_and_changes_nothing(k1, anna, step, fields):
    need = collect(k1, anna)

    with pytest.raises(RuleViolation) as refused:
        step(need.pk, actor=anna, **fields)

    assert refused.value.code == "stale"
    assert Need.objects.get().status == "collected"
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "code"), [({"text": " "}, "text_required"), ({"contact": True}, "other_contact")]
)
def test_what_cannot_be_collected_is_refused(k1, anna, fields, code):
    if "contact" in fields:
        fields = {"contact": make_contact(make_account())}

    with pytest.raises(RuleViolation) as refused:
        collect(k1, anna, **fields)

    assert refused.value.code == code


def test_a_need_can_be_given_to_somebody_else(k1, anna, boris):
    need = collect(k1, anna)
    with pytest.raises(RuleViolation):
        needs.give(need.pk, owner=boris, actor=anna)  # he does not see K1
    services.add_member(k1.pk, user=boris, role="technical", actor=anna)

    needs.give(need.pk, owner=boris, actor=anna, reason="knows the product")

    assert Need.objects.get().owner == boris
    with translation.override("en"):
        said = timeline.say(Event.objects.get(kind="accounts.need_given"))
    assert said.startswith("Answered by Boris")
    boris.is_active = False
    boris.save()
    with pytest.raises(RuleViolation):
        needs.give(need.pk, owner=boris, actor=anna)
