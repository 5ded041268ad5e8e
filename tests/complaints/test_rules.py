"""Deadlines, the ladder and what closing needs, as pure rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints import rules
from complaints.rules import Dossier, Severity, Status
from kam.core.calendar import WorkingHours

HOURS = WorkingHours()
MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis wants them bare
    max_value=datetime(2026, 11, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
SPANS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=20))


def test_every_status_can_be_reached_and_leads_somewhere():
    assert set(chain(*rules.NEXT.values())) | {Status.REGISTERED} == set(Status)
    assert all(rules.NEXT[status] for status in Status)


@given(MOMENTS, st.timedeltas(timedelta(minutes=1), timedelta(hours=80)), SPANS, SPANS)
def test_what_is_left_of_a_deadline_is_the_same_before_and_after_a_wait(
    received, promised, until_stop, waiting
):
    due = HOURS.add(received, promised)
    stopped = received + until_stop
    now = stopped + waiting

    after = rules.resumed(HOURS, due, stopped=stopped, now=now)

    if due <= stopped:
        assert after == due
    else:
        assert HOURS.between(now, after) == HOURS.between(stopped, due)
        assert after >= due


@pytest.mark.parametrize(
    ("status", "deadline"),
    [
        (Status.REGISTERED, "acknowledge"),
        (Status.ACKNOWLEDGED, "resolve"),
        (Status.INVESTIGATING, "resolve"),
        (Status.RESOLVED, None),
        (Status.REPLIED, None),
        (Status.CONFIRMED, None),
        (Status.CLOSED, None),
    ],
)
def test_the_deadline_that_runs(status, deadline):
    due = {
        "acknowledge": datetime(2026, 6, 1, tzinfo=UTC),
        "resolve": datetime(2026, 6, 2, tzinfo=UTC),
    }

    running = rules.running_deadline(status, due["acknowledge"], due["resolve"])

    assert running == due.get(deadline)


def test_each_rung_is_called_in_working_time_after_the_deadline():
    friday = datetime(2026, 6, 12, 9, 0, tzinfo=UTC)  # 17:00 in Shanghai

    ladder = {
        rules.Rung.MANAGER: timedelta(0),
        rules.Rung.DIRECTOR: timedelta(hours=4),
        rules.Rung.DEPUTY_GM: timedelta(hours=8),
    }

    called = [rules.escalate_at(HOURS, friday, ladder, level) for level in range(4)]

    assert [moment and moment.astimezone(UTC).isoformat() for moment in called] == [
        "2026-06-12T09:00:00+00:00",
        "2026-06-15T04:00:00+00:00",  # Monday noon: one hour of Friday and three of Monday
        "2026-06-15T09:00:00+00:00",
        None,
    ]


DONE = Dossier(
    severity=Severity.SEVERE,
    is_founded=True,
    has_report=True,
    occurrence_cause="模具磨损",
    escape_cause="终检未测硬度",
    corrective=1,
    preventive=1,
    unverified=0,
    untold=0,
    undecided_findings=0,
    open_compensations=0,
    unkept_compensations=0,
)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, []),
        ({"has_report": False}, ["report"]),
        ({"has_report": False, "severity": Severity.MODERATE}, []),
        ({"has_report": False, "is_founded": False}, []),
        ({"occurrence_cause": ""}, ["occurrence_cause"]),
        ({"escape_cause": "", "severity": Severity.MINOR}, ["escape_cause"]),
        ({"escape_cause": "", "is_founded": False}, []),
        ({"corrective": 0, "preventive": 0}, ["corrective_action", "preventive_action"]),
        ({"unverified": 1}, ["verification"]),
        ({"untold": 1}, ["similar_customers"]),
        ({"undecided_findings": 1}, ["finding"]),
        ({"open_compensations": 1}, ["compensation_signature"]),
        ({"unkept_compensations": 1, "is_founded": False}, ["compensation_delivery"]),
    ],
)
def test_what_stands_in_the_way_of_closing(changes, missing):
    assert rules.missing(replace(DONE, **changes)) == missing
