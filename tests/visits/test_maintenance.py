"""Maintenance on a schedule."""

from datetime import timedelta

from django.utils import timezone

from kam.core.calendar import is_workday
from tests.visits.factories import make_visit
from visits.models import MaintenanceSchedule, Visit
from visits.services.schedules import make_visits

TODAY = timezone.localdate


def open_schedule(client, user, **fields):
    client.force_login(user)
    data = {
        "account": "K1",
        "subject": "注塑机保养",
        "every_days": 20,
        "first_on": str(TODAY()),
        "owner": user.pk,
        **fields,
    }
    return client.post("/visits/maintenance/new/", data)


def test_a_schedule_plans_its_visits_some_weeks_ahead_on_working_days(client, anna, k1):
    open_schedule(client, anna)

    visits = Visit.objects.order_by("due_on")
    assert [visit.due_on for visit in visits] == [
        TODAY() + timedelta(days=days) for days in (0, 20, 40)
    ]
    assert all(is_workday(visit.planned_on) for visit in visits)
    assert {(visit.kind, visit.purpose) for visit in visits} == {("maintenance", "注塑机保养")}
    assert "注塑机保养" in client.get("/visits/maintenance/").text


def test_a_second_night_plans_nothing_twice_and_a_later_one_goes_on(client, anna, k1):
    open_schedule(client, anna)

    assert make_visits(TODAY()) == 0
    assert make_visits(TODAY() + timedelta(days=20)) == 1


def test_an_ended_schedule_plans_no_more(client, anna, k1):
    open_schedule(client, anna)
    schedule = MaintenanceSchedule.objects.get()

    client.post(f"/visits/maintenance/{schedule.pk}/end/")

    assert make_visits(TODAY() + timedelta(days=100)) == 0
    assert Visit.objects.count() == 3


def test_a_stranger_neither_opens_nor_ends_one(client, anna, boris, k1):
    assert open_schedule(client, boris).status_code == 422
    open_schedule(client, anna)
    client.force_login(boris)

    schedule = MaintenanceSchedule.objects.get()
    assert client.post(f"/visits/maintenance/{schedule.pk}/end/").status_code == 404


def test_maintenance_stands_beside_other_visits_on_the_calendar(client, anna, k1):
    make_visit(k1)
    open_schedule(client, anna)

    assert client.get("/visits/").status_code == 200
