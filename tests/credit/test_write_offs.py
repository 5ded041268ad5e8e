"""Bad debts: given up and taken back with the signature of another person, and never without."""

import json
import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError
from django.utils import timezone

from accounts.models import Event
from approvals import services as approvals
from approvals.models import Request
from credit.models import Allocation, CreditParty, Invoice, WriteOff
from credit.services import collections, write_offs
from kam.core.errors import RuleViolation
from tests.credit.documents import make_invoice
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice(k1):
    return make_invoice(k1, "1000.0001", invoice_number="I1")


@pytest.fixture
def frank(db):
    return make_user("frank", "finance", full_name="Frank")


@pytest.fixture
def write_off(invoice, fiona, frank, gm):
    return write_offs.propose(invoice.pk, amount=Decimal(400), reason="破产清算", actor=fiona)


def sign(subject, actor, decision="approve", comment="", kind="credit.write_off"):
    request = Request.objects.of(subject, kind).latest("pk")
    return approvals.sign(
        request.pk, actor=actor, decision=decision, comment=comment, seen=request.digest
    )


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


def exposure(account):
    return CreditParty.objects.get(pk=account.pk).exposure


def test_with_anothers_signature_the_invoice_is_settled_and_the_exposure_falls(
    write_off, invoice, k1, frank
):
    assert exposure(k1) == Decimal("1000.0001")

    sign(write_off, frank)

    write_off.refresh_from_db()
    invoice.refresh_from_db()
    assert write_off.status == "approved"
    assert invoice.open_amount == Decimal("600.0001")
    assert exposure(k1) == Decimal("600.0001")
    allocation = Allocation.objects.get(write_off=write_off)
    assert (allocation.amount, allocation.effective_on) == (400, timezone.localdate())
    kinds = set(Event.objects.filter(account=k1).values_list("kind", flat=True))
    assert kinds >= {"credit.write_off_proposed", "credit.write_off_approved"}


def test_nothing_is_written_off_before_or_when_it_is_rejected(write_off, invoice, frank):
    sign(write_off, frank, "reject", "They still trade")

    write_off.refresh_from_db()
    invoice.refresh_from_db()
    assert (write_off.status, invoice.settled) == ("rejected", 0)
    assert not Allocation.objects.exists()


def test_a_whole_write_off_closes_the_collection_case(invoice, k1, fiona, frank, gm):
    case = collections.open_case(k1.pk)
    whole = write_offs.propose(invoice.pk, amount=Decimal("1000.0001"), reason="Gone", actor=fiona)

    sign(whole, frank)

    case.refresh_from_db()
    assert (case.status, exposure(k1)) == ("closed", 0)


@pytest.mark.parametrize(
    ("amount", "code"),
    [("0", "amount"), ("-1", "amount"), ("1000.0002", "amount"), ("1000.0001", None)],
)
def test_what_is_open_bounds_the_amount(invoice, fiona, frank, gm, amount, code):
    def propose():
        return write_offs.propose(invoice.pk, amount=Decimal(amount), reason="x", actor=fiona)

    if code:
        assert code_of(propose) == code
        assert not WriteOff.objects.exists()
    else:
        assert propose().status == "proposed"


def test_one_proposal_of_an_invoice_at_a_time_and_with_a_reason(write_off, invoice, k1, frank):
    terms = {"amount": Decimal(1), "actor": frank}
    other = make_invoice(k1, 5)

    assert code_of(write_offs.propose, invoice.pk, reason="x", **terms) == "already_proposed"
    assert code_of(write_offs.propose, other.pk, reason=" ", **terms) == "reason_required"


@pytest.mark.parametrize(
    ("amount", "roles"),
    [
        ("9999.9999", [{"finance", "deputy_gm", "gm"}]),
        ("10000", [{"deputy_gm", "gm"}]),
        ("99999.9999", [{"deputy_gm", "gm"}]),
        ("100000", [{"legal"}, {"gm"}]),
    ],
)
def test_who_signs_depends_on_the_amount(k1, fiona, frank, gm, amount, roles):
    make_user("deputy", "deputy_gm")
    make_user("lena", "legal")
    large = make_invoice(k1, "200000")

    write_off = write_offs.propose(large.pk, amount=Decimal(amount), reason="x", actor=fiona)

    plan = Request.objects.of(write_off).get().plan
    assert [{seat["role"] for seat in stage["seats"]} for stage in plan] == roles


def test_nobody_signs_for_their_own(write_off, fiona):
    assert code_of(sign, write_off, fiona) == "own_request"


def test_a_payment_in_between_makes_the_signature_stale(write_off, api, frank):
    row = {
        "payment_number": "P1",
        "account_number": "K1",
        "received_on": "2026-02-10",
        "amount": "900",
    }
    api("receivables:write").post(
        "/api/v1/payments/bulk/", json.dumps({"payments": [row]}), content_type="application/json"
    )

    assert code_of(sign, write_off, frank) == "stale"


def test_what_is_paid_after_all_stays_unallocated_until_the_write_off_is_reversed(
    invoice, k1, fiona, frank, gm, api
):
    whole = write_offs.propose(invoice.pk, amount=Decimal("1000.0001"), reason="x", actor=fiona)
    sign(whole, frank)
    row = {
        "payment_number": "P1",
        "account_number": "K1",
        "received_on": "2026-02-10",
        "amount": "300",
    }
    api("receivables:write").post(
        "/api/v1/payments/bulk/", json.dumps({"payments": [row]}), content_type="application/json"
    )
    assert k1.payments.get().allocated == 0

    write_offs.propose_reversal(whole.pk, reason="They paid", actor=frank)
    assert code_of(sign, whole, frank, kind="credit.write_off_reversal") == "own_request"
    sign(whole, fiona, kind="credit.write_off_reversal")

    whole.refresh_from_db()
    invoice.refresh_from_db()
    assert whole.status == "reversed"
    assert invoice.open_amount == exposure(k1) == Decimal("700.0001")
    assert k1.payments.get().allocated == 300


def test_only_an_approved_write_off_is_reversed(write_off, frank, gm):
    assert code_of(write_offs.propose_reversal, write_off.pk, reason="x", actor=frank) == (
        "not_approved"
    )


def test_the_database_wants_the_signature_too(write_off, invoice, fiona, frank):
    signature = "signed by another person"
    with pytest.raises(IntegrityError, match=signature), transaction.atomic():
        WriteOff.objects.filter(pk=write_off.pk).update(status="approved")
    with pytest.raises(IntegrityError, match=signature), transaction.atomic():
        WriteOff.objects.create(
            invoice=make_invoice(invoice.account),
            amount=1,
            reason="x",
            proposed_by=fiona,
            status="approved",
        )
    with (
        pytest.raises(IntegrityError, match="what an approved write-off says"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            """INSERT INTO credit_allocation (invoice_id, write_off_id, amount, effective_on)
               VALUES (%s, %s, 400, now())""",
            [invoice.pk, write_off.pk],
        )
    sign(write_off, frank)
    for more in ({"amount": Decimal("400.0001")}, {"invoice": make_invoice(invoice.account)}):
        changing = pytest.raises(IntegrityError, match="what an approved write-off")
        with changing, transaction.atomic():
            Allocation.objects.filter(write_off=write_off).update(**more)
    with pytest.raises(IntegrityError, match=signature), transaction.atomic():
        WriteOff.objects.filter(pk=write_off.pk).update(status="reversed")


def test_what_was_proposed_is_never_changed_and_a_decision_stands(write_off, frank):
    for change in ({"amount": Decimal(1000)}, {"reason": "other"}):
        with pytest.raises(InternalError, match="stays_as_proposed"), transaction.atomic():
            WriteOff.objects.filter(pk=write_off.pk).update(**change)
    sign(write_off, frank)
    with pytest.raises(InternalError, match="decided_stays"), transaction.atomic():
        WriteOff.objects.filter(pk=write_off.pk).update(status="rejected")
    with pytest.raises(InternalError, match="kept"), transaction.atomic():
        WriteOff.objects.all()._raw_delete("default")


# --- two at once


def race(invoice, people, *, propose=write_offs.propose):
    """Both propose to write the whole invoice off at the same moment."""
    barrier, results = threading.Barrier(2), []

    def one(person):
        try:
            barrier.wait(30)
            propose(invoice.pk, amount=invoice.amount, reason="x", actor=person)
            results.append("proposed")
        except RuleViolation as violation:
            results.append(violation.code)
        except IntegrityError:
            results.append("database")
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


@pytest.mark.django_db(transaction=True)
def test_of_two_proposals_at_once_one_is_told_of_the_other(invoice, fiona, frank, gm):
    assert race(invoice, [fiona, frank]) == ["already_proposed", "proposed"]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_only_the_database_stops_the_second(
    invoice, fiona, frank, gm, monkeypatch
):
    met = threading.Barrier(2)

    def unlocked(invoice_id):
        return Invoice.objects.select_related("account").get(pk=invoice_id)

    def refuse_amount(amount, found):
        met.wait(30)  # both have looked for a proposal and found none

    monkeypatch.setattr(write_offs.receiving, "locked_invoice", unlocked)
    monkeypatch.setattr(write_offs, "_refuse_amount", refuse_amount)

    assert race(invoice, [fiona, frank]) == ["database", "proposed"]
