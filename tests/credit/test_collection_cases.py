"""Collection cases and promises to pay, below the pages; payments come through the API."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.utils import InternalError
from django.utils import timezone

from accounts.models import Event
from credit.models import CollectionAction, CollectionCase, PaymentPromise
from credit.queries.promises import judged
from credit.services import collections, promises
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from tests.credit.documents import make_invoice
from tests.factories import make_account, make_contact

TODAY = timezone.localdate


@pytest.fixture
def invoice(k1):
    return make_invoice(k1, "1000", invoice_number="I1")


@pytest.fixture
def case(k1, invoice):
    return collections.open_case(k1.pk)


@pytest.fixture
def erp(api):
    return api("receivables:write")


def pay(erp, amount, received_on=None, number="P1", **fields):
    row = {
        "payment_number": number,
        "account_number": "K1",
        "received_on": str(received_on or TODAY()),
        "amount": amount,
        **fields,
    }
    answer = erp.post(
        "/api/v1/payments/bulk/", json.dumps({"payments": [row]}), content_type="application/json"
    )
    assert answer.json()["rejected"] == 0, answer.content


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


def kinds(account):
    return sorted(Event.objects.filter(account=account).values_list("kind", flat=True))


def backdate(promise, **days):
    """Bring a promise into the past, as time would."""
    with transaction.atomic():
        from django.db import connection

        connection.cursor().execute("SET LOCAL session_replication_role = replica")
        PaymentPromise.objects.filter(pk=promise.pk).update(**days)


# --- cases


def test_a_case_is_opened_once_and_its_collector_is_the_account_manager(k1, anna, invoice):
    first = collections.open_case(k1.pk)
    again = collections.open_case(k1.pk, cause="hand", actor=anna)

    assert first == again
    assert (first.owner, first.opened_by, first.cause) == (anna, None, "overdue")
    assert kinds(k1) == ["credit.case_opened"]
    assert AuditEntry.objects.filter(action="credit.case_opened").count() == 1


def test_after_a_case_is_closed_the_next_is_a_new_one(k1, case, fiona):
    collections.close_case(case.pk, reason="other", note="Bankrupt", actor=fiona)

    assert collections.open_case(k1.pk) != case
    assert CollectionCase.objects.filter(account=k1).count() == 2


def test_what_was_done_is_recorded_and_ends_a_putting_off(k1, case, anna):
    collections.snooze(case.pk, until=TODAY() + timedelta(days=3), actor=anna)

    collections.record_action(
        case.pk, kind="call", done_on=TODAY(), outcome="reached", note="下周付款", actor=anna
    )

    case.refresh_from_db()
    assert case.snoozed_until is None
    assert "credit.collection_step_taken" in kinds(k1)
    assert AuditEntry.objects.filter(action="credit.collection_step_taken", actor=anna).exists()


def test_refusals_of_a_step(case, anna):
    others = make_contact(make_account())
    call = {"kind": "call", "done_on": TODAY(), "actor": anna}

    def code(**fields):
        return code_of(collections.record_action, case.pk, **call | fields)

    assert code(done_on=TODAY() + timedelta(days=1)) == "future"
    assert code(contact=others) == "other_contact"
    assert code(kind="letter") == "letter_missing"
    assert code(kind="formal_demand", letter=" ") == "letter_missing"
    assert not CollectionAction.objects.exists()
    collections.close_case(case.pk, reason="other", note="x", actor=anna)
    assert code() == "closed"


def test_what_was_done_is_never_changed_or_deleted(case, anna):
    collections.record_action(case.pk, kind="call", done_on=TODAY(), actor=anna)

    with pytest.raises(InternalError, match="append_only"), transaction.atomic():
        CollectionAction.objects.update(note="never called")
    with pytest.raises(InternalError, match="kept"), transaction.atomic():
        CollectionAction.objects.all().delete()


def test_a_contact_that_is_deleted_leaves_the_step_standing(k1, case, anna):
    contact = make_contact(k1)
    action = collections.record_action(
        case.pk, kind="call", done_on=TODAY(), contact=contact, actor=anna
    )

    contact.delete()

    action.refresh_from_db()
    assert action.contact is None


def test_a_step_is_put_off_to_a_later_day_only(case, anna):
    assert code_of(collections.snooze, case.pk, until=TODAY(), actor=anna) == "past"


def test_a_case_with_an_open_promise_is_not_closed_and_other_reasons_are_named(case, anna):
    assert code_of(collections.close_case, case.pk, reason="other", actor=anna) == "note_required"
    promises.promise(case.pk, amount=Decimal(10), pay_by=TODAY(), actor=anna)

    assert (
        code_of(collections.close_case, case.pk, reason="written_off", actor=anna) == "open_promise"
    )


def test_a_case_closes_by_itself_when_nothing_is_overdue_any_more(erp, k1, case):
    pay(erp, "999.9999")
    case.refresh_from_db()
    assert case.is_open

    pay(erp, "0.0001", number="P2")

    case.refresh_from_db()
    assert (case.status, case.close_reason, case.closed_by) == ("closed", "settled", None)
    assert "credit.case_closed" in kinds(k1)


def test_a_disputed_invoice_keeps_its_case_open(erp, k1, case, invoice):
    invoice.disputed = True
    invoice.save()
    other = make_invoice(k1, 5, due_on=date(2026, 1, 2))

    pay(erp, "5", allocations=[{"invoice_number": other.invoice_number, "amount": "5"}])

    case.refresh_from_db()
    assert case.is_open


# --- promises


def test_a_promise_puts_the_next_step_off_until_its_grace_is_over(k1, case, anna):
    pay_by = TODAY() + timedelta(days=5)

    promise = promises.promise(case.pk, amount=Decimal(500), pay_by=pay_by, actor=anna)

    case.refresh_from_db()
    assert promise.status == "open"
    assert case.snoozed_until == pay_by + timedelta(days=2)
    assert kinds(k1) == ["credit.case_opened", "credit.promise_made"]


def test_refusals_of_a_promise(k1, case, invoice, anna):
    day = timedelta(days=1)
    other = make_account()

    def code(**fields):
        terms = {"amount": Decimal(500), "pay_by": TODAY(), "actor": anna}
        return code_of(promises.promise, case.pk, **terms | fields)

    assert code(pay_by=TODAY() - day) == "span"
    assert code(made_on=TODAY() + day, pay_by=TODAY() + day) == "span"
    assert code(amount=Decimal(0)) == "amount"
    assert code(amount=Decimal("1000.0001")) == "amount"
    assert code(contact=make_contact(other)) == "other_contact"
    assert code(invoices=[make_invoice(other)]) == "other_invoice"
    assert code(invoices=[make_invoice(k1, 499)]) == "amount"
    assert not PaymentPromise.objects.exists()


@pytest.mark.parametrize(
    ("paid", "after_promised_day", "status"),
    [
        ("989.9999", 0, "open"),  # one part in ten thousand short of 99 %
        ("990.0000", 0, "kept"),
        ("1000.00", 1, "kept"),  # the day of grace
        ("1000.00", 2, "broken"),
        ("989.9999", 2, "broken"),
    ],
)
def test_payments_keep_a_promise_or_not(erp, case, anna, paid, after_promised_day, status):
    made_on, pay_by = TODAY() - timedelta(days=10), TODAY() - timedelta(days=after_promised_day)
    promise = promises.promise(case.pk, amount=Decimal(1000), pay_by=TODAY(), actor=anna)
    backdate(promise, made_on=made_on, pay_by=pay_by)

    pay(erp, paid)

    promise.refresh_from_db()
    assert promise.status == status
    assert (promise.decided_on is None) is (status == "open")


def test_what_was_paid_before_the_promise_does_not_keep_it(erp, case, anna):
    promise = promises.promise(case.pk, amount=Decimal(500), pay_by=TODAY(), actor=anna)

    pay(erp, "500", received_on=TODAY() - timedelta(days=1))

    promise.refresh_from_db()
    assert promise.status == "open"


def test_a_promise_breaks_in_the_night_after_its_grace(k1, case, anna):
    promise = promises.promise(case.pk, amount=Decimal(500), pay_by=TODAY(), actor=anna)

    assert collections.collect_nightly(TODAY() + timedelta(days=1)) == 0
    assert collections.collect_nightly(TODAY() + timedelta(days=2)) == 1
    assert collections.collect_nightly(TODAY() + timedelta(days=2)) == 0

    promise.refresh_from_db()
    case.refresh_from_db()
    assert (promise.status, case.snoozed_until) == ("broken", None)
    assert "credit.promise_broken" in kinds(k1)


def test_a_payment_reported_late_turns_a_broken_promise_into_a_kept_one(erp, case, anna):
    promise = promises.promise(case.pk, amount=Decimal(500), pay_by=TODAY(), actor=anna)
    backdate(promise, made_on=TODAY() - timedelta(days=9), pay_by=TODAY() - timedelta(days=5))
    collections.collect_nightly(TODAY())

    pay(erp, "500", received_on=TODAY() - timedelta(days=6))

    promise.refresh_from_db()
    assert promise.status == "kept"


def test_the_same_money_keeps_one_promise_only(erp, case, anna):
    day = timedelta(days=1)
    first = promises.promise(case.pk, amount=Decimal(300), pay_by=TODAY() + day, actor=anna)
    later = promises.promise(case.pk, amount=Decimal(300), pay_by=TODAY() + 9 * day, actor=anna)

    pay(erp, "300")
    first.refresh_from_db()
    later.refresh_from_db()
    assert (first.status, later.status) == ("kept", "open")

    pay(erp, "300", number="P2")
    later.refresh_from_db()
    assert later.status == "kept"
    proof = judged([case.account_id], TODAY())
    assert list(proof[first.pk].proof.values()) == [Decimal(300)]
    assert proof[first.pk].proof.keys().isdisjoint(proof[later.pk].proof.keys())


def test_a_promise_that_names_an_invoice_is_kept_by_what_settles_it(erp, k1, case, invoice, anna):
    newer = make_invoice(k1, 400, invoice_number="I2", due_on=date(2026, 2, 2))
    promise = promises.promise(
        case.pk, amount=Decimal(400), pay_by=TODAY(), invoices=[newer], actor=anna
    )

    pay(erp, "400")  # settles I1, the older one
    promise.refresh_from_db()
    assert promise.status == "open"

    told = [{"invoice_number": "I2", "amount": "400"}]
    pay(erp, "400", number="P2", allocations=told)
    promise.refresh_from_db()
    assert promise.status == "kept"


def test_what_was_promised_is_never_changed(case, anna):
    promises.promise(case.pk, amount=Decimal(500), pay_by=TODAY(), actor=anna)

    with pytest.raises(InternalError, match="stays_as_given"), transaction.atomic():
        PaymentPromise.objects.update(amount=1)
    with pytest.raises(InternalError, match="kept"), transaction.atomic():
        PaymentPromise.objects.all().delete()


def test_as_many_queries_for_ten_accounts_as_for_one(anna, django_assert_num_queries):
    ids = []
    for _ in range(10):
        account = make_account(manager=anna)
        invoice = make_invoice(account, 100)
        case = collections.open_case(account.pk)
        promises.promise(
            case.pk, amount=Decimal(10), pay_by=TODAY(), invoices=[invoice], actor=anna
        )
        ids.append(account.pk)

    for some in (ids[:1], ids):
        with django_assert_num_queries(5):
            judged(some, TODAY())


# --- recorded in error


def test_a_withdrawn_promise_counts_for_nothing_and_lets_another_have_the_money(
    erp, k1, case, anna
):
    wrong = promises.promise(case.pk, amount=Decimal(900), pay_by=TODAY(), actor=anna)
    right = promises.promise(
        case.pk, amount=Decimal(90), pay_by=TODAY() + timedelta(days=3), actor=anna
    )
    pay(erp, "90")

    promises.withdraw(wrong.pk, reason="One 0 too many", actor=anna)

    for each in (wrong, right):
        each.refresh_from_db()
    assert (wrong.status, wrong.decided_on, right.status) == ("withdrawn", TODAY(), "kept")
    assert set(judged([k1.pk], TODAY())) == {right.pk}
    assert AuditEntry.objects.get(action="credit.promise_withdrawn").reason == "One 0 too many"


def test_the_next_step_waits_no_longer_for_a_withdrawn_promise(case, anna):
    promise = promises.promise(case.pk, amount=Decimal(10), pay_by=TODAY(), actor=anna)

    promises.withdraw(promise.pk, reason="Another customer", actor=anna)

    case.refresh_from_db()
    assert case.snoozed_until is None


def test_only_an_open_promise_is_withdrawn_and_with_a_reason(erp, case, anna):
    promise = promises.promise(case.pk, amount=Decimal(10), pay_by=TODAY(), actor=anna)

    assert code_of(promises.withdraw, promise.pk, reason=" ", actor=anna) == "reason_required"
    pay(erp, "10")
    assert code_of(promises.withdraw, promise.pk, reason="x", actor=anna) == "not_open"
