"""Pages of receivables: aging, invoices, payments, statements; who sees and changes what."""

import base64
import re
import zlib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts import export_kinds
from accounts.models import Event, Export
from accounts.services import exporting
from benchmarks.accounts_receivable import payers
from credit.models import Allocation, Instalment, Invoice, Payment, Statement
from credit.rules.documents import AllocationIn, InvoiceIn, PaymentIn
from credit.services.invoices import upsert_invoices
from credit.services.payments import upsert_payments
from kam.core.models import AuditEntry
from tests.credit.documents import make_invoice, make_payment
from tests.factories import make_account, make_service_user, make_user


@pytest.fixture
def in_english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def finance(in_english, fiona):
    in_english.force_login(fiona)
    return in_english


@pytest.fixture
def ledger(k1):
    """K1 owes 300 on I/1 and 50 on I2; P/1 paid 200 of I/1. Another account owes 1000."""
    actor = make_service_user()
    other = make_account(account_number="K2", name="别家公司")
    days = {"issued_on": date(2026, 1, 1), "due_on": date(2026, 1, 31)}
    rows = [
        InvoiceIn(invoice_number=number, account_number=account, amount=Decimal(amount), **days)
        for number, account, amount in [
            ("I/1", "K1", 500),
            ("I2", "K1", 50),
            ("X1", other.account_number, 1000),
        ]
    ]
    upsert_invoices(list(enumerate(rows)), actor=actor)
    payment = PaymentIn(
        payment_number="P/1",
        account_number="K1",
        received_on=date(2026, 2, 10),
        amount=Decimal(200),
    )
    upsert_payments([(0, payment)], actor=actor)


def texts(response, *wanted):
    assert response.status_code == 200, response.status_code
    for text in wanted:
        assert text in response.text, text


# --- aging


def test_the_aging_opens_down_to_the_invoices(finance, ledger):
    page = finance.get("/credit/receivables/?as_of=2026-02-20")
    texts(page, "华锐科技有限公司", "别家公司", "350.00", "1,350.00", "3 invoices")

    behind = finance.get("/credit/receivables/open/?as_of=2026-02-20&account=K1&bucket=1-30")
    texts(behind, "I/1", "I2", "300.00", "350.00", "20")
    assert "X1" not in behind.text


@pytest.mark.parametrize("by", ["manager", "region"])
def test_the_aging_is_grouped(finance, ledger, by):
    page = finance.get(f"/credit/receivables/?as_of=2026-02-20&by={by}")

    texts(page, "Anna" if by == "manager" else "—", "1,350.00")


def test_a_manager_is_opened_to_accounts(finance, ledger):
    page = finance.get("/credit/receivables/?as_of=2026-02-20&by=account&manager=anna")

    texts(page, "华锐科技有限公司", "350.00")
    assert "别家公司" not in page.text


def test_what_was_paid_later_was_owed_on_the_day(finance, ledger):
    texts(finance.get("/credit/receivables/?as_of=2026-02-09"), "1,550.00")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("as_of=yesterday", 422),
        ("by=planet", 422),
        ("region=x", 422),
        ("account=NOPE", 404),
        ("manager=nobody", 404),
        ("region=999999", 404),
    ],
)
def test_a_wrong_question_is_named(finance, ledger, query, status):
    assert finance.get(f"/credit/receivables/?{query}").status_code == status
    assert finance.get(f"/credit/receivables/open/?{query}").status_code == status
    assert finance.get(f"/credit/receivables/export/?{query}").status_code == status


def test_an_account_manager_sees_only_his_own(in_english, anna, boris, ledger):
    in_english.force_login(anna)
    page = in_english.get("/credit/receivables/?as_of=2026-02-20")
    texts(page, "350.00")
    assert "别家公司" not in page.text

    in_english.force_login(boris)
    texts(in_english.get("/credit/receivables/"), "Nothing was unpaid on this day")
    for path in (
        "/credit/receivables/?account=K1",
        "/credit/invoices/I/1/",
        "/credit/payments/P/1/",
        "/credit/statements/K1/",
        "/accounts/K1/receivables/",
    ):
        assert in_english.get(path).status_code == 404, path


def test_who_sees_no_credit_sees_no_receivables(in_english, ledger):
    in_english.force_login(make_user(role="researcher"))
    for path in ("/credit/receivables/", "/credit/invoices/", "/accounts/K1/receivables/"):
        assert in_english.get(path).status_code == 403


def test_the_export_is_a_workbook_and_leaves_an_entry(finance, ledger):
    url = "/credit/receivables/export/?as_of=2026-02-20"
    assert "5,000" in finance.get(url).text
    assert finance.post(url, {"format": "xlsx", "reason": " "}).status_code == 422
    response = finance.post(url, {"format": "xlsx", "reason": "年底"})

    sheet = openpyxl.load_workbook(BytesIO(response.getvalue())).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:3] == ("Name", "Not due", "1-30 days")
    assert [row[-2] for row in rows[1:]] == [1000, 350]
    entry = AuditEntry.objects.get(action="credit.aging_exported")
    assert (entry.changes["rows"], entry.reason) == (2, "年底")
    assert (Export.objects.get().kind, Export.objects.get().rows) == ("credit.aging", 2)


def test_the_aging_of_many_customers_is_taken_out_within_the_quota_only(
    finance, ledger, fiona, monkeypatch
):
    scarce = replace(export_kinds.get("credit.aging"), rows_a_month=3)
    monkeypatch.setitem(export_kinds._kinds, "credit.aging", scarce)
    wanted = {"format": "csv", "reason": "年底"}

    first, second = (
        finance.post("/credit/receivables/export/?as_of=2026-02-20", wanted) for _again in "12"
    )

    assert b"".join(first.streaming_content).count(b"\r\n") == 3
    assert second.status_code == 422
    assert exporting.quota("credit.aging", user=fiona).left == 1
    one = finance.post("/credit/receivables/export/?as_of=2026-02-20&account=K1", wanted)
    assert one.status_code == 200


def test_the_aging_takes_the_same_queries_for_any_number_of_rows(
    finance, ledger, django_assert_max_num_queries
):
    with django_assert_max_num_queries(40) as few:
        finance.get("/credit/receivables/")
    for _ in range(10):
        make_invoice(make_account(), 10)
    with django_assert_max_num_queries(40) as many:
        finance.get("/credit/receivables/")
    assert len(few) == len(many)


# --- invoices and payments


def test_invoices_are_searched_and_filtered(finance, ledger):
    texts(finance.get("/credit/invoices/?search=I/"), "I/1", "300.00")
    for query, shown in [
        ("state=overdue", {"I/1", "I2", "X1"}),
        ("state=settled", set()),
        ("state=credit_note", set()),
        ("account=K1", {"I/1", "I2"}),
        ("since=2026-01-02", set()),
        ("until=2026-01-01&search=X", {"X1"}),
    ]:
        page = finance.get(f"/credit/invoices/?{query}")
        assert page.status_code == 200
        assert {row.invoice_number for row in page.context["page"].rows} == shown, query
    assert finance.get("/credit/invoices/?state=lost").status_code == 422
    assert finance.get("/credit/invoices/?cursor=x").status_code == 400


def test_an_invoice_shows_what_settled_it_interest_and_limitation(finance, ledger):
    page = finance.get("/credit/invoices/I/1/")

    texts(page, "P/1", "300.00", "200.00", "2029-02-10", "Part payment")
    claim = page.context["claim"]
    today = (timezone.localdate() - date(2026, 1, 31)).days
    expected = Decimal(200) * 10 + Decimal(300) * today
    assert abs(claim.interest - expected * Decimal("0.045") / 365) < Decimal("0.001")


def test_a_disputed_invoice_bears_no_more_interest(finance, ledger):
    Invoice.objects.filter(invoice_number="I2").update(disputed=True)

    assert finance.get("/credit/invoices/I2/").context["claim"].interest == 0


def test_payments_are_listed_with_what_is_unallocated(finance, ledger):
    texts(finance.get("/credit/payments/"), "P/1", "200.00")
    texts(finance.get("/credit/payments/?unallocated=on"), "No payment matches")
    texts(finance.get("/credit/payments/P/1/"), "I/1", "2026-02-10")


def test_finance_reallocates_a_payment_by_hand(finance, fiona, ledger):
    page = finance.get("/credit/reallocate/P/1/")
    places = {row.invoice_number: field.html_name for row, _most, field in page.context["rows"]}
    assert set(places) == {"I/1", "I2"}

    response = finance.post(
        "/credit/reallocate/P/1/", {places["I2"]: "50", places["I/1"]: "100", "reason": "said so"}
    )

    assert response.status_code == 302
    settled = dict(Invoice.objects.values_list("invoice_number", "settled"))
    assert settled == {"I/1": 100, "I2": 50, "X1": 0}
    assert Payment.objects.get().unallocated == 50
    entry = AuditEntry.objects.get(action="credit.payment_reallocated")
    assert (entry.actor, entry.reason) == (fiona, "said so")


def test_the_erp_repeating_itself_does_not_undo_what_was_done_by_hand(finance, ledger):
    field = finance.get("/credit/reallocate/P/1/").context["rows"][1][2].html_name
    finance.post("/credit/reallocate/P/1/", {field: "50", "reason": "x"})
    row = PaymentIn(
        payment_number="P/1",
        account_number="K1",
        received_on=date(2026, 2, 10),
        amount=Decimal(200),
    )

    outcome = upsert_payments([(0, row)], actor=make_service_user())

    assert outcome.unchanged == 1
    assert Allocation.objects.get().amount == 50


def test_what_was_left_by_hand_settles_no_invoice_that_is_open_again(finance, ledger):
    field = finance.get("/credit/reallocate/P/1/").context["rows"][1][2].html_name
    finance.post("/credit/reallocate/P/1/", {field: "50", "reason": "x"})
    sync = {"account_number": "K1", "received_on": date(2026, 2, 11), "amount": Decimal(100)}
    erp = make_service_user()
    upsert_payments([(0, PaymentIn(payment_number="P2", **sync))], actor=erp)
    assert Invoice.objects.get(invoice_number="I/1").settled == 100

    upsert_payments([(0, PaymentIn(payment_number="P2", **sync | {"amount": 0}))], actor=erp)

    assert Invoice.objects.get(invoice_number="I/1").settled == 0
    assert Payment.objects.get(payment_number="P/1").unallocated == 150


@pytest.mark.parametrize(
    "amounts",
    [("300", ""), ("", "50.0001"), ("-1", ""), ("NaN", ""), ("9" * 30, ""), ("1.00001", "")],
)
def test_a_reallocation_that_cannot_be_changes_nothing(finance, ledger, amounts):
    data = {f"part_{place}": amount for place, amount in enumerate(amounts)}

    response = finance.post("/credit/reallocate/P/1/", {**data, "reason": "x"})

    assert response.status_code == 422
    assert Allocation.objects.get().amount == 200


def test_only_finance_reallocates(in_english, anna, ledger):
    in_english.force_login(anna)

    assert in_english.get("/credit/reallocate/P/1/").status_code == 403
    assert in_english.post("/credit/reallocate/P/1/", {"reason": "x"}).status_code == 403
    assert in_english.post("/credit/instalments/I2/", {}).status_code == 403


def test_an_invoice_is_split_into_instalments_and_put_together_again(finance, ledger):
    data = {"count": "3", "first_due_on": "2026-03-31", "every_months": "1"}

    assert finance.post("/credit/instalments/I/1/", data).status_code == 302

    parts = Instalment.objects.values_list("due_on", "amount")
    assert list(parts) == [
        (date(2026, 3, 31), Decimal("166.66")),
        (date(2026, 4, 30), Decimal("166.66")),
        (date(2026, 5, 31), Decimal("166.68")),
    ]
    texts(finance.get("/credit/invoices/I/1/"), "166.68")
    assert finance.post("/credit/instalments/I/1/", {**data, "count": "1"}).status_code == 302
    assert not Instalment.objects.exists()
    bad = {**data, "first_due_on": "2025-12-31"}
    assert finance.post("/credit/instalments/I/1/", bad).status_code == 422


def test_an_amended_invoice_keeps_a_schedule_that_adds_up(finance, ledger):
    finance.post(
        "/credit/instalments/I2/",
        {"count": "2", "first_due_on": "2026-03-31", "every_months": "1"},
    )
    for amount in ("60", "20", "25.0001"):
        row = InvoiceIn(
            invoice_number="I2",
            account_number="K1",
            issued_on=date(2026, 1, 1),
            due_on=date(2026, 1, 31),
            amount=Decimal(amount),
        )
        upsert_invoices([(0, row)], actor=make_service_user())
        assert sum(part.amount for part in Instalment.objects.all()) == Decimal(amount)


def test_the_account_page_has_the_panel(finance, ledger):
    texts(finance.get("/accounts/K1/"), "/accounts/K1/receivables/")
    panel = finance.get("/accounts/K1/receivables/", headers={"HX-Request": "true"})
    texts(panel, "I/1", "350.00", "Payment index")


def test_a_part_that_is_due_later_is_overdue_from_its_own_day(finance, ledger):
    first = {"count": "3", "first_due_on": "2026-01-10", "every_months": "1"}
    finance.post("/credit/instalments/I/1/", first)

    behind = finance.get("/credit/receivables/open/?as_of=2026-02-20&account=K1")
    statement = finance.get("/credit/statements/K1/?since=2026-01-01&until=2026-02-20")

    listed = [(str(item.due_on), days) for row, item, days in behind.context["rows"]
              if row.invoice_number == "I/1"]  # fmt: skip
    assert listed == [("2026-02-10", 10), ("2026-03-10", 0)]
    unpaid = statement.context["unpaid"]
    parts = [each for each in unpaid if each["invoice"].invoice_number == "I/1"]
    assert [(str(each["due_on"]), each["days"]) for each in parts] == [
        ("2026-02-10", 10),
        ("2026-03-10", 0),
    ]
    assert [bool(each["claim"]) for each in parts] == [True, False]
    texts(behind, "2026-02-10")
    texts(statement, "2026-03-10")


def test_the_total_of_a_list_that_is_cut_is_of_all(finance, ledger, monkeypatch):
    monkeypatch.setattr("credit.views.receivables.MOST_INVOICES", 1)

    page = finance.get("/credit/receivables/open/?as_of=2026-02-20")

    assert len(page.context["rows"]) == 1
    texts(page, "1,350.00", "The oldest 1 of 3 are shown; the total is of all.")


def test_customers_are_listed_by_how_late_they_pay(finance, ledger, anna):
    rows = [
        PaymentIn(
            payment_number=f"P-{invoice}",
            account_number=account,
            received_on=received_on,
            amount=Decimal(amount),
            allocations=[AllocationIn(invoice_number=invoice, amount=Decimal(amount))],
        )
        for invoice, account, received_on, amount in [
            ("X1", "K2", date(2026, 1, 31), 1000),
            ("I2", "K1", date(2026, 2, 20), 50),
        ]
    ]
    upsert_payments(list(enumerate(rows)), actor=make_service_user())
    url = "/credit/receivables/payers/?since=2026-01-01&until=2026-12-31"

    page = finance.get(url)

    listed = [(account.account_number, r.paid, r.late, r.mean_days_late)
              for account, r in page.context["rows"]]  # fmt: skip
    assert listed == [("K1", 1, 1, 20), ("K2", 1, 0, 0)]
    texts(page, "20.00", "/accounts/K1/", "/credit/invoices/?account=K1")
    assert payers(page.text) == {"paid late": 1, "worst payer": ("K1", "20.00")}
    texts(finance.get("/credit/receivables/"), "/credit/receivables/payers/")
    assert finance.get(f"{url}x").status_code == 422
    finance.force_login(anna)
    assert "别家公司" not in finance.get(url).text


# --- statements of account


def test_a_statement_adds_up(finance, ledger):
    page = finance.get("/credit/statements/K1/?since=2026-02-01&until=2026-02-28")

    texts(page, "550.00", "P/1", "350.00", "I/1")
    statement = page.context["statement"]
    assert (statement.opening, statement.closing) == (550, 350)
    assert statement.closing == sum(each.open_amount for each in statement.unpaid)


def test_a_statement_says_what_settles_no_invoice_yet(finance, ledger, k1):
    make_payment(k1, "30", received_on=date(2026, 2, 20))

    page = finance.get("/credit/statements/K1/?since=2026-02-01&until=2026-02-28")

    texts(page, "not yet matched", "−30.00", "320.00")
    assert page.context["statement"].unmatched == 30


def test_a_statement_as_a_workbook_and_as_a_pdf(finance, ledger):
    query = "?since=2026-01-01&until=2026-02-28"

    book = finance.get(f"/credit/statements/K1/xlsx/{query}")
    sheet = openpyxl.load_workbook(BytesIO(book.getvalue())).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "Day"
    assert sheet.sheet_format.defaultColWidth > len("2026-02-28"), "a day would be shown as ####"
    last = sheet.cell(sheet.max_row, sheet.max_column)
    assert (last.value, last.number_format) == (350, "#,##0.00##")
    pdf = finance.get(f"/credit/statements/K1/pdf/{query}").getvalue()
    assert pdf.startswith(b"%PDF")
    assert b"STSong-Light" in pdf
    assert b"/Count 1" in pdf
    assert AuditEntry.objects.filter(action="credit.statement_exported").count() == 2


def shown_in(pdf):
    """The text of a PDF; its font takes two bytes for a character."""
    streams = re.findall(rb"stream\r?\n(.*?)~>", pdf, re.DOTALL)
    return b"".join(zlib.decompress(base64.a85decode(stream.strip())) for stream in streams)


def test_a_statement_names_who_sends_it(finance, ledger, settings):
    query = "?since=2026-01-01&until=2026-02-28"
    url, ours = f"/credit/statements/K1/pdf/{query}", b"\\000H\\000o\\000u\\000s\\000e"
    assert ours not in shown_in(finance.get(url).getvalue())

    settings.COMPANY_NAME = "House & Sons"

    assert ours in shown_in(finance.get(url).getvalue())


def test_a_confirmed_statement_lets_the_limitation_begin_anew(
    finance, ledger, k1, settings, tmp_path
):
    settings.MEDIA_ROOT = str(tmp_path)
    sent = {
        "since": "2026-01-01",
        "until": "2026-02-28",
        "sent_on": "2026-03-01",
        "sent_to": "王会计",
    }
    assert finance.post("/credit/statements/K1/sent/", sent).status_code == 302
    statement = Statement.objects.get()
    assert (statement.balance, statement.outcome) == (350, "sent")

    answer = {
        "outcome": "confirmed",
        "answered_on": "2026-03-15",
        "answered_by": "王芳",
        "upload": SimpleUploadedFile("signed.pdf", b"%PDF-1.4 signed"),
    }
    assert finance.post(f"/credit/statements/{statement.pk}/answer/", answer).status_code == 302

    statement.refresh_from_db()
    assert (statement.outcome, statement.attachment.name) == ("confirmed", "signed.pdf")
    page = finance.get("/credit/invoices/I2/")
    texts(page, "2029-03-15", "Acknowledgement")
    texts(finance.get("/credit/statements/K1/"), "Confirmed", "signed.pdf", "王芳")
    kinds = set(Event.objects.filter(account=k1).values_list("kind", flat=True))
    assert {"credit.statement_sent", "credit.statement_confirmed"} <= kinds

    again = {**answer, "upload": ""}
    assert finance.post(f"/credit/statements/{statement.pk}/answer/", again).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {"until": "2025-12-31"},
        {"until": "2999-01-01"},
        {"sent_on": "2999-01-01"},
        {"sent_on": "x"},
        {"sent_to": ""},
        {"sent_to": "\0"},
    ],
)
def test_a_statement_that_cannot_have_been_sent_is_named(finance, ledger, change):
    sent = {"since": "2026-01-01", "until": "2026-02-28", "sent_on": "2026-03-01", "sent_to": "x"}

    response = finance.post("/credit/statements/K1/sent/", {**sent, **change})

    assert response.status_code in {400, 422}
    assert not Statement.objects.exists()


def test_an_answer_older_than_the_statement_is_named(finance, fiona, ledger, k1):
    day = date(2026, 3, 1)
    statement = Statement.objects.create(
        account=k1, since=day, until=day, balance=1, sent_on=day, sent_to="x", sent_by=fiona
    )
    answer = {"outcome": "disputed", "answered_on": "2026-02-28", "answered_by": "x"}

    response = finance.post(f"/credit/statements/{statement.pk}/answer/", answer)

    assert response.status_code == 422
    assert "cannot be older" in response.text
