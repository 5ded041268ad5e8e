"""A visit from plan to close: calendar, check-in, report, follow-ups."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Event, Need, ServiceMember
from accounts.services import cover
from kam.core.models import AuditEntry
from tests.factories import make_account, make_contact
from tests.visits.factories import days_ago, make_follow_up, make_held_visit, make_visit
from visits.models import FollowUp, Visit

TODAY = timezone.localdate
EN = {"Accept-Language": "en"}


def tomorrow():
    return TODAY() + timedelta(days=1)


@pytest.fixture
def visit(k1):
    return make_visit(k1)


def post(client, user, url, **data):
    client.force_login(user)
    return client.post(url, data)


def filled(visit, action="close", **fields):
    """A report as the form sends it."""
    return {
        "visited_on": str(TODAY()),
        "purpose": "谈明年框架协议",
        "next_step": "下周报价",
        "expected": visit.updated_at.isoformat(timespec="microseconds"),
        "action": action,
        **fields,
    }


# --- plan


def test_a_manager_plans_a_visit_by_the_name_of_the_customer(client, anna, k1):
    data = {"account": "华锐", "kind": "on_site", "planned_on": str(tomorrow()), "owner": anna.pk}

    response = post(client, anna, "/visits/new/", **data, purpose="新品介绍")

    visit = Visit.objects.get()
    assert response.url == f"/visits/{visit.pk}/"
    assert (visit.account, visit.owner, visit.status) == (k1, anna, "planned")
    assert AuditEntry.objects.filter(action="visits.visit_planned", actor=anna).exists()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"account": "nobody"}, "没有|no such customer"),
        ({"planned_on": "2020-01-01"}, "over|已过"),
    ],
)
def test_a_visit_needs_a_customer_of_ones_own_and_a_day_to_come(client, anna, k1, changed, error):
    data = {"account": "K1", "kind": "on_site", "planned_on": str(TODAY()), "owner": anna.pk}

    response = post(client, anna, "/visits/new/", **data | changed)

    assert response.status_code == 422
    assert not Visit.objects.exists()


def test_nobody_is_sent_to_a_customer_they_do_not_see(client, diana, boris, k1):
    data = {"account": "K1", "kind": "on_site", "planned_on": str(TODAY()), "owner": boris.pk}

    assert post(client, diana, "/visits/new/", **data).status_code == 422

    ServiceMember.objects.create(account=k1, user=boris, role="technical", since=TODAY())
    assert post(client, diana, "/visits/new/", **data).status_code == 302


def test_who_covers_for_the_manager_can_be_sent(client, anna, boris, k1):
    named = cover.propose_cover(
        person=anna, cover=boris, since=TODAY(), until=tomorrow(), actor=anna
    )
    data = {"account": "K1", "kind": "on_site", "planned_on": str(TODAY()), "owner": boris.pk}
    assert post(client, anna, "/visits/new/", **data).status_code == 422

    cover.accept_cover(named.pk, actor=boris)

    assert post(client, anna, "/visits/new/", **data).status_code == 302


def test_the_calendar_shows_a_visit_on_its_day(client, anna, visit):
    client.force_login(anna)

    page = client.get("/visits/").text

    assert f'data-day="{TODAY()}"' in page
    assert f'id="visit-{visit.pk}"' in page
    assert "华锐" in page


def test_a_stranger_sees_neither_calendar_entry_nor_page(client, boris, visit):
    client.force_login(boris)

    assert "华锐" not in client.get("/visits/?who=all").text
    assert client.get(f"/visits/{visit.pk}/").status_code == 404


def test_the_calendar_asks_the_same_number_of_questions_for_more_visits(
    client, anna, k1, visit, django_assert_num_queries
):
    client.force_login(anna)
    client.get("/visits/")
    with django_assert_num_queries(7):
        client.get("/visits/")
    for _ in range(9):
        make_visit(k1)
    with django_assert_num_queries(7):
        client.get("/visits/")


def test_a_full_day_shows_its_first_visits_and_leads_to_the_rest(client, anna, k1, visit):
    for hour in range(8, 16):
        make_visit(k1, planned_at=time(hour))
    make_visit(k1, status="cancelled", cancel_reason="x")
    make_visit(make_account(manager=anna, tier="key"), planned_at=time(7))
    client.force_login(anna)
    day = str(TODAY())

    answer = client.get("/visits/?who=all", headers=EN)

    assert answer.context["number"] == 10
    (found,) = [d for week in answer.context["weeks"] for d in week if d.number]
    assert [each.planned_at.hour for each in found.visits] == [7, 8, 9, 10, 11, 12]
    assert "4 more" in answer.text
    assert f"/visits/list/?since={day}&amp;until={day}" in answer.text
    keys = client.get("/visits/?who=all&tier=key", headers=EN)
    assert keys.context["number"] == 1
    rows = client.get(f"/visits/list/?since={day}&until={day}&tier=key").context["page"].rows
    assert [row.account.tier for row in rows] == ["key"]


def test_the_service_team_sees_the_visits_of_its_customer(client, boris, k1, visit):
    ServiceMember.objects.create(account=k1, user=boris, role="technical", since=TODAY())
    client.force_login(boris)

    assert client.get(f"/visits/{visit.pk}/").status_code == 200


# --- move


def move(client, user, visit, to, **fields):
    data = {"on": str(to), "expected": str(visit.planned_on), **fields}
    return post(client, user, f"/visits/{visit.pk}/move/", **data)


def test_a_visit_moves_to_another_day(client, anna, visit):
    response = move(client, anna, visit, tomorrow())

    visit.refresh_from_db()
    assert response.url == f"/visits/{visit.pk}/"
    assert visit.planned_on == tomorrow()


def test_a_drop_on_the_calendar_gets_the_calendar_anew(client, anna, visit):
    client.force_login(anna)
    data = {"on": str(tomorrow()), "expected": str(visit.planned_on), "who": "all"}
    data["month"] = f"{tomorrow():%Y-%m}"

    response = client.post(f"/visits/{visit.pk}/move/", data, headers={"HX-Request": "true"})

    assert f'data-on="{tomorrow()}"' in response.text
    assert "<html" not in response.text


def test_who_saw_the_visit_on_another_day_is_told(client, anna, visit):
    Visit.objects.update(planned_on=tomorrow())

    move(client, anna, visit, TODAY() + timedelta(days=9))

    visit.refresh_from_db()
    assert visit.planned_on == tomorrow()


def test_a_visit_is_not_moved_into_the_past_nor_once_begun(client, anna, visit):
    move(client, anna, visit, days_ago(1))
    Visit.objects.update(status="started", started_at=timezone.now())
    move(client, anna, visit, tomorrow())

    visit.refresh_from_db()
    assert visit.planned_on == TODAY()


def test_a_form_does_not_lead_to_another_site(client, anna, visit):
    response = move(client, anna, visit, tomorrow(), next="https://evil.example/")

    assert response.url == f"/visits/{visit.pk}/"


# --- check in


def test_checking_in_notes_time_and_position(client, anna, visit):
    position = {"latitude": "31.2304167", "longitude": "121.4737", "accuracy": "12.4"}

    post(client, anna, f"/visits/{visit.pk}/check-in/", **position)

    visit.refresh_from_db()
    assert (visit.status, visit.visited_on) == ("started", TODAY())
    assert (visit.latitude, visit.longitude) == (Decimal("31.230417"), Decimal("121.4737"))
    assert visit.accuracy == 12


@pytest.mark.parametrize(
    "position", [{}, {"latitude": "", "longitude": ""}, {"latitude": "95", "longitude": "1"}]
)
def test_checking_in_works_without_a_position(client, anna, visit, position):
    post(client, anna, f"/visits/{visit.pk}/check-in/", **position)

    visit.refresh_from_db()
    assert (visit.status, visit.latitude) == ("started", None)


def test_only_who_visits_checks_in(client, diana, visit):
    post(client, diana, f"/visits/{visit.pk}/check-in/")

    visit.refresh_from_db()
    assert visit.status == "planned"


def test_nobody_checks_in_twice(client, anna, visit):
    post(client, anna, f"/visits/{visit.pk}/check-in/")
    first = Visit.objects.get().started_at
    post(client, anna, f"/visits/{visit.pk}/check-in/")

    assert Visit.objects.get().started_at == first


# --- report


def test_a_report_closes_the_visit_with_all_that_was_learnt(client, anna, k1, visit):
    contact = make_contact(k1)
    data = filled(
        visit,
        participants=[contact.pk],
        findings="产线扩建",
        competitor_news="对手降价 5%",
        needs="更短的交期\n\n夜间技术支持",
        **{"follow_up0-text": "寄报价"},
        **{"follow_up0-owner": anna.pk},
        **{"follow_up0-due_on": str(tomorrow())},
    )

    response = post(client, anna, f"/visits/{visit.pk}/report/", **data)

    visit.refresh_from_db()
    assert response.url == f"/visits/{visit.pk}/"
    assert (visit.status, visit.done_by, list(visit.participants.all())) == (
        "done",
        anna,
        [contact],
    )
    assert visit.needs == ["更短的交期", "夜间技术支持"]
    needs = Need.objects.order_by("pk").values_list("text", "source", "source_url")
    assert list(needs) == [(text, "visit", f"/visits/{visit.pk}/") for text in visit.needs]
    follow_up = visit.follow_ups.get()
    assert (follow_up.text, follow_up.owner, follow_up.due_on) == ("寄报价", anna, tomorrow())
    event = Event.objects.get(kind="visits.visit_done")
    assert event.account == k1
    assert "谈明年框架协议" in client.get("/accounts/K1/").text


@pytest.mark.parametrize("missing", ["purpose", "next_step"])
def test_a_purpose_and_a_next_step_are_required_to_close(client, anna, visit, missing):
    response = post(client, anna, f"/visits/{visit.pk}/report/", **filled(visit, **{missing: " "}))

    assert response.status_code == 422
    assert Visit.objects.get().status == "planned"
    assert not Need.objects.exists()


@pytest.mark.parametrize("missing", ["purpose", "next_step", "visited_on", "done_by", "done_at"])
def test_the_database_takes_no_closed_visit_without_them(k1, missing):
    blank = {"purpose": " \n ", "next_step": " "}.get(missing)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_held_visit(k1, TODAY(), **{missing: blank})


def test_a_report_can_be_kept_for_later(client, anna, visit):
    data = filled(visit, action="save", next_step="", findings="待补充")

    post(client, anna, f"/visits/{visit.pk}/report/", **data)

    visit.refresh_from_db()
    assert (visit.status, visit.findings) == ("planned", "待补充")


def test_an_older_report_does_not_overwrite_a_newer_one(client, anna, visit):
    data = filled(visit)
    visit.findings = "newer"
    visit.save()

    response = post(client, anna, f"/visits/{visit.pk}/report/", **data)

    visit.refresh_from_db()
    assert (response.status_code, visit.status, visit.findings) == (422, "planned", "newer")


@pytest.mark.parametrize(
    "wrong",
    [
        {"visited_on": str(date(2099, 1, 1))},
        {"follow_up0-text": "寄报价"},
        {"follow_up0-text": "寄报价", "follow_up0-owner": "1", "follow_up0-due_on": "2020-01-01"},
    ],
)
def test_a_report_with_mistakes_is_shown_again(client, anna, visit, wrong):
    if "follow_up0-owner" in wrong:
        wrong = wrong | {"follow_up0-owner": anna.pk}

    response = post(client, anna, f"/visits/{visit.pk}/report/", **filled(visit, **wrong))

    assert response.status_code == 422
    assert (Visit.objects.get().status, FollowUp.objects.count()) == ("planned", 0)


def test_contacts_of_another_customer_took_no_part(client, anna, visit):
    other = make_contact(make_account(manager=anna))

    data = filled(visit, participants=[other.pk])

    assert post(client, anna, f"/visits/{visit.pk}/report/", **data).status_code == 422


def test_a_closed_visit_stays_as_it_is(client, anna, k1):
    held = make_held_visit(k1, TODAY())

    post(client, anna, f"/visits/{held.pk}/report/", **filled(held, findings="changed"))
    post(client, anna, f"/visits/{held.pk}/cancel/", reason="x")

    held.refresh_from_db()
    assert (held.status, held.findings) == ("done", "")


def test_who_was_met_counts_as_spoken_to_on_that_day(client, anna, visit, k1):
    boss = make_contact(k1, buying_role="decision_maker")
    other = make_contact(k1, name="李雷")
    page = "/accounts/K1/buying-centre/"
    client.force_login(anna)
    silent = client.get(page, headers=EN).text
    type(other).objects.filter(pk=other.pk).update(last_touch_on=days_ago(1))

    held_on = days_ago(3)
    data = filled(visit, visited_on=str(held_on), participants=[boss.pk, other.pk])
    client.post(f"/visits/{visit.pk}/report/", data)

    boss.refresh_from_db()
    other.refresh_from_db()
    assert (boss.last_touch_on, other.last_touch_on) == (held_on, days_ago(1))
    assert "No touch" in silent
    assert "No touch" not in client.get(page, headers=EN).text


def test_a_report_that_is_only_kept_touches_nobody(client, anna, visit, k1):
    boss = make_contact(k1)

    post(
        client, anna, f"/visits/{visit.pk}/report/", **filled(visit, "save", participants=[boss.pk])
    )

    boss.refresh_from_db()
    assert (boss.last_touch_on, list(visit.participants.all())) == (None, [boss])


def test_cancelling_needs_a_reason_and_tells_the_timeline(client, anna, visit):
    refused = post(client, anna, f"/visits/{visit.pk}/cancel/", reason=" ")
    assert refused.status_code == 422
    assert '<button class="btn btn-primary">取消拜访</button>' in refused.text
    post(client, anna, f"/visits/{visit.pk}/cancel/", reason="客户盘点")

    visit.refresh_from_db()
    assert (visit.status, visit.cancel_reason) == ("cancelled", "客户盘点")
    assert Event.objects.filter(kind="visits.visit_cancelled").count() == 1


def test_a_change_asks_for_the_state_that_was_seen(client, anna, visit):
    data = {"kind": "return", "planned_on": str(tomorrow()), "owner": anna.pk, "purpose": "回访"}
    url = f"/visits/{visit.pk}/edit/"

    assert post(client, anna, url, **data, expected="").status_code == 422
    expected = visit.updated_at.isoformat()
    assert post(client, anna, url, **data, expected=expected).status_code == 302

    visit.refresh_from_db()
    assert (visit.kind, visit.planned_on) == ("return", tomorrow())


def test_the_form_to_change_sends_the_state_that_it_shows(client, anna, visit):
    client.force_login(anna)
    page = client.get(f"/visits/{visit.pk}/edit/").text
    expected = page.split('name="expected" value="')[1].split('"')[0]
    data = {"kind": "mutual", "planned_on": str(TODAY()), "owner": anna.pk}

    response = client.post(f"/visits/{visit.pk}/edit/", {**data, "expected": expected})

    assert response.status_code == 302
    assert Visit.objects.get().kind == "mutual"


# --- follow-ups


def test_a_follow_up_is_done_with_what_came_of_it(client, anna, visit):
    follow_up = make_follow_up(visit)

    post(client, anna, f"/visits/follow-ups/{follow_up.pk}/", result="已寄出")
    again = post(client, anna, f"/visits/follow-ups/{follow_up.pk}/", result="again")

    follow_up.refresh_from_db()
    assert (follow_up.result, follow_up.done_by, again.status_code) == ("已寄出", anna, 422)


def test_a_reader_does_not_finish_a_follow_up(client, gm, visit):
    follow_up = make_follow_up(visit)

    assert post(client, gm, f"/visits/follow-ups/{follow_up.pk}/", result="x").status_code == 403


def test_ones_own_follow_ups_come_first_and_those_of_others_on_demand(client, diana, anna, visit):
    make_follow_up(visit, text="寄送样品")
    client.force_login(diana)

    assert "寄送样品" not in client.get("/visits/follow-ups/").text
    assert "寄送样品" in client.get("/visits/follow-ups/?who=all").text


# --- the list


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("account=华锐", True),
        ("account=别家", False),
        ("status=planned", True),
        ("status=done", False),
        ("status=missed", False),
        ("kind=return", False),
        ("since=2099-01-01", False),
    ],
)
def test_filters_narrow_the_list(client, anna, visit, query, shown):
    client.force_login(anna)

    assert (f"/visits/{visit.pk}/" in client.get(f"/visits/list/?{query}").text) is shown


def test_a_missed_visit_is_called_missed(client, anna, k1):
    visit = make_visit(k1, planned_on=days_ago(1))
    client.force_login(anna)

    assert f"/visits/{visit.pk}/" in client.get("/visits/list/?status=missed").text


def test_the_panel_of_an_account_says_when_the_next_visit_is_due(client, anna, k1):
    make_held_visit(k1, days_ago(10))
    client.force_login(anna)

    page = client.get("/visits/panel/K1/").text

    assert str(days_ago(10) + timedelta(days=180)) in page
