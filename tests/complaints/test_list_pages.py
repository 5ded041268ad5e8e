"""The list of who sees a part of the complaints: page by page exactly what they may see."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

import pytest
from django.utils import timezone

from accounts.models import Cover, ServiceMember
from complaints import paging
from complaints.models import DUE, Action, Complaint
from staff.models import Team
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db
MARCH = datetime(2026, 3, 10, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
numbers = count(1)


def make_complaint(account, **fields):
    number = next(numbers)
    values = {
        "complaint_number": f"P-{number}",
        "channel": ["phone", "fax"][number % 2],
        "category": "quality",
        "title": f"{number}",
        "received_at": MARCH + number % 4 * HOUR,  # many came at the same moment
        "due_at": MARCH + number % 3 * HOUR if number % 5 else None,
        **fields,
    }
    return Complaint.objects.create(account=account, **values)


def closed(account, **fields):
    end = {"acknowledged_at": MARCH, "resolved_at": MARCH + 9 * HOUR, "closed_at": MARCH + 9 * HOUR}
    return make_complaint(account, status="closed", outcome="justified", **end | fields)


@pytest.fixture
def everything(k1, anna, boris, diana):
    """Complaints that Anna sees for each reason, some for two, and those of others."""
    away, member = make_user("away", "account_manager"), make_user("member", "account_manager")
    team = Team.objects.create(name="North", leader=anna)
    team.members.add(member)
    today = timezone.localdate()
    Cover.objects.create(
        person=away,
        cover=anna,
        since=today,
        until=today + timedelta(days=3),
        proposed_by=away,
        person_signed_by=away,
        person_signed_at=MARCH,
        cover_signed_at=MARCH,
    )
    served = make_account(manager=boris)
    ServiceMember.objects.create(account=served, user=anna, role="sales", since=today)
    foreign = make_account(manager=boris)
    for account in [*(make_account(manager=anna) for _ in range(6)), k1, served]:
        make_complaint(account)
        closed(account)
        make_complaint(account, assignee=anna, escalation_level=1)
    for account in (make_account(manager=away), make_account(manager=member)):
        make_complaint(account)
        make_complaint(account, status="acknowledged", acknowledged_at=MARCH, waiting_since=MARCH)
    for account in (foreign, None):
        make_complaint(account, assignee=away)
        closed(account, assignee=anna)
        make_complaint(account, assignee=boris)
        Action.objects.create(
            complaint=make_complaint(account),
            kind="corrective",
            text="x",
            owner=anna,
            due_on=today,
            added_by=boris,
        )
        make_complaint(account)


ALL, DUE_FIRST = ("-received_at", "-pk"), ("due", "pk")
LISTS = {
    "all": (Complaint.objects.all, ALL),
    "open": (Complaint.objects.open, DUE_FIRST),
    "late": (lambda: Complaint.objects.late(timezone.now()), DUE_FIRST),
    "a channel": (lambda: Complaint.objects.filter(channel="fax"), ALL),
    "escalated": (lambda: Complaint.objects.filter(escalation_level=1), DUE_FIRST),
    "of an account": (lambda: Complaint.objects.filter(account__account_number="K1"), ALL),
    "nothing": (lambda: Complaint.objects.filter(channel="web"), ALL),
}


def forward_and_back(page):
    """The ids on all pages to the last one, and back from there."""
    there, pages = [], [page(cursor="")]
    while pages[-1].next:
        pages.append(page(cursor=pages[-1].next))
    for found in pages:
        there += [row.pk for row in found.rows]
    back = [row.pk for row in pages[-1].rows]
    found = pages[-1]
    while found.previous:
        found = page(cursor=found.previous)
        back = [row.pk for row in found.rows] + back
    return there, back


@pytest.mark.parametrize("size", [1, 4, 50])
@pytest.mark.parametrize("who", ["anna", "boris", "diana", "nobody", "fiona"])
def test_the_pages_are_what_one_may_see_in_order(everything, request, size, who):
    user = make_user("nobody") if who == "nobody" else request.getfixturevalue(who)
    for name, (listed, keys) in LISTS.items():
        visible = listed().annotate(due=DUE).visible_to(user).order_by(*keys)
        expected = list(visible.values_list("pk", flat=True))

        page = partial(paging.page, listed(), keys=keys, size=size, user=user)
        there, back = forward_and_back(page)

        assert there == back == expected, name


def test_anna_sees_them_for_every_reason(everything, anna, boris):
    assert Complaint.objects.visible_to(anna).count() == 8 * 3 + 2 * 2 + 2 * 3
    assert Complaint.objects.visible_to(boris).count() == 3 + 5 + 1


@pytest.mark.parametrize("show", ["open", "all", "mine"])
def test_a_part_costs_as_many_queries_however_much_it_is(
    client, k1, anna, show, django_assert_num_queries, django_assert_max_num_queries
):
    make_complaint(k1, assignee=anna)
    client.force_login(anna)
    client.get("/complaints/")
    with django_assert_max_num_queries(8) as few:
        client.get(f"/complaints/?show={show}")
    for _ in range(20):
        make_complaint(make_account(manager=anna), assignee=anna)

    with django_assert_num_queries(len(few)):
        page = client.get(f"/complaints/?show={show}").context["page"]

    assert len(page.rows) == 21


@pytest.mark.parametrize("who", ["anna", "diana"])
def test_a_change_of_an_old_complaint_is_in_the_figures_at_once(client, k1, request, who):
    client.force_login(request.getfixturevalue(who))
    old = closed(k1, received_at=MARCH, due_at=MARCH + 10 * HOUR)
    of = None if who == "diana" else k1
    make_complaint(of, received_at=MARCH + timedelta(days=40), due_at=MARCH + timedelta(days=41))

    def trend():
        shown = client.get("/complaints/summary/", {"month": "2026-11"}).context["trend"]
        counts = [[point["value"] for point in line["points"]] for line in shown.data["series"]]
        return list(zip([row[1][0] for row in shown.rows], *counts, strict=True))

    assert trend() == [("2026-03", 1, 0), ("2026-04", 1, 1)]
    Complaint.objects.filter(pk=old.pk).update(resolved_at=MARCH + 11 * HOUR)
    assert trend() == [("2026-03", 1, 1), ("2026-04", 1, 1)]
    Complaint.objects.filter(pk=old.pk).update(received_at=datetime(2026, 2, 1, tzinfo=UTC))
    assert trend() == [("2026-02", 1, 1), ("2026-04", 1, 1)]
    last_minute = datetime(2026, 3, 31, 15, 59, tzinfo=UTC)  # of March here
    closed(k1, received_at=last_minute, resolved_at=timezone.now())
    assert [month for month, *_counts in trend()] == ["2026-02", "2026-03", "2026-04"]


def test_the_list_says_whose_complaints_it_shows(client, k1, anna, boris):
    make_complaint(k1, assignee=anna)
    client.force_login(anna)

    assert (
        f'<span class="badge bg-blue-lt">{k1.name}</span>'
        in client.get("/complaints/?account=K1").text
    )

    client.force_login(boris)
    assert k1.name not in client.get("/complaints/?account=K1").text
