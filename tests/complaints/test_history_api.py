"""Loading past complaints in bulk, and their summary, over REST."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from complaints.models import Complaint
from kam.core.calendar import WorkingHours
from kam.core.models import AuditEntry
from tests.factories import make_account

pytestmark = pytest.mark.django_db
BULK = "/api/v1/complaints/bulk/"
SUMMARY = "/api/v1/complaints/summary/"


@pytest.fixture
def crm(api):
    return api("complaints:write")


def past(number="T-1", account_number="K1", **fields):
    return {
        "complaint_number": number,
        "account_number": account_number,
        "channel": "web",
        "category": "Mortgage",
        "title": "Loan servicing",
        "received_at": "2016-03-01T10:00:00+08:00",
        **fields,
    }


def load(crm, *complaints, query=""):
    return crm.post(
        BULK + query, json.dumps({"complaints": complaints}), content_type="application/json"
    )


def loaded(crm, *complaints):
    answer = load(crm, *complaints)
    assert answer.status_code == 200, answer.text
    return answer.json()


def counts(answer):
    names = ("created", "updated", "unchanged", "rejected")
    return tuple(answer[name] for name in names)


def test_a_past_complaint_is_stored_as_sent_and_has_its_deadlines(crm, k1):
    sent = past(
        severity="severe",
        description="It was late.\nTwice.",
        resolved_at="2016-03-20T09:00:00Z",
        outcome="refunded",
    )

    assert counts(loaded(crm, sent)) == (1, 0, 0, 0)

    stored = Complaint.objects.get()
    assert (stored.complaint_number, stored.account, stored.status) == ("T-1", k1, "closed")
    assert (stored.description, stored.outcome) == ("It was late.\nTwice.", "refunded")
    assert stored.received_at == datetime(2016, 3, 1, 2, tzinfo=UTC)
    assert stored.closed_at == stored.resolved_at == datetime(2016, 3, 20, 9, tzinfo=UTC)
    assert stored.imported
    assert stored.escalate_at is None
    clock = WorkingHours()
    assert stored.due_at == clock.add(stored.received_at, timedelta(hours=64))  # ordinary
    assert stored.standard_version == 1


def test_sending_again_changes_nothing_and_sending_otherwise_updates(crm, k1):
    loaded(crm, past(), past("T-2"))
    k1.tier = "strategic"  # derived figures alone are no reason to write
    k1.save(update_fields=["tier"])

    assert counts(loaded(crm, past(), past("T-2"))) == (0, 0, 2, 0)
    assert counts(loaded(crm, past(), past("T-2", resolved_at="2016-03-02"))) == (0, 1, 1, 0)
    assert counts(loaded(crm, past("T-2"), past("T-3"))) == (1, 1, 0, 0)  # opened again

    stored = Complaint.objects.get(complaint_number="T-2")
    assert (stored.status, stored.resolved_at, stored.tier) == ("registered", None, "strategic")
    entry = AuditEntry.objects.filter(action="complaints.history_loaded").latest("pk")
    assert entry.changes == {"created": 1, "updated": 1}


def test_sending_again_locks_nothing_that_stays_as_it_is(crm, k1):
    loaded(crm, past(), past("T-2"), past("T-3"))

    loaded(crm, past(), past("T-2", title="Another"), past("T-3"))

    # xmax: the transaction that has locked or replaced this version of the row
    locked = Complaint.objects.extra(where=["xmax <> 0"])
    assert not locked.exclude(complaint_number="T-2").exists()


def test_days_without_a_time_are_local_and_the_solution_is_at_their_end(crm, k1):
    loaded(crm, past(received_at="2016-03-01", resolved_at="2016-03-01"))

    stored = Complaint.objects.get()
    assert timezone.localtime(stored.received_at).isoformat() == "2016-03-01T00:00:00+08:00"
    assert timezone.localtime(stored.resolved_at).isoformat() == "2016-03-01T23:59:59+08:00"


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"account_number": "NOPE"}, "account_number", "unknown_account"),
        ({"channel": "pigeon"}, "channel", "invalid"),
        ({"severity": "awful"}, "severity", "invalid"),
        ({"category": ""}, "category", "invalid"),
        ({"category": "x" * 81}, "category", "invalid"),
        ({"category": " Mortgage"}, "category", "invalid"),
        ({"title": ""}, "title", "invalid"),
        ({"title": " \n "}, "title", "required"),
        ({"title": "x" * 201}, "title", "invalid"),
        ({"description": "a\0b"}, "description", "invalid"),
        ({"complaint_number": ""}, "complaint_number", "invalid"),
        ({"complaint_number": "x" * 61}, "complaint_number", "invalid"),
        ({"complaint_number": "bulk"}, "complaint_number", "reserved"),
        ({"complaint_number": "2016/1"}, "complaint_number", "reserved"),
        ({"received_at": "yesterday"}, "received_at", "invalid"),
        ({"received_at": "2016-02-30"}, "received_at", "invalid"),
        ({"received_at": "2016-W10-1"}, "received_at", "invalid"),
        ({"received_at": 20160301}, "received_at", "invalid"),
        ({"received_at": "1989-12-31"}, "received_at", "out_of_range"),
        ({"received_at": "9999-12-31T23:59:59-12:00"}, "received_at", "out_of_range"),
        ({"received_at": "0001-01-01T00:00:00+14:00"}, "received_at", "out_of_range"),
        ({"resolved_at": "2016-02-29"}, "resolved_at", "before_received"),
        ({"resolved_at": "2016-03-01T09:59:59+08:00"}, "resolved_at", "before_received"),
        ({"mood": "bad"}, "mood", "unknown_field"),
    ],
)
def test_a_bad_complaint_is_named_and_the_good_ones_are_stored(crm, k1, fields, field, code):
    answer = loaded(crm, past("T-0"), past(**fields))

    assert counts(answer) == (1, 0, 0, 1)
    (error,) = answer["errors"]
    assert (error["index"], error["field"], error["code"]) == (1, field, code)
    assert Complaint.objects.count() == 1


@pytest.mark.parametrize("missing", ["account_number", "channel", "category", "title"])
def test_what_is_missing_is_named(crm, k1, missing):
    sent = past()
    del sent[missing]

    (error,) = loaded(crm, sent)["errors"]

    assert (error["field"], error["code"], error["key"]) == (missing, "required", "T-1")


def test_a_complaint_of_nobody_we_know_is_kept(crm):
    assert counts(loaded(crm, past(account_number=None))) == (1, 0, 0, 0)

    assert Complaint.objects.get().tier == ""


def test_the_last_of_one_number_in_a_call_counts(crm, k1):
    answer = loaded(crm, past(title="first"), past(title="last"))

    assert counts(answer) == (1, 0, 0, 1)
    assert answer["errors"][0]["code"] == "duplicate_in_request"
    assert Complaint.objects.get().title == "last"


def test_all_or_nothing(crm, k1):
    answer = load(crm, past("T-1"), past("T-2", "NOPE"), query="?atomic=true")

    assert answer.status_code == 422
    assert not Complaint.objects.exists()


def test_a_complaint_that_is_being_solved_here_is_not_overwritten(crm, k1):
    Complaint.objects.create(
        complaint_number="T-1", account=k1, channel="phone", category="quality", title="Ours"
    )

    answer = loaded(crm, past(), past("T-2"))

    assert counts(answer) == (1, 0, 0, 1)
    assert answer["errors"][0]["code"] == "not_history"
    assert Complaint.objects.get(complaint_number="T-1").title == "Ours"


def test_the_number_of_queries_does_not_grow_with_the_call(crm, k1, django_assert_max_num_queries):
    few = [past(f"A-{n}") for n in range(2)]
    many = [past(f"B-{n}") for n in range(200)]
    loaded(crm, past())

    with django_assert_max_num_queries(30) as first:
        loaded(crm, *few)
    with django_assert_max_num_queries(len(first)):
        loaded(crm, *many)


def test_a_call_needs_the_scope(api, k1):
    assert load(api("orders:write"), past()).status_code == 403
    assert api("orders:read").get(SUMMARY).status_code == 403


# --- summary


def test_the_summary_counts_by_each_column_and_within_days(crm, k1):
    k1.tier = "key"
    k1.save(update_fields=["tier"])
    loaded(
        crm,
        past("T-1", received_at="2016-03-01T00:00:00+08:00", resolved_at="2016-03-02"),
        past("T-2", received_at="2016-03-31T23:59:59+08:00"),
        past("T-3", None, channel="fax", severity="minor", received_at="2016-04-01", category="B"),
    )

    def groups(**query):
        answer = crm.get(SUMMARY, query)
        assert answer.status_code == 200
        found = answer.json()
        assert found["total"] == sum(group["count"] for group in found["groups"])
        return [(each["key"], each["count"], each["overdue"]) for each in found["groups"]]

    assert groups() == groups(group_by="channel") == [("web", 2, 1), ("fax", 1, 1)]
    assert groups(group_by="category") == [("Mortgage", 2, 1), ("B", 1, 1)]
    assert groups(group_by="severity") == [("moderate", 2, 1), ("minor", 1, 1)]
    assert groups(group_by="status") == [("registered", 2, 2), ("closed", 1, 0)]
    assert groups(group_by="tier") == [("key", 2, 1), ("", 1, 1)]
    assert groups(group_by="cause") == [("", 3, 2)]
    assert groups(group_by="channel", until="2016-03-31") == [("web", 2, 1)]
    assert groups(group_by="channel", since="2016-03-31") == [("fax", 1, 1), ("web", 1, 1)]
    assert groups(since="2016-05-01") == []
    assert groups(until="9999-12-31") == groups()


@pytest.mark.parametrize(
    "query", [{"group_by": "title"}, {"since": "March"}, {"until": "2016-02-30"}]
)
def test_a_wrong_parameter_is_named(crm, query):
    answer = crm.get(SUMMARY, query)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == next(iter(query))


def test_people_see_the_summary_of_what_they_may_see(client, k1, anna, boris, diana, fiona):
    Complaint.objects.create(
        complaint_number="C-1", account=k1, channel="phone", category="quality", title="x"
    )
    Complaint.objects.create(
        complaint_number="C-2",
        account=make_account(),
        channel="phone",
        category="quality",
        title="x",
    )

    def total(user):
        client.force_login(user)
        answer = client.get(SUMMARY)
        return answer.json()["total"] if answer.status_code == 200 else answer.status_code

    assert [total(user) for user in (anna, boris, diana, fiona)] == [1, 0, 2, 403]
