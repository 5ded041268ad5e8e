"""From prospect to customer: what is known, what it comes to, what was decided and why."""

from itertools import product

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import qualification_rules as rules
from accounts.models import Account, Event, Qualification, Stage
from accounts.services import qualification as services
from credit.models import LineProposal
from kam.core.models import AuditEntry
from kam.home.today import day_of
from tests.factories import make_account

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}
ADDRESS = "/accounts/P1/qualification/"
CLEAR = dict.fromkeys(rules.LEGAL_POINTS, "yes")
ALL_YES = {"need": "yes", "money": "yes", "authority": "yes", **CLEAR}


@pytest.fixture
def prospect(anna):
    return services.create_prospect(
        account_number="P1", name="南京新材料有限公司", actor=anna, manager=anna
    )


@pytest.fixture
def send(client, prospect):
    """`send(user, "decide/", decision="accept")` posts with what the page showed."""

    def send(user, address="", **data):
        client.force_login(user)
        expected = prospect.qualifications.latest("pk").updated_at.isoformat()
        return client.post(ADDRESS + address, {"expected": expected, **data}, headers=ENGLISH)

    return send


def stage(account):
    return Account.objects.get(pk=account.pk).stage


# --- the rule


@pytest.mark.parametrize(
    ("answers", "legal", "advice", "may_accept"),
    [
        ("yyy", CLEAR, "accept", True),
        ("yyn", CLEAR, "conditional", True),
        ("nyy", CLEAR, "conditional", True),
        ("ynn", CLEAR, "cultivate", False),
        ("nnn", CLEAR, "stop", False),
        ("yy?", CLEAR, "incomplete", False),
        ("yyy", {}, "incomplete", False),
        ("yyy", CLEAR | {"permits": ""}, "incomplete", False),
        ("yyy", CLEAR | {"sanctions": "no"}, "barred", False),
        ("???", {"enforcement": "no"}, "barred", False),  # decides alone
    ],
)
def test_what_the_answers_come_to(answers, legal, advice, may_accept):
    codes = {"y": "yes", "n": "no", "?": ""}
    given = {name: codes[one] for name, one in zip(rules.QUESTIONS, answers, strict=True)}

    screening = rules.screen(given, legal)

    assert (screening.advice, screening.may_accept) == (advice, may_accept)


def test_a_better_answer_never_takes_the_right_to_accept_away():
    """For every combination of answers, 3 to the power of 8."""
    names = [*rules.QUESTIONS, *rules.LEGAL_POINTS]

    def may_accept(answers):
        return rules.screen(answers, answers).may_accept

    for given in product(["yes", "no", ""], repeat=len(names)):
        answers = dict(zip(names, given, strict=True))
        if may_accept(answers):
            assert all(may_accept(answers | {name: "yes"}) for name in names)


# --- the way of a prospect


def test_a_prospect_is_opened_from_the_form_of_new_accounts(client, anna):
    client.force_login(anna)
    assert "checked" in client.get("/accounts/new/?prospect=on").text

    client.post("/accounts/new/", {"account_number": "P1", "name": "新公司", "is_prospect": "on"})
    client.post("/accounts/new/", {"account_number": "C1", "name": "老客户"})

    assert dict(Account.objects.values_list("account_number", "stage")) == {
        "P1": "prospect",
        "C1": "customer",
    }
    assert Qualification.objects.get().account.account_number == "P1"


def test_a_prospect_becomes_a_customer_with_reasons(send, anna, prospect):
    send(anna, **ALL_YES, need_note="Two tons a month from May")

    answer = send(anna, "decide/", decision="accept", reasons="Large and sound")

    assert answer.url == "/accounts/P1/"
    assert stage(prospect) == Stage.CUSTOMER
    decided = Qualification.objects.get()
    assert (decided.status, decided.decided_by, decided.reasons) == (
        "accepted",
        anna,
        "Large and sound",
    )
    assert decided.need_note == "Two tons a month from May"
    assert AuditEntry.objects.filter(action="accounts.prospect_accepted", actor=anna).exists()
    event = Event.objects.get(kind="accounts.prospect_accepted")
    assert event.data["reasons"] == "Large and sound"


def test_the_page_says_what_is_missing(client, send, anna):
    send(anna, **ALL_YES | {"authority": "no", "permits": ""})

    page = client.get(ADDRESS, headers=ENGLISH).text

    assert "Not everything is known yet: Has the permits that our goods need" in page
    send(anna, **ALL_YES | {"authority": "no"})
    assert (
        "Worth an effort: one thing is missing: Authority"
        in client.get(ADDRESS, headers=ENGLISH).text
    )


@pytest.mark.parametrize(
    ("answers", "decision", "says"),
    [
        (ALL_YES | {"sanctions": "no"}, {"decision": "accept", "reasons": "x"}, "Do not deal"),
        (ALL_YES | {"need": ""}, {"decision": "accept", "reasons": "x"}, "Not everything"),
        (ALL_YES, {"decision": "accept", "reasons": "  "}, "Say why."),
        (ALL_YES, {"decision": "reject", "reasons": ""}, "Say why."),
        (ALL_YES, {"reasons": "x"}, 'role="alert"'),
    ],
)
def test_a_refused_decision_says_why_and_changes_nothing(
    send, anna, prospect, answers, decision, says
):
    send(anna, **answers)

    answer = send(anna, "decide/", **decision)

    assert answer.status_code == 422
    assert says in answer.text
    assert stage(prospect) == Stage.PROSPECT


def test_it_can_be_given_up_at_any_time_and_taken_up_again(send, anna, prospect):
    send(anna, "decide/", decision="reject", reasons="Bought by a competitor")
    assert stage(prospect) == Stage.REJECTED

    send(anna, "reopen/")

    assert stage(prospect) == Stage.PROSPECT
    first, second = Qualification.objects.order_by("pk")
    assert (first.status, first.reasons) == ("rejected", "Bought by a competitor")
    assert (second.status, second.need) == ("open", "")


def test_who_decides_on_answers_that_have_changed_is_told(send, anna, prospect):
    seen = prospect.qualifications.get().updated_at.isoformat()
    send(anna, **ALL_YES)

    answer = send(anna, "decide/", decision="accept", reasons="x", expected=seen)

    assert answer.status_code == 422
    assert "Somebody changed the answers meanwhile" in answer.text
    assert stage(prospect) == Stage.PROSPECT


def test_a_second_decision_changes_nothing(send, anna, prospect):
    send(anna, "decide/", decision="reject", reasons="first")

    assert send(anna, "decide/", decision="reject", reasons="second").url == ADDRESS
    assert Qualification.objects.get().reasons == "first"


@pytest.mark.parametrize("address", ["", "decide/", "reopen/"])
def test_others_do_not_find_it_and_readers_change_nothing(send, boris, gm, prospect, address):
    assert send(boris, address, decision="reject", reasons="x").status_code == 404
    assert send(gm, address, decision="reject", reasons="x").status_code == 403
    assert stage(prospect) == Stage.PROSPECT


def test_who_only_reads_sees_the_answers_without_a_form(client, send, anna, gm):
    send(anna, **ALL_YES)
    client.force_login(gm)

    page = client.get(ADDRESS, headers=ENGLISH).text

    assert "Make it a customer" in page  # the advice
    assert "<textarea" not in page


def test_a_prospect_gets_no_credit(client, anna, prospect):
    client.force_login(anna)
    terms = {
        "limit": "1000",
        "currency": "CNY",
        "terms_days": "30",
        "form": "open_account",
        "valid_from": timezone.localdate(),
        "valid_until": timezone.localdate(),
        "reason": "x",
    }

    answer = client.post("/credit/accounts/P1/apply/", terms, headers=ENGLISH)

    assert "This company is no customer yet" in answer.text
    assert not LineProposal.objects.exists()


def test_an_open_prospect_waits_for_its_manager(anna, boris, prospect):
    (entry,) = day_of(anna, timezone.now(), kind="accounts.prospect").waiting

    assert entry.item.url == ADDRESS
    assert day_of(boris, timezone.now()).waiting == []


def test_the_list_shows_ones_own_prospects(client, anna, boris, diana, prospect):
    make_account(account_number="C1", name="老客户", manager=anna)

    def shown(user, query=""):
        client.force_login(user)
        return client.get(f"/prospects/{query}").text

    assert "南京新材料有限公司" in shown(anna)
    assert "老客户" not in shown(anna)
    assert "南京新材料有限公司" in shown(diana)
    assert "南京新材料有限公司" not in shown(boris)
    assert "南京新材料有限公司" not in shown(anna, "?stage=rejected")


def test_the_list_asks_as_many_queries_for_ten_as_for_one(client, anna, prospect):
    client.force_login(anna)
    client.get("/prospects/")

    with CaptureQueriesContext(connection) as few:
        client.get("/prospects/")
    for n in range(2, 11):
        services.create_prospect(account_number=f"P{n}", name="新", actor=anna, manager=anna)
    with CaptureQueriesContext(connection) as many:
        client.get("/prospects/")

    assert len(many) == len(few)


def test_the_database_keeps_one_open_qualification(anna, prospect):
    with pytest.raises(IntegrityError, match="accounts_qualification_open"):
        Qualification.objects.create(account=prospect, opened_by=anna)


def test_the_database_refuses_a_decision_without_reasons(anna, prospect):
    with pytest.raises(IntegrityError, match="decided_with_reasons"):
        Qualification.objects.update(status="accepted", decided_by=anna, decided_at=timezone.now())
