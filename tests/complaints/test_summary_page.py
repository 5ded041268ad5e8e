"""The monthly summary of complaints: figures, Pareto analysis, SLA, conclusions, export."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Export
from complaints import reporting
from complaints.models import Complaint, MonthlySummary
from kam.core.models import AuditEntry
from tests.factories import make_account

pytestmark = pytest.mark.django_db
PAGE = "/complaints/summary/"
EXPORT = "/complaints/export/"
MARCH = datetime(2026, 3, 10, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def client():
    return Client(headers={"Accept-Language": "en"})


def make_complaint(number, account=None, received=MARCH, **fields):
    """A complaint due for acknowledgement after 2 hours, for its solution after 24."""
    values = {
        "channel": "phone",
        "category": "quality",
        "severity": "severe",
        "title": "Scratched",
        "tier": "strategic",
        "received_at": received,
        "acknowledge_due_at": received + 2 * HOUR,
        "due_at": received + 24 * HOUR,
        **fields,
    }
    return Complaint.objects.create(complaint_number=number, account=account, **values)


def solved(number, account=None, acknowledged=HOUR, resolved=20 * HOUR, **fields):
    received = fields.pop("received", MARCH)
    return make_complaint(
        number,
        account,
        received,
        status="closed",
        acknowledged_at=received + acknowledged,
        resolved_at=received + resolved,
        closed_at=received + resolved,
        outcome="justified",
        **fields,
    )


def test_the_figures_of_a_month(client, k1, diana):
    solved("C-1", k1)
    solved("C-2", k1, resolved=25 * HOUR, reopened=1)
    make_complaint("C-3", k1)
    make_complaint("C-4", k1, received=datetime(2026, 3, 31, 16, tzinfo=UTC))  # April here
    client.force_login(diana)

    page = client.get(PAGE, {"month": "2026-03"})

    totals = page.context["totals"]
    assert (totals.received, totals.overdue, totals.open, totals.reopened) == (3, 2, 1, 1)
    assert totals.mean_days == pytest.approx(22.5 / 24)
    assert [
        (m, n) for m, n, _late in reporting.monthly(Complaint.objects.all(), timezone.now())
    ] == [
        (date(2026, 3, 1), 3),
        (date(2026, 4, 1), 1),
    ]


def test_causes_are_cumulated_from_the_most_frequent_one(client, diana):
    for number, cause in enumerate(["logistics"] * 3 + ["material"] + [""]):
        solved(f"C-{number}", cause=cause)
    client.force_login(diana)

    chart = client.get(PAGE, {"month": "2026-03"}).context["pareto"]

    assert [(p["name"], p["value"], p["cumulative"]) for p in chart.data["points"]] == [
        ("Transport and storage", 3, 0.6),
        ("not known", 1, 0.8),
        ("Material", 1, 1.0),
    ]
    url = chart.data["points"][0]["url"]
    assert client.get(url).text.count("Scratched") == 3
    assert client.get(url.replace("2026-03-31", "2026-03-09")).text.count("Scratched") == 0


@pytest.mark.parametrize("by", reporting.PARETO)
def test_each_column_has_its_analysis(client, diana, by):
    solved("C-1", severity="minor")
    client.force_login(diana)

    assert client.get(PAGE, {"month": "2026-03", "by": by}).status_code == 200


def test_rare_values_are_one_bar(client, diana):
    for number in range(20):
        solved(f"C-{number}", category=f"kind {number}")
    client.force_login(diana)

    chart = client.get(PAGE, {"month": "2026-03", "by": "category"}).context["pareto"]

    assert len(chart.data["points"]) == 16
    assert chart.data["points"][-1]["value"] == 5
    assert chart.data["points"][-1]["cumulative"] == 1


def test_the_standard_is_judged_where_time_is_up(k1):
    solved("C-1")
    solved("C-2", acknowledged=2 * HOUR, resolved=24 * HOUR)  # exactly in time
    solved("C-3", acknowledged=2 * HOUR + timedelta(seconds=1), resolved=25 * HOUR)
    make_complaint("C-4")  # neither, and its time is up
    make_complaint("C-5", received=timezone.now())  # its clock still runs
    make_complaint("C-6", status="acknowledged", acknowledged_at=MARCH, waiting_since=MARCH)
    solved("C-7", imported=True)

    (row,) = reporting.kept(Complaint.objects.all(), timezone.now())

    assert (row.received, row.acknowledged_in_time, row.acknowledge_judged) == (7, 3, 5)
    assert (row.resolved_in_time, row.resolve_judged) == (3, 5)
    assert (row.acknowledged_share, row.resolved_share) == (0.6, 0.6)


def test_each_sees_the_figures_of_their_own_complaints(client, k1, anna, boris, diana):
    solved("C-1", k1)
    solved("C-2", make_account())

    def received(user):
        client.force_login(user)
        return client.get(PAGE, {"month": "2026-03"}).context["totals"].received

    assert [received(user) for user in (anna, boris, diana)] == [1, 0, 2]


def test_the_page_takes_as_many_queries_for_ten_as_for_one(
    client, diana, django_assert_num_queries, django_assert_max_num_queries
):
    client.force_login(diana)
    solved("C-1")
    with django_assert_max_num_queries(30) as one:
        client.get(PAGE, {"month": "2026-03"})

    for number in range(2, 11):
        solved(f"C-{number}", category=f"{number}", tier="key")

    with django_assert_num_queries(len(one)):
        client.get(PAGE, {"month": "2026-03"})


@pytest.mark.parametrize("query", [{"month": "2026-13"}, {"month": "x"}, {"by": "title"}])
def test_a_month_or_column_that_is_none_is_not_there(client, diana, query):
    client.force_login(diana)

    assert client.get(PAGE, query).status_code == 404


@pytest.mark.parametrize("month", ["", "0001-01", "9999-12"])
def test_months_without_complaints_are_shown_as_empty_or_not_at_all(client, diana, month):
    client.force_login(diana)

    assert client.get(PAGE, {"month": month}).status_code in (200, 404)


# --- conclusions


def test_the_director_writes_conclusions_and_others_read_them(client, anna, diana):
    client.force_login(diana)
    typed = {"findings": "Pallets get lost", "improvements": "Count at the gate"}

    answer = client.post(f"{PAGE}write/?month=2026-03", typed)
    client.post(f"{PAGE}write/?month=2026-03", typed | {"improvements": "Count twice"})
    client.post(f"{PAGE}write/?month=2026-03", typed | {"improvements": "Count twice"})

    assert answer.url == f"{PAGE}?month=2026-03"
    assert MonthlySummary.objects.get().improvements == "Count twice"
    entries = AuditEntry.objects.filter(action="complaints.summary_written").order_by("pk")
    assert [entry.changes["improvements"] for entry in entries] == [
        "Count at the gate",
        ["Count at the gate", "Count twice"],
    ]
    client.force_login(anna)
    assert "Count twice" in client.get(PAGE, {"month": "2026-03"}).text
    assert client.post(f"{PAGE}write/?month=2026-03", typed).status_code == 403


@pytest.mark.parametrize(
    ("month", "typed"),
    [
        ("2026-03", {"findings": "", "improvements": "x"}),
        ("2999-01", {"findings": "x", "improvements": "x"}),
    ],
)
def test_conclusions_that_cannot_be_are_refused(client, diana, month, typed):
    client.force_login(diana)

    assert client.post(f"{PAGE}write/?month={month}", typed).status_code == 422
    assert not MonthlySummary.objects.exists()


# --- export


def test_complaints_of_some_days_leave_with_a_reason_that_is_logged(client, k1, diana):
    solved("C-1", k1, title="=HYPERLINK()", cause="logistics")
    solved("C-2", k1, received=datetime(2026, 4, 1, 2, tzinfo=UTC))
    client.force_login(diana)
    typed = {"columns": ["complaint_number", "title", "cause"], "format": "csv", "reason": "audit"}

    answer = client.post(f"{EXPORT}?since=2026-03-01&until=2026-03-31", typed)

    lines = answer.getvalue().decode("utf-8-sig").splitlines()
    assert lines[1:] == ["C-1,'=HYPERLINK(),Transport and storage"]
    entry = AuditEntry.objects.get(action="complaints.complaints_exported")
    assert (entry.actor, entry.reason, entry.changes["rows"]) == (diana, "audit", 1)


def test_an_export_needs_its_permission_a_reason_and_days_in_order(client, anna, diana):
    client.force_login(diana)
    typed = {"columns": ["complaint_number"], "format": "csv"}
    assert client.get(EXPORT).status_code == 200
    assert client.post(EXPORT, typed).status_code == 422
    assert client.get(f"{EXPORT}?since=2026-03-02&until=2026-03-01").status_code == 422
    client.force_login(anna)
    assert client.get(EXPORT).status_code == 403


def test_an_export_counts_against_the_quota_of_the_month(client, k1, diana):
    for number in range(3):
        solved(f"C-{number}", k1)
    month = timezone.localdate().replace(day=1)
    Export.objects.create(user=diana, kind="complaints.complaint", month=month, rows=19_996)
    client.force_login(diana)
    typed = {"columns": ["complaint_number"], "format": "csv", "reason": "audit"}
    assert "4 of 20,000 rows left" in client.get(EXPORT).text

    taken, refused = client.post(EXPORT, typed), client.post(EXPORT, typed)

    assert (taken.status_code, refused.status_code) == (200, 422)
    assert "more than the 1 that you have left" in refused.text
    assert Export.objects.filter(user=diana, rows=3, reason="audit").count() == 1
    assert AuditEntry.objects.filter(action="complaints.complaints_exported").count() == 1
