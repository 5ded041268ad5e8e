"""Before a severe complaint is closed: root causes, verified actions, told customers, kept
promises."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.db.utils import InternalError
from django.utils import timezone

from accounts.models import Event
from approvals import services as approvals
from approvals.models import Request
from complaints.services import compensations, files, findings, procedure, reports
from kam.core.errors import RuleViolation
from tests.complaints.factories import bring_to, make_complaint
from tests.factories import make_account, make_order, make_product, make_user

pytestmark = pytest.mark.django_db


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


@pytest.fixture
def complaint(k1, anna):
    """Severe and confirmed by the customer."""
    return bring_to(make_complaint(k1, severity="severe"), "confirmed", actor=anna)


def write(complaint, actor, **changes):
    parts = {"occurrence_cause": "模具磨损", "escape_cause": "终检未测硬度", **changes}
    return reports.write_report(complaint.pk, version=0, actor=actor, **parts)


def add_action(complaint, actor, kind="corrective", **fields):
    given = {"text": "更换模具", "owner": actor, "due_on": timezone.localdate(), **fields}
    return reports.add_action(complaint.pk, kind=kind, actor=actor, **given)


def carry_out(action, doer, verifier):
    reports.finish_action(action.pk, note="已换", actor=doer)
    reports.verify_action(action.pk, is_effective=True, verification="三批无缺陷", actor=verifier)


def test_a_severe_one_is_closed_with_its_report_and_verified_actions_only(complaint, anna, diana):
    def close():
        return procedure.close(complaint.pk, actor=anna)

    assert code_of(close) == "incomplete"
    write(complaint, anna)
    assert code_of(close) == "incomplete"
    actions = [add_action(complaint, anna, kind) for kind in ("corrective", "preventive")]
    assert code_of(close) == "incomplete"
    for action in actions:
        carry_out(action, anna, diana)

    assert close().status == "closed"


def test_the_refusal_names_what_is_missing(complaint, anna):
    write(complaint, anna, escape_cause="")

    with pytest.raises(RuleViolation) as caught:
        procedure.close(complaint.pk, actor=anna)

    assert caught.value.message.count(";") == 2  # escape cause, corrective, preventive action


def test_of_two_writers_of_the_report_the_second_is_told(complaint, anna, diana):
    write(complaint, anna)

    assert code_of(write, complaint, diana, problem="x") == "stale"
    report = reports.write_report(complaint.pk, version=1, actor=diana, problem="漏油")
    assert (report.version, report.problem, report.escape_cause) == (2, "漏油", "终检未测硬度")


def test_who_did_it_does_not_verify_it(complaint, anna, diana):
    action = add_action(complaint, anna)
    verify = {"verification": "看过", "actor": anna}
    assert code_of(reports.verify_action, action.pk, is_effective=True, **verify) == "not_done"
    reports.finish_action(action.pk, note="已换", actor=anna)
    assert code_of(reports.finish_action, action.pk, note="x", actor=anna) == "done"
    assert code_of(reports.drop_action, action.pk, reason="x", actor=anna) == "done"

    assert code_of(reports.verify_action, action.pk, is_effective=True, **verify) == "own_action"

    action.refresh_from_db()
    action.verified_at, action.verified_by, action.verification = timezone.now(), anna, "x"
    with pytest.raises(IntegrityError, match="verified_by_other"), transaction.atomic():
        action.save()


def test_what_did_not_work_is_to_be_done_again(complaint, anna, diana):
    action = add_action(complaint, anna)
    reports.finish_action(action.pk, note="已换", actor=anna)

    reports.verify_action(action.pk, is_effective=False, verification="又漏", actor=diana)

    action.refresh_from_db()
    assert (action.done_at, action.verified_at) == (None, None)
    carry_out(action, anna, diana)
    again = {"is_effective": True, "verification": "x", "actor": diana}
    assert code_of(reports.verify_action, action.pk, **again) == "verified"


def test_an_action_is_done_by_its_owner_from_another_department(complaint, anna):
    fiona = make_user("fiona", "finance")
    action = add_action(complaint, anna, owner=fiona)
    stranger = make_user("stranger", "finance")

    assert code_of(reports.finish_action, action.pk, note="x", actor=stranger) == "not_owner"
    reports.finish_action(action.pk, note="已退款", actor=fiona)


def test_similar_customers_are_who_bought_the_product_within_a_year(k1, anna, boris, diana):
    product = make_product("P7")
    today = timezone.localdate()
    line = [(product, "1", "10")]
    similar = make_account(manager=boris)
    make_order(similar, today - timedelta(days=300), lines=line)
    make_order(similar, today, lines=line)
    make_order(k1, today, lines=line)
    make_order(make_account(), today - timedelta(days=400), lines=line)
    make_order(make_account(), today, lines=line, status="cancelled")
    make_order(make_account(), today)
    complaint = make_complaint(k1, product=product)

    assert reports.find_similar(complaint.pk, actor=anna) == 1
    assert reports.find_similar(complaint.pk, actor=anna) == 0

    row = complaint.similar_customers.get()
    assert row.account == similar
    event = Event.objects.get(account=similar)
    assert event.kind == "complaints.similar_trouble_noted"
    assert k1.name not in str(event.data)
    bring_to(complaint, "confirmed", actor=anna)
    assert code_of(procedure.close, complaint.pk, actor=anna) == "incomplete"
    reports.tell_similar(row.pk, note="电话告知", actor=boris)
    assert code_of(reports.tell_similar, row.pk, note="x", actor=boris) == "told"
    assert procedure.close(complaint.pk, actor=anna).status == "closed"


def test_a_customer_is_listed_by_hand_and_left_out_again(complaint, anna, k1):
    other = make_account()
    assert code_of(reports.add_similar, complaint.pk, account=k1, actor=anna) == "own_account"
    assert reports.add_similar(complaint.pk, account=other, actor=anna) == 1
    assert reports.add_similar(complaint.pk, account=other, actor=anna) == 0

    reports.drop_similar(complaint.similar_customers.get().pk, reason="型号不同", actor=anna)

    assert not complaint.similar_customers.exists()


def test_an_undecided_finding_stands_in_the_way(k1, anna, diana):
    complaint = bring_to(make_complaint(k1), "confirmed", actor=anna)
    finding = findings.propose_finding(complaint.pk, verdict="good", evidence="属实", actor=anna)
    assert code_of(procedure.close, complaint.pk, actor=anna) == "incomplete"

    findings.decide_finding(finding.pk, is_confirmed=True, actor=diana)

    assert procedure.close(complaint.pk, actor=anna).status == "closed"


# --- compensation


def propose(complaint, actor, amount="1000", **fields):
    given = {
        "kind": "refund",
        "promise": "退货款",
        "due_on": timezone.localdate(),
        "reason": "客户停产两天",
        **fields,
    }
    return compensations.propose_compensation(
        complaint.pk, amount=Decimal(amount), actor=actor, **given
    )


def sign(compensation, actor, decision="approve", comment=""):
    request = Request.objects.of(compensation, compensations.COMPENSATION).latest("pk")
    return approvals.sign(
        request.pk, actor=actor, decision=decision, comment=comment, seen=request.digest
    )


def deliver(compensation, actor):
    return compensations.deliver(
        compensation.pk, delivered_on=timezone.localdate(), note="已退", actor=actor
    )


def test_a_compensation_is_promised_with_anothers_signature_and_kept_before_closing(
    k1, anna, diana
):
    complaint = bring_to(make_complaint(k1), "confirmed", actor=anna)
    compensation = propose(complaint, anna)
    assert code_of(procedure.close, complaint.pk, actor=anna) == "incomplete"
    assert code_of(deliver, compensation, anna) == "not_promised"
    assert code_of(sign, compensation, anna) == "own_request"

    sign(compensation, diana)

    compensation.refresh_from_db()
    assert compensation.status == "approved"
    assert code_of(procedure.close, complaint.pk, actor=anna) == "incomplete"
    deliver(compensation, anna)
    assert code_of(deliver, compensation, anna) == "not_promised"
    assert procedure.close(complaint.pk, actor=anna).status == "closed"
    kinds = Event.objects.filter(kind__startswith="complaints.compensation_")
    assert list(kinds.order_by("pk").values_list("kind", flat=True)) == [
        "complaints.compensation_proposed",
        "complaints.compensation_approved",
        "complaints.compensation_delivered",
    ]


@pytest.mark.parametrize(
    ("amount", "signers"),
    [
        ("4999.99", ["diana"]),
        ("5000", ["diana", "gm"]),
        ("49999.99", ["diana", "gm"]),
        ("50000", ["fiona", "gm"]),
    ],
)
def test_who_signs_follows_from_the_amount(k1, anna, diana, gm, fiona, amount, signers):
    people = {"diana": diana, "gm": gm, "fiona": fiona}
    compensation = propose(make_complaint(k1), anna, amount)

    for name in signers:
        compensation.refresh_from_db()
        assert compensation.status == "proposed"
        sign(compensation, people[name])

    compensation.refresh_from_db()
    assert compensation.status == "approved"


def test_a_rejected_compensation_is_not_promised(k1, anna, diana):
    complaint = bring_to(make_complaint(k1), "confirmed", actor=anna)
    compensation = propose(complaint, anna)

    sign(compensation, diana, "reject", "合同无此条款")

    compensation.refresh_from_db()
    assert compensation.status == "rejected"
    assert procedure.close(complaint.pk, actor=anna).status == "closed"


def test_what_is_no_compensation(k1, anna, diana):
    complaint = make_complaint(k1)
    yesterday = timezone.localdate() - timedelta(days=1)

    assert code_of(propose, complaint, anna, "0") == "amount"
    assert code_of(propose, complaint, anna, due_on=yesterday) == "past"
    assert code_of(propose, complaint, anna, promise=" ") == "empty"
    compensation = propose(complaint, anna)
    compensation.amount = 2
    with pytest.raises(InternalError), transaction.atomic():
        compensation.save()


# --- files


def test_a_file_is_kept_once_and_checked_by_its_content(k1, anna, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    complaint = make_complaint(k1)

    def add(name, content):
        upload = SimpleUploadedFile(name, content)
        return files.add_file(complaint.pk, upload=upload, actor=anna, description="照片")

    kept = add("../漏油.png", b"\x89PNG\r\n\x1a\n....")

    assert (kept.name, kept.size) == ("漏油.png", 12)
    assert code_of(add, "again.png", b"\x89PNG\r\n\x1a\n....") == "file_twice"
    assert code_of(add, "x.png", b"<html>") == "attachment_kind"
    assert code_of(add, "x.exe", b"MZ") == "attachment_kind"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
