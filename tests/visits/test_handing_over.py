"""What somebody was to do in visits moves when they leave; who gets something to do is told."""

from accounts.handover import registered
from accounts.models import HandoverCase
from kam.core.models import AuditEntry
from notifications.models import Notification
from tests.factories import make_account
from tests.visits.factories import (
    days_ago,
    make_follow_up,
    make_held_visit,
    make_schedule,
    make_visit,
)
from visits.models import FollowUp, Visit
from visits.notices import follow_up_given


def test_open_visits_follow_ups_and_schedules_move_and_history_stays(anna, boris, diana, k1):
    held = make_held_visit(k1, days_ago(3))
    visit, follow_up, schedule = make_visit(k1), make_follow_up(held), make_schedule(k1)
    case = HandoverCase(giver=anna)

    for key in ("visits.visit", "visits.follow_up", "visits.schedule"):
        part = registered()[key]
        keys = [item.key for item in part.open_items(anna)]
        assert len(keys) == 1
        part.move(keys, to=boris, actor=diana, case=case)
        assert part.open_items(anna) == []

    for row in (held, visit, follow_up, schedule):
        row.refresh_from_db()
    assert (visit.owner, follow_up.owner, schedule.owner) == (boris, boris, boris)
    assert held.owner == anna
    entry = AuditEntry.objects.get(action="visits.visit_handed_over")
    assert (entry.actor, entry.changes) == (diana, {"owner": ["Anna", "Boris"]})


def test_what_is_not_the_givers_or_done_is_left_alone(anna, boris, diana, k1):
    other = make_visit(make_account(manager=diana), owner=diana)
    held = make_held_visit(k1, days_ago(3))
    part = registered()["visits.visit"]

    part.move([str(other.pk), str(held.pk)], to=boris, actor=diana, case=HandoverCase(giver=anna))

    assert set(Visit.objects.values_list("owner", flat=True)) == {diana.pk, anna.pk}


def test_who_gets_a_follow_up_is_told_once(anna, diana, k1):
    follow_up = make_follow_up(make_held_visit(k1, days_ago(3)), owner=diana)

    follow_up_given(follow_up, to=diana)
    follow_up_given(follow_up, to=diana)

    notice = Notification.objects.get()
    assert (notice.user, notice.url) == (diana, follow_up.get_absolute_url())
    assert FollowUp.objects.count() == 1
