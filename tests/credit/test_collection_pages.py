"""The worklist, the page of a case and the forms on it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from approvals.models import Request
from credit.models import (
    CollectionAction,
    CollectionCase,
    Dispute,
    Instalment,
    Invoice,
    LegalCase,
    PaymentPromise,
    WriteOff,
)
from credit.services import collections, disputes, legal, promises
from kam.core import metrics
from tests.credit.documents import make_invoice, make_payment
from tests.factories import make_account, make_contact, make_user

TODAY = timezone.localdate
WORKLIST = "/credit/collections/"


def overdue_by(account, days, amount="1000", **fields):
    due_on = TODAY() - timedelta(days=days)
    return make_invoice(
        account, amount, issued_on=due_on - timedelta(days=30), due_on=due_on, **fields
    )


@pytest.fixture
def invoice(k1):
    return overdue_by(k1, 10, invoice_number="I1")


@pytest.fixture
def case(k1, invoice):
    return collections.open_case(k1.pk)


def address(case, form=""):
    return f"/credit/cases/{case.pk}/{form}"


def post(client, user, url, **data):
    client.force_login(user)
    return client.post(url, data)


# --- the worklist


def test_the_most_urgent_customer_comes_first_with_step_and_points(client, fiona, k1, invoice):
    large = make_account(name="宁波天工机械有限公司")
    overdue_by(large, 100, "150000")
    client.force_login(fiona)

    page = client.get(WORKLIST).text

    assert page.index("宁波天工") < page.index("华锐")
    assert "150,000.00" in page
    assert str(TODAY() - timedelta(days=3)) in page  # the call was due on day 7


def test_a_manager_sees_only_their_own_customers(client, anna, boris, invoice):
    client.force_login(boris)
    assert "华锐" not in client.get(WORKLIST).text
    client.force_login(anna)
    assert "华锐" in client.get(WORKLIST).text


def test_filters_narrow_the_list(client, fiona, anna, k1, case):
    client.force_login(fiona)

    def shown(query):
        return "华锐" in client.get(f"{WORKLIST}?{query}").text

    assert shown("show=due")
    assert shown("step=call")
    assert not shown("step=letter")
    assert not shown("who=mine")
    assert not shown("show=waiting")
    collections.snooze(case.pk, until=TODAY() + timedelta(days=3), actor=fiona)
    assert shown("show=waiting")
    assert not shown("show=due")
    client.force_login(anna)
    assert shown("who=mine")
    assert client.get(f"{WORKLIST}?step=nonsense").status_code == 422


def test_a_step_is_done_from_the_row_once(client, anna, k1, invoice):
    url = f"{WORKLIST}K1/done/"

    post(client, anna, url, step="call", query="show=due")
    answer = post(client, anna, url, step="call", query="show=due")

    assert answer.url == f"{WORKLIST}?show=due"
    action = CollectionAction.objects.get()
    assert (action.kind, action.done_on, action.actor) == ("call", TODAY(), anna)


def test_a_letter_is_not_done_from_the_row(client, anna, k1):
    overdue_by(k1, 20)

    post(client, anna, f"{WORKLIST}K1/done/", step="letter")

    assert not CollectionAction.objects.exists()


def test_a_step_is_put_off_from_the_row(client, anna, k1, invoice):
    post(client, anna, f"{WORKLIST}K1/put-off/")

    assert CollectionCase.objects.get().snoozed_until == TODAY() + timedelta(days=7)


@pytest.mark.parametrize("verb", ["open", "done", "put-off"])
def test_rows_of_others_are_not_there_and_readers_change_nothing(client, boris, gm, invoice, verb):
    url = f"{WORKLIST}K1/{verb}/"

    assert post(client, boris, url).status_code == 404
    assert post(client, gm, url).status_code == 403
    assert not CollectionCase.objects.exists()


def test_as_many_queries_for_ten_customers_as_for_one(
    client, fiona, anna, django_assert_max_num_queries, django_assert_num_queries
):
    def add():
        account = make_account(manager=anna)
        invoice = overdue_by(account, 10)
        case = collections.open_case(account.pk)
        collections.record_action(case.pk, kind="call", done_on=TODAY(), actor=anna)
        promises.promise(case.pk, amount=Decimal(1), pay_by=TODAY(), invoices=[invoice], actor=anna)

    add()
    client.force_login(fiona)
    client.get(WORKLIST)
    with django_assert_max_num_queries(40) as counted:
        client.get(WORKLIST)
    for _ in range(9):
        add()
    with django_assert_num_queries(len(counted)):
        client.get(WORKLIST)


# --- the page of a case


def test_a_case_shows_invoices_promises_and_what_proves_them(client, anna, k1, case, invoice):
    promise = promises.promise(case.pk, amount=Decimal(500), pay_by=TODAY(), actor=anna)
    payment = make_payment(k1, 500, received_on=TODAY(), payment_number="P7")
    collections.receivables_changed([k1.pk])
    client.force_login(anna)

    page = client.get(address(case)).text

    promise.refresh_from_db()
    assert promise.status == "kept"
    assert "I1" in page
    assert payment.payment_number in page


def test_another_managers_case_is_not_there(client, boris, case):
    client.force_login(boris)
    for form in ("", "step/", "letter/", "promise/", "put-off/", "plan/", "close/"):
        assert client.get(address(case, form)).status_code == 404, form


@pytest.mark.parametrize(
    "form",
    ["step/", "letter/", "promise/", "put-off/", "plan/", "close/", "dispute/", "write-off/"],
)
def test_who_only_reads_gets_no_form(client, gm, case, form):
    client.force_login(gm)

    assert client.get(address(case)).status_code == 200
    assert client.get(address(case, form)).status_code == 403


def test_a_call_is_recorded_with_its_contact(client, anna, k1, case):
    contact = make_contact(k1)

    answer = post(
        client,
        anna,
        address(case, "step/"),
        kind="call",
        done_on=TODAY(),
        contact=contact.pk,
        outcome="reached",
        note="月底付款",
    )

    assert answer.url == address(case)
    action = CollectionAction.objects.get()
    assert (action.contact, action.note) == (contact, "月底付款")
    assert "月底付款" in client.get(address(case)).text


def test_a_refused_form_says_why(client, anna, case):
    tomorrow = TODAY() + timedelta(days=1)

    answer = post(client, anna, address(case, "step/"), kind="call", done_on=tomorrow)

    assert answer.status_code == 422
    assert not CollectionAction.objects.exists()


def test_a_letter_begins_with_the_figures_and_is_kept_as_sent(
    client, settings, anna, k1, case, invoice
):
    settings.COMPANY_NAME = "华东机电有限公司"
    client.force_login(anna)
    preview = client.get(address(case, f"letter/?invoice={invoice.pk}&kind=formal_demand")).text
    assert "华锐科技有限公司" in preview
    assert "1,000.00" in preview
    assert "律师函" in preview
    assert f"特此函告。\n\n华东机电有限公司\n{TODAY()}" in preview

    post(
        client,
        anna,
        address(case, "letter/"),
        kind="formal_demand",
        done_on=TODAY(),
        invoices=[invoice.pk],
        letter="律师函正文",
    )

    action = CollectionAction.objects.get()
    assert list(action.invoices.all()) == [invoice]
    assert "律师函正文" in client.get(f"/credit/letters/{action.pk}/").text


def test_of_an_invoice_in_instalments_the_oldest_unpaid_part_is_overdue(
    client, anna, case, invoice
):
    """On the invoice, in the list, on its case and in a letter; the first of three is paid."""
    days = {1: 40, 2: 25, 3: -20}
    for number, ago in days.items():
        due_on = TODAY() - timedelta(days=ago)
        amount = Decimal(300) if number < 3 else Decimal(400)
        Instalment.objects.create(invoice=invoice, number=number, due_on=due_on, amount=amount)
    Invoice.objects.filter(pk=invoice.pk).update(settled=Decimal(350))
    due_on = TODAY() - timedelta(days=25)
    client.force_login(anna)

    (row,) = client.get(address(case)).context["invoices"]
    listed = client.get("/credit/invoices/?state=overdue").context["page"].rows
    letter = client.get(address(case, "letter/")).text

    assert (row["invoice"].next_due_on, row["invoice"].days_overdue) == (due_on, 25)
    assert [each.days_overdue for each in listed] == [25]
    assert f"到期日 {due_on}，逾期 25 天，未付金额 250.00 元" in letter
    assert "合计：人民币 250.00 元" in letter

    Invoice.objects.filter(pk=invoice.pk).update(settled=Decimal(600))
    assert not client.get("/credit/invoices/?state=overdue").context["page"].rows
    assert Invoice.objects.get().days_overdue == 0


def test_a_promise_is_recorded_for_the_chosen_invoices(client, anna, case, invoice):
    client.force_login(anna)
    assert "1000.00" in client.get(address(case, f"promise/?invoice={invoice.pk}")).text

    post(
        client,
        anna,
        address(case, "promise/"),
        amount="1000",
        pay_by=TODAY(),
        made_on=TODAY(),
        invoices=[invoice.pk],
    )

    promise = PaymentPromise.objects.get()
    assert (promise.amount, list(promise.invoices.all())) == (1000, [invoice])


def test_a_case_is_planned_put_off_and_closed(client, fiona, anna, case):
    until = TODAY() + timedelta(days=2)
    post(client, fiona, address(case, "plan/"), owner=fiona.pk, plan="先电话，后上门")
    post(client, fiona, address(case, "put-off/"), until=until)
    case.refresh_from_db()
    assert (case.owner, case.plan, case.snoozed_until) == (fiona, "先电话，后上门", until)

    refused = post(client, fiona, address(case, "close/"), reason="other")
    assert refused.status_code == 422
    post(client, fiona, address(case, "close/"), reason="other", note="破产")

    case.refresh_from_db()
    assert not case.is_open
    refused = post(client, fiona, address(case, "step/"), kind="call", done_on=TODAY())
    assert refused.status_code == 422


# --- disputes, write-offs, legal cases


def test_a_dispute_is_opened_and_settled_by_finance(client, fiona, anna, case, invoice):
    terms = {"invoice": invoice.pk, "amount": "400", "reason": "quality"}
    assert post(client, anna, address(case, "dispute/"), **terms).status_code == 403

    post(client, fiona, address(case, "dispute/"), **terms)

    dispute = Dispute.objects.get()
    assert "I1" in client.get("/credit/disputes/").text
    refused = post(client, anna, dispute.get_absolute_url(), outcome="justified")
    assert refused.status_code == 403
    post(client, fiona, dispute.get_absolute_url(), outcome="justified")
    dispute.refresh_from_db()
    assert dispute.outcome == "justified"


def test_a_write_off_is_proposed_and_leads_to_its_request(client, fiona, gm, case, invoice):
    terms = {"invoice": invoice.pk, "amount": "1000", "reason": "破产"}

    post(client, fiona, address(case, "write-off/"), **terms)

    write_off = WriteOff.objects.get()
    request = Request.objects.of(write_off).get()
    assert "1,000.00" in request.title
    assert request.get_absolute_url() in client.get(write_off.get_absolute_url()).text
    post(
        client,
        gm,
        f"{request.get_absolute_url()}sign/",
        decision="approve",
        seen=request.digest,
    )
    write_off.refresh_from_db()
    invoice.refresh_from_db()
    assert (write_off.status, invoice.open_amount) == ("approved", 0)
    assert "I1" in client.get("/credit/write-offs/").text
    post(client, fiona, write_off.get_absolute_url(), reason="They paid")
    assert Request.objects.of(write_off, "credit.write_off_reversal").exists()


def test_a_legal_case_is_prepared_and_filed_by_legal(client, case, invoice):
    lena = make_user("lena", "legal")
    post(client, lena, address(case, "legal/"), invoices=[invoice.pk], claim_amount="1100")
    legal_case = LegalCase.objects.get()
    move = {"status": "filed", "expected": "preparing", "on": TODAY()}

    refused = post(client, lena, legal_case.get_absolute_url(), **move)
    post(client, lena, legal_case.get_absolute_url(), **move, court="法院", case_number="民初1号")

    assert refused.status_code == 422
    legal_case.refresh_from_db()
    assert (legal_case.status, legal_case.filed_on) == ("filed", TODAY())
    assert "民初1号" in client.get("/credit/legal-cases/").text


def test_claims_of_other_managers_are_not_there(client, boris, fiona, k1, case, invoice):
    dispute = disputes.open_dispute(invoice.pk, amount=Decimal(1), reason="price", actor=fiona)
    write_off = WriteOff.objects.create(invoice=invoice, amount=1, reason="x", proposed_by=fiona)
    legal_case = legal.open_legal_case(
        k1.pk, invoices=[invoice], claim_amount=Decimal(1), actor=fiona
    )
    client.force_login(boris)

    for each in (dispute, write_off, legal_case):
        assert client.get(each.get_absolute_url()).status_code == 404
    for path in ("disputes", "write-offs", "legal-cases"):
        assert "I1" not in client.get(f"/credit/{path}/").text


def test_the_day_of_a_due_invoice_is_not_overdue(client, fiona, k1):
    make_invoice(k1, issued_on=date(2026, 1, 1), due_on=TODAY())
    client.force_login(fiona)

    assert "华锐" not in client.get(WORKLIST).text


def test_the_credit_page_of_an_account_tells_of_its_case(client, anna, boris, k1, case):
    promises.promise(case.pk, amount=Decimal(500), pay_by=TODAY(), actor=anna)
    panel = "/credit/accounts/K1/collections/"
    client.force_login(anna)

    page = client.get(panel).text

    assert case.get_absolute_url() in page
    assert "500.00" in page
    assert panel in client.get("/credit/accounts/K1/").text
    client.force_login(boris)
    assert client.get(panel).status_code == 404


def test_broken_promises_of_twelve_months_are_a_metric(k1, case, anna):
    promises.promise(case.pk, amount=Decimal(500), pay_by=TODAY(), actor=anna)
    assert metrics.values("broken_promises", TODAY(), [k1.pk]).empty

    collections.collect_nightly(TODAY() + timedelta(days=2))

    assert metrics.values("broken_promises", TODAY(), [k1.pk]).to_dict() == {k1.pk: 1}
    year_later = TODAY() + timedelta(days=366)
    assert metrics.values("broken_promises", year_later, [k1.pk]).empty
