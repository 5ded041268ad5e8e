"""The pages of complaints: who sees which, and the whole way through the forms."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from complaints.models import Action, Complaint
from complaints.services import findings, procedure, registering, reports
from tests.complaints.factories import bring_to, make_complaint
from tests.factories import make_account, make_contact, make_product, make_user

pytestmark = pytest.mark.django_db
EN = {"Accept-Language": "en"}
MONDAY = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)
GIVEN = {"channel": "phone", "category": "quality", "severity": "severe", "title": "密封圈漏油"}


@pytest.fixture
def complaint(k1, anna):
    return make_complaint(k1, actor=anna, description="三台泵漏油", severity="severe")


def titles(client, query=""):
    response = client.get(f"/complaints/{query}")
    assert response.status_code == 200
    return [row.title for row in response.context["page"].rows]


# --- the list


def test_the_open_ones_come_by_their_deadline(client, k1, anna):
    for severity in ("minor", "severe", "moderate"):
        make_complaint(k1, severity=severity, title=severity)
    bring_to(make_complaint(k1, title="closed"), "closed", actor=anna)
    Complaint.objects.create(
        complaint_number="H1", account=k1, channel="post", category="x", title="old", imported=True
    )
    client.force_login(anna)

    assert titles(client) == ["severe", "moderate", "minor"]
    assert set(titles(client, "?show=all")) == {"severe", "moderate", "minor", "closed", "old"}


def test_the_list_shows_what_it_is_narrowed_to(client, k1, anna, boris):
    with time_machine.travel(MONDAY, tick=False):
        make_complaint(k1, title="late")
    waiting = bring_to(make_complaint(k1, title="waiting"), "acknowledged", actor=anna)
    procedure.wait(waiting.pk, actor=anna, reason="x")
    given = make_complaint(make_account(), title="given", channel="fax", severity="minor")
    registering.assign(given.pk, to=anna, actor=boris)
    client.force_login(anna)

    assert titles(client, "?show=late") == ["late"]
    assert titles(client, "?show=waiting") == ["waiting"]
    assert set(titles(client, "?show=mine")) == {"late", "waiting", "given"}
    assert titles(client, "?show=escalated") == []
    assert titles(client, "?channel=fax") == ["given"]
    assert titles(client, "?severity=minor") == ["given"]
    assert titles(client, "?status=acknowledged") == ["waiting"]
    assert titles(client, f"?search={given.complaint_number}") == ["given"]
    assert set(titles(client, "?account=K1&category=quality")) == {"late", "waiting"}
    assert client.get("/complaints/?channel=pigeon").status_code == 422
    assert client.get("/complaints/?cursor=x").status_code == 404


@pytest.mark.parametrize("show", ["open", "all"])
def test_pages_of_fifty_follow_each_other_and_cost_the_same(
    client, k1, anna, diana, show, django_assert_num_queries
):
    make_complaint(k1, title="0")
    client.force_login(diana)
    client.get("/complaints/")
    with django_assert_num_queries(4) as few:
        client.get(f"/complaints/?show={show}")
    for number in range(1, 53):
        make_complaint(k1, title=str(number))

    with django_assert_num_queries(len(few)):
        first = client.get(f"/complaints/?show={show}").context["page"]

    rest = client.get(f"/complaints/?show={show}", {"cursor": first.next, "show": show})
    seen = [row.title for row in [*first.rows, *rest.context["page"].rows]]
    assert len(first.rows) == 50
    assert sorted(seen, key=int) == [str(number) for number in range(53)]


def test_each_sees_their_own(client, complaint, anna, boris, diana, gm, fiona):
    address = complaint.get_absolute_url()
    expected = [(anna, 200), (boris, 404), (diana, 200), (gm, 200), (fiona, 403)]
    for user, status in expected:
        client.force_login(user)
        assert client.get(address).status_code == status, user


def test_who_only_reads_gets_no_buttons_and_403(client, complaint, gm):
    client.force_login(gm)

    page = client.get(complaint.get_absolute_url())

    assert f"{complaint.get_absolute_url()}acknowledge/" not in page.text
    assert client.post(f"{complaint.get_absolute_url()}acknowledge/").status_code == 403
    assert client.get("/complaints/new/").status_code == 403


def test_an_unknown_step_is_not_there(client, complaint, anna):
    client.force_login(anna)

    assert client.get(f"{complaint.get_absolute_url()}burn/").status_code == 404
    assert client.get(f"{complaint.get_absolute_url()}finish/1/").status_code == 404


# --- registering


def test_a_complaint_is_registered_and_its_secret_is_shown_once(client, k1, anna, settings):
    contact = make_contact(k1)
    make_product("P9")
    client.force_login(anna)
    assert "密封" not in client.get("/complaints/new/?account=K1").text
    sent = {**GIVEN, "account": "K1", "contact": contact.pk, "product": "P9"}

    response = client.post("/complaints/new/?account=K1", sent, headers=EN)

    made = Complaint.objects.get()
    assert response.url == made.get_absolute_url()
    assert (made.account, made.contact, made.product.code) == (k1, contact, "P9")
    assert made.registered_by == anna
    page = client.get(made.get_absolute_url(), headers=EN)
    assert made.follows(page.context["secret"])
    assert page.context["secret"] in page.text
    assert f"{settings.SITE_URL}/complain/follow/" in page.text
    assert not client.get(made.get_absolute_url()).context["secret"]


def test_the_customer_is_found_by_a_part_of_the_name(client, k1, anna):
    make_account(account_number="K3", name="华锐精工有限公司", manager=anna)
    client.force_login(anna)

    several = client.post("/complaints/new/", {**GIVEN, "account": "华锐"})
    one = client.post("/complaints/new/", {**GIVEN, "account": "华锐精工"})

    assert several.status_code == 422
    assert {"K1", "K3"} <= set(several.context["form"].errors["account"][0].split())
    assert one.status_code == 302
    assert Complaint.objects.get().account.account_number == "K3"


def test_what_is_wrong_is_said_beside_the_field(client, k1, anna):
    make_account(account_number="K2")
    client.force_login(anna)

    response = client.post(
        "/complaints/new/", {**GIVEN, "account": "K2", "product": "none", "title": ""}
    )

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"account", "product", "title"}


def test_a_complaint_from_the_past_runs_from_then(client, k1, anna):
    client.force_login(anna)
    yesterday = timezone.localtime() - timedelta(days=1)

    client.post(
        "/complaints/new/",
        {**GIVEN, "account": "K1", "received_at": f"{yesterday:%Y-%m-%dT%H:%M}"},
    )

    assert Complaint.objects.get().received_at < timezone.now() - timedelta(hours=23)


# --- the way through the forms


def test_through_the_forms_to_the_end(client, complaint, anna, diana):
    client.force_login(anna)
    address = complaint.get_absolute_url()

    def post(step, **given):
        response = client.post(f"{address}{step}/", given)
        assert response.status_code == 302, response.text
        assert client.get(address).status_code == 200

    post("acknowledge", note="已电话告知")
    post("wait", reason="等样品")
    post("resume")
    post("investigate")
    post("report", version=0, occurrence_cause="模具磨损", escape_cause="终检未测")
    today = timezone.localdate().isoformat()
    for kind in ("corrective", "preventive"):
        post("action", kind=kind, text="换模具", owner=anna.pk, due_on=today)
    for action in Action.objects.all():
        post(f"finish/{action.pk}", note="已换")
    client.force_login(diana)
    for action in Action.objects.all():
        post(f"verify/{action.pk}", is_effective="yes", verification="三批合格")
    post("resolve", outcome="justified", cause="equipment", solution="换货")
    post("reply", text="已换货")
    post("confirm")
    post("close")

    complaint.refresh_from_db()
    assert complaint.status == "closed"


def test_a_refusal_is_said_on_the_form(client, complaint, anna):
    bring_to(complaint, "confirmed", actor=anna)
    client.force_login(anna)

    response = client.post(f"{complaint.get_absolute_url()}close/", headers=EN)

    assert response.status_code == 422
    assert "the 8D report of a severe complaint" in response.text


def test_the_rest_of_the_forms(client, complaint, anna, diana, boris, gm, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    make_account(account_number="K2")
    client.force_login(diana)
    address = complaint.get_absolute_url()

    def post(step, **given):
        response = client.post(f"{address}{step}/", given)
        assert response.status_code == 302, response.text

    post("assign", to=boris.pk, reason="")
    post("escalate", rung="director", reason="停产")
    post("correct", account="K1", category="delivery", severity="minor", reason="看错")
    post("secret")
    post("finding", verdict="bad", evidence="照片是网上的")
    post("similar", account="K2")
    post(f"told/{complaint.similar_customers.get().pk}", note="电话")
    post("file", upload=SimpleUploadedFile("a.txt", b"x"), description="记录")
    today = timezone.localdate().isoformat()
    post("compensation", kind="gift", amount="100", promise="x", due_on=today, reason="y")
    client.force_login(anna)
    post(f"decide/{complaint.findings.get().pk}", is_confirmed="yes")

    complaint.refresh_from_db()
    assert (complaint.assignee, complaint.category) == (boris, "delivery")
    assert complaint.findings.get().status == "confirmed"
    page = client.get(address, headers=EN)
    assert "In bad faith" in page.text
    file = client.get(f"{address}files/{complaint.files.get().pk}/")
    assert file["Content-Disposition"].startswith("attachment")
    file.close()


def test_of_many_similar_customers_the_own_who_are_to_be_told_come_first(
    client, complaint, anna, boris
):
    for _ in range(7):
        reports.add_similar(complaint.pk, account=make_account(manager=boris), actor=anna)
    own = make_account(name="自己的客户", manager=anna)
    told = make_account(name="已告知的客户", manager=anna)
    for account in (own, told):
        reports.add_similar(complaint.pk, account=account, actor=anna)
    row = complaint.similar_customers.get(account=told)
    reports.tell_similar(row.pk, note="电话", actor=anna)
    client.force_login(anna)

    similar = client.get(complaint.get_absolute_url(), headers=EN).context["similar"]

    assert similar["shown"][0]["row"].account == own
    assert similar["more"][-1]["row"].account == told
    assert len(similar["shown"] + similar["more"]) == similar["count"] == 9
    assert similar["told"] == 1


def test_the_owner_of_an_action_from_elsewhere_sees_it_and_says_it_is_done(client, complaint, anna):
    legal = make_user("legal", "legal")
    other = make_user("other", "account_manager")
    today = timezone.localdate()
    action = reports.add_action(
        complaint.pk, kind="corrective", text="x", owner=other, due_on=today, actor=anna
    )
    client.force_login(other)
    assert client.get(complaint.get_absolute_url()).status_code == 200

    address = f"{complaint.get_absolute_url()}finish/{action.pk}/"
    assert client.post(address, {"note": "完成"}).status_code == 302

    client.force_login(legal)
    assert client.get(address).status_code == 403
    assert client.post(address, {"note": "x"}).status_code == 403


def test_the_page_of_a_complaint_costs_the_same_for_one_part_as_for_ten(
    client, complaint, anna, diana, django_assert_num_queries
):
    def add_parts():
        today = timezone.localdate()
        reports.add_action(
            complaint.pk, kind="corrective", text="x", owner=anna, due_on=today, actor=anna
        )
        reports.add_similar(complaint.pk, account=make_account(manager=anna), actor=anna)

    add_parts()
    finding = findings.propose_finding(complaint.pk, verdict="good", evidence="x", actor=anna)
    findings.decide_finding(finding.pk, is_confirmed=True, actor=diana)
    client.force_login(diana)
    client.get(complaint.get_absolute_url())
    with django_assert_num_queries(13) as few:
        client.get(complaint.get_absolute_url())
    for _number in range(9):
        add_parts()

    with django_assert_num_queries(len(few)):
        client.get(complaint.get_absolute_url())


def test_history_is_shown_without_a_procedure(client, k1, anna):
    Complaint.objects.create(
        complaint_number="H1", account=k1, channel="post", category="x", title="old", imported=True
    )
    client.force_login(anna)

    assert client.get("/complaints/H1/").status_code == 200
    assert client.get("/complaints/H1/acknowledge/").status_code == 404


# --- on the account's page


def test_the_account_shows_its_complaints_open_ones_first(client, k1, anna, boris, fiona):
    bring_to(make_complaint(k1, title="closed"), "closed", actor=anna)
    make_complaint(k1, title="open")
    client.force_login(anna)

    page = client.get("/accounts/K1/complaints/", headers={"HX-Request": "true"})

    assert page.text.index("open") < page.text.index("closed")
    assert "<html" not in page.text
    assert "/accounts/K1/complaints/" in client.get("/accounts/K1/").text
    client.force_login(boris)
    assert client.get("/accounts/K1/complaints/").status_code == 404
    client.force_login(fiona)
    assert client.get("/accounts/K1/complaints/").status_code == 403
