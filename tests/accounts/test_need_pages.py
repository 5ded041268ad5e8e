import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from accounts import need_rules as rules
from accounts.models import Need
from accounts.services import needs
from accounts.today_work import needs_to_answer
from accounts.views.needs import MOVES
from kam.core.models import AuditEntry
from tests.complaints.factories import make_complaint
from tests.factories import make_account, make_order, make_user

EN = {"Accept-Language": "en"}
BOARD = "/needs/board/"


@pytest.fixture
def need(k1, anna):
    return needs.collect(k1, text="A lighter bracket", source="visit", product="P1", actor=anna)


@pytest.fixture
def researcher(db):
    return make_user("rita", "researcher")


def analyse(need, actor, priority=3):
    return needs.analyse(need.pk, feasibility=2, priority=priority, analysis="ok", actor=actor)


def test_a_need_is_written_down_on_the_accounts_page(client, anna, k1):
    client.force_login(anna)

    response = client.post(
        "/accounts/K1/needs/new/", {"text": "Lighter", "kind": "product", "source": "call"}
    )

    need = Need.objects.get()
    assert response.headers["Location"] == f"/needs/{need.pk}/"
    assert (need.account, need.owner, need.text) == (k1, anna, "Lighter")
    assert "Lighter" in client.get("/accounts/K1/needs/").text


def test_the_pages_lead_a_need_from_hearing_to_the_customers_word(client, anna, need):
    client.force_login(anna)
    page = f"/needs/{need.pk}/"
    values = {"kind": "product", "product": "P1", "feasibility": "3", "priority": "3"}

    client.post(f"{page}analyse/", {**values, "analysis": "We have it"})
    assert "Do it now" in client.get(page, headers=EN).text
    client.post(f"{page}answer/", {"words": "Take model B"})
    client.post(f"{page}send-back/", {"words": "Too heavy"})
    client.post(f"{page}answer/", {"words": "Take model C"})
    client.post(f"{page}confirm/", {"words": "Content"})

    need.refresh_from_db()
    assert (need.status, need.answer, need.rejections) == ("confirmed", "Take model C", 1)


def test_a_form_that_came_too_late_says_so(client, anna, need):
    needs.decline(need.pk, outcome="no", actor=anna)
    client.force_login(anna)

    response = client.post(f"/needs/{need.pk}/answer/", {"words": "x"}, headers=EN)

    assert response.status_code == 422
    assert "Declined" in response.text


def test_another_managers_need_does_not_exist_for_boris(client, boris, need):
    client.force_login(boris)
    for address in ("", "answer/"):
        assert client.get(f"/needs/{need.pk}/{address}").status_code == 404
    assert "lighter" not in client.get("/needs/").text


def test_who_only_reads_may_not_answer(client, researcher, need):
    client.force_login(researcher)
    assert client.get(f"/needs/{need.pk}/").status_code == 200
    assert client.post(f"/needs/{need.pk}/answer/", {"words": "x"}).status_code == 403


def test_an_unknown_step_is_not_found(client, anna, need):
    client.force_login(anna)
    assert client.get(f"/needs/{need.pk}/dance/").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Open one", "Answered one"]),
        ("show=answer", ["Open one"]),
        ("show=customer", ["Answered one"]),
        ("show=closed", ["Closed one"]),
        ("text=p9", ["Closed one"]),
        ("show=all&text=p9", ["Closed one"]),
        ("kind=price", []),
    ],
)
def test_the_list_is_filtered(client, anna, k1, query, found):
    needs.collect(k1, text="Open one", source="visit", actor=anna)
    answered = analyse(needs.collect(k1, text="Answered one", source="call", actor=anna), anna)
    needs.answer(answered.pk, text="yes", actor=anna)
    closed = needs.collect(k1, text="Closed one", source="call", product="P9", actor=anna)
    needs.decline(closed.pk, outcome="no", actor=anna)
    client.force_login(anna)

    page = client.get(f"/needs/?{query}", headers=EN).text

    expected = found if query != "text=p9" else []
    for text in ("Open one", "Answered one", "Closed one"):
        assert (text in page) == (text in expected), (query, text)


def test_the_board_has_a_column_for_each_status(client, anna, k1, need):
    urgent = needs.collect(k1, text="Urgent one", source="call", actor=anna)
    analyse(urgent, anna)
    client.force_login(anna)

    page = client.get("/needs/board/", headers=EN).text

    for column in ("Collected", "Analysed", "Answered", "Declined"):
        assert f'aria-label="{column}"' in page
    assert page.index("A lighter bracket") < page.index("Urgent one")


def test_each_card_of_the_board_leads_to_the_columns_it_may_go_to():
    allowed = {(start, to) for start, ends in rules.NEXT.items() for to in ends if to != start}

    assert set(MOVES) == allowed


def test_a_need_is_moved_on_the_board_by_the_form_of_its_step(client, anna, k1, need):
    client.force_login(anna)
    step = f"/needs/{need.pk}/decline/?from=board"
    assert f'data-to="declined" draggable="false" href="{step}"' in client.get(BOARD).text
    assert f'href="{BOARD}"' in client.get(step).text

    answer = client.post(step, {"words": "Not feasible"})

    need.refresh_from_db()
    assert (answer.url, need.status) == (BOARD, "declined")


def test_who_only_reads_gets_a_board_without_moves(client, researcher, need):
    client.force_login(researcher)

    page = client.get(BOARD).text

    assert "A lighter bracket" in page
    assert "data-card" not in page
    assert "from=board" not in page


def test_the_feed_counts_products_by_customers_and_times(client, diana, anna, k1):
    other = make_account(account_number="K2")
    for account, product in ((k1, "p1"), (k1, "P1"), (other, "P1"), (k1, "P2"), (k1, "")):
        needs.collect(account, text="x", source="order", product=product, actor=anna)
    client.force_login(diana)

    page = client.get("/needs/feed/", headers=EN).text
    file = b"".join(client.get("/needs/feed/?format=csv", headers=EN)).decode("utf-8-sig")

    assert page.index(">P1<") < page.index(">P2<")
    rows = [line.split(",") for line in file.splitlines()]
    assert [row[:4] for row in rows[1:]] == [["P1", "3", "2", "3"], ["P2", "1", "1", "1"]]
    assert AuditEntry.objects.get(action="accounts.needs_exported").actor == diana


def test_the_pages_cost_the_same_for_one_and_for_ten(
    client, anna, k1, need, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(anna)
    pages = ["/needs/", "/needs/board/", "/needs/feed/", "/accounts/K1/needs/"]
    client.get("/needs/")
    counts = []
    for page in pages:
        with CaptureQueriesContext(connection) as queries:
            client.get(page)
        counts.append(len(queries))
    for _number in range(9):
        needs.collect(k1, text="more", source="visit", product="P2", actor=anna)
    for page, count in zip(pages, counts, strict=True):
        with django_assert_num_queries(count):
            client.get(page)


def test_the_list_goes_on_by_cursor(client, anna, k1, monkeypatch):
    monkeypatch.setattr("accounts.views.needs.PAGE_SIZE", 2)
    for number in range(3):
        needs.collect(k1, text=f"need {number}", source="visit", actor=anna)
    client.force_login(anna)

    first = client.get("/needs/")
    cursor = first.context["page"].next
    second = client.get(f"/needs/?cursor={cursor}")

    assert ("need 2" in first.text, "need 0" in first.text) == (True, False)
    assert ("need 2" in second.text, "need 0" in second.text) == (False, True)
    assert client.get("/needs/?cursor=nonsense").status_code == 404


@pytest.mark.parametrize(("late", "urgency", "words"), [(-4, 48, "in 4 days"), (0, 60, "today")])
def test_what_is_to_answer_waits_on_the_today_page(anna, need, late, urgency, words):
    Need.objects.update(answer_due_on=timezone.localdate() - timedelta(days=late))

    with translation.override("en"):
        (item,) = needs_to_answer(anna, timezone.now())

    assert (item.urgency, item.account_number) == (urgency, "K1")
    assert words in item.reason


def test_a_late_answer_is_urgent(anna, boris, need):
    Need.objects.update(answer_due_on=timezone.localdate() - timedelta(days=5))

    (item,) = needs_to_answer(anna, timezone.now())

    assert item.urgency == 85
    assert list(needs_to_answer(boris, timezone.now())) == []


@pytest.mark.parametrize("source", ["complaint", "order"])
def test_what_is_heard_in_a_complaint_or_with_an_order_is_collected_from_there(
    client, anna, gm, k1, source
):
    made = make_complaint(k1) if source == "complaint" else make_order(k1, order_number="O/7 1")
    client.force_login(anna)
    page = client.get(made.get_absolute_url()).text
    address = html.unescape(re.search(r'href="(/accounts/K1/needs/new/[^"]+)"', page)[1])

    form = client.get(address)
    client.post(address, {**form.context["form"].initial, "text": "更短的交期", "kind": "delivery"})

    need = Need.objects.get()
    assert (need.source, need.source_url) == (source, made.get_absolute_url())
    assert f'href="{made.get_absolute_url()}"' in client.get(need.get_absolute_url()).text
    client.force_login(gm)  # reads needs and writes none
    assert "/needs/new/" not in client.get(made.get_absolute_url()).text


@pytest.mark.parametrize(
    "query", ["source=complaint", "source=visit&from=1", "from=//evil", "source=complaint&from=a/b"]
)
def test_a_source_that_is_none_leads_nowhere(client, anna, k1, query):
    client.force_login(anna)

    client.post(
        f"/accounts/K1/needs/new/?{query}", {"text": "x", "kind": "other", "source": "call"}
    )

    assert Need.objects.get().source_url == ""
