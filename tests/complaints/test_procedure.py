"""A complaint from its registration to its closing: who may move it where, and the clock."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.db.utils import InternalError
from django.utils import timezone

from accounts.models import Event
from accounts.services.merge import merge_accounts
from complaints.models import Complaint
from complaints.services import findings, procedure, registering
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from tests.complaints.factories import bring_to, make_complaint, solver
from tests.factories import make_account, make_contact, make_product, make_user

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai, no holiday near
HOUR = timedelta(hours=1)


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


def kinds(account):
    return list(Event.objects.filter(account=account).order_by("pk").values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("tier", "severity", "acknowledge", "resolve"),
    [
        ("strategic", "severe", "2026-06-08 11:00", "2026-06-10 18:00"),
        ("key", "severe", "2026-06-08 14:00", "2026-06-12 18:00"),
        ("ordinary", "minor", "2026-06-10 18:00", "2026-07-06 18:00"),
    ],
)
@time_machine.travel(MONDAY, tick=False)
def test_the_deadlines_are_those_of_tier_and_severity_in_working_hours(
    anna, tier, severity, acknowledge, resolve
):
    account = make_account(manager=anna, tier=tier)

    complaint = make_complaint(account, severity=severity)

    local = [timezone.localtime(at) for at in (complaint.acknowledge_due_at, complaint.due_at)]
    assert [f"{at:%Y-%m-%d %H:%M}" for at in local] == [acknowledge, resolve]
    assert (complaint.tier, complaint.standard_version) == (tier, 1)
    assert complaint.assignee == anna
    assert complaint.complaint_number.startswith("TS2026-")


def test_registering_is_told_on_the_timeline_and_gives_a_secret_that_is_not_stored(k1, anna):
    made = registering.register(
        account=k1, channel="email", category="delivery", title="晚到", actor=anna
    )

    assert kinds(k1) == ["complaints.complaint_registered"]
    assert made.complaint.follows(made.secret)
    assert not made.complaint.follows(made.secret + "x")
    assert made.secret not in str(Complaint.objects.values().get())

    renewed = registering.renew_secret(made.complaint.pk, actor=anna)

    assert renewed.complaint.follows(renewed.secret)
    assert not renewed.complaint.follows(made.secret)


def test_what_cannot_be_registered(k1, anna):
    other = make_contact(make_account())
    tomorrow = timezone.now() + timedelta(days=1)

    assert code_of(make_complaint, k1, title=" ") == "empty"
    assert code_of(make_complaint, k1, received_at=tomorrow) == "future"
    assert code_of(make_complaint, k1, contact=other) == "other_contact"
    assert code_of(make_complaint, None, contact=other) == "other_contact"
    assert not Complaint.objects.exists()


def test_a_complaint_of_a_merged_account_goes_to_its_survivor(k1, anna):
    absorbed = make_account()
    before = make_complaint(absorbed)
    merge_accounts(k1, absorbed, actor=solver())
    absorbed.refresh_from_db()

    after = make_complaint(absorbed)

    before.refresh_from_db()
    assert (before.account, after.account) == (k1, k1)


def test_the_whole_way(k1, anna):
    complaint = make_complaint(k1, actor=anna)

    bring_to(complaint, "closed", actor=anna)

    assert (complaint.status, complaint.outcome, complaint.cause) == (
        "closed",
        "justified",
        "material",
    )
    assert kinds(k1) == [
        "complaints.complaint_registered",
        "complaints.complaint_acknowledged",
        "complaints.investigation_begun",
        "complaints.complaint_resolved",
        "complaints.customer_informed",
        "complaints.solution_confirmed",
        "complaints.complaint_closed",
    ]
    trail = AuditEntry.objects.filter(subject_type="complaints.Complaint", subject_id=complaint.pk)
    assert trail.count() == 7


MOVES = {
    "acknowledge": lambda pk, who: procedure.acknowledge(pk, actor=who),
    "investigate": lambda pk, who: procedure.investigate(pk, actor=who),
    "wait": lambda pk, who: procedure.wait(pk, actor=who, reason="等样品"),
    "resolve": lambda pk, who: procedure.resolve(
        pk, outcome="unjustified", solution="说明", actor=who
    ),
    "withdraw": lambda pk, who: procedure.withdraw_solution(pk, reason="不行", actor=who),
    "reply": lambda pk, who: procedure.reply(pk, text="已处理", actor=who),
    "confirm": lambda pk, who: procedure.confirm(pk, actor=who),
    "contest": lambda pk, who: procedure.contest(pk, reason="不满意", actor=who),
    "close": lambda pk, who: procedure.close(pk, actor=who),
    "reopen": lambda pk, who: procedure.reopen(pk, reason="又坏了", actor=who),
}


@pytest.mark.parametrize(
    ("status", "possible"),
    [
        ("registered", {"acknowledge"}),
        ("acknowledged", {"investigate", "wait", "resolve"}),
        ("investigating", {"wait", "resolve"}),
        ("resolved", {"withdraw", "reply"}),
        ("replied", {"confirm", "contest"}),
        ("confirmed", {"close", "reopen"}),
        ("closed", {"reopen"}),
    ],
)
def test_from_each_status_only_its_moves_are_possible(status, possible, k1, anna):
    complaint = bring_to(make_complaint(k1), status, actor=anna)

    codes = {name: what_comes_of(verb, complaint.pk, anna) for name, verb in MOVES.items()}

    assert {name for name, code in codes.items() if not code} == possible
    assert {codes[name] for name in codes.keys() - possible} <= {"moved", "unconfirmed"}


def what_comes_of(verb, complaint_id, actor):
    """The code of the refusal, "" for none; nothing of it stays."""
    try:
        with transaction.atomic():
            verb(complaint_id, actor)
            transaction.set_rollback(True)
    except RuleViolation as violation:
        return violation.code
    return ""


def test_who_comes_too_late_is_told_who_was_first(k1, anna, diana):
    complaint = make_complaint(k1)
    procedure.acknowledge(complaint.pk, actor=diana)

    with pytest.raises(RuleViolation) as caught:
        procedure.acknowledge(complaint.pk, actor=anna)

    assert "Diana" in caught.value.message


@time_machine.travel(MONDAY, tick=False)
def test_without_an_answer_it_is_closed_after_seven_days(k1, anna):
    complaint = bring_to(make_complaint(k1), "replied", actor=anna)
    week = complaint.replied_at + timedelta(days=7)

    with time_machine.travel(week - timedelta(seconds=1), tick=False):
        assert code_of(procedure.close, complaint.pk, actor=anna) == "unconfirmed"
    with time_machine.travel(week, tick=False):
        closed = procedure.close(complaint.pk, actor=anna)

    assert closed.status == "closed"


def test_the_clock_stands_still_while_the_customer_is_to_answer(anna):
    account = make_account(manager=anna, tier="strategic")
    with time_machine.travel(MONDAY, tick=False):
        complaint = bring_to(make_complaint(account, severity="severe"), "acknowledged", actor=anna)
    due = complaint.due_at
    with time_machine.travel(MONDAY + HOUR, tick=False):
        procedure.wait(complaint.pk, actor=anna, reason="等样品")
        assert code_of(procedure.wait, complaint.pk, actor=anna, reason="x") == "waiting"
    complaint.refresh_from_db()
    assert (complaint.deadline, complaint.escalate_at, complaint.is_late) == (None, None, False)

    with time_machine.travel(MONDAY + timedelta(days=1, hours=1), tick=False):
        procedure.resume(complaint.pk, actor=anna)
        assert code_of(procedure.resume, complaint.pk, actor=anna) == "not_waiting"

    complaint.refresh_from_db()
    assert complaint.waited == 8 * HOUR  # of the 24 that passed
    assert complaint.due_at == due + timedelta(days=1)
    assert complaint.escalate_at == complaint.due_at


def test_a_solution_found_while_waiting_ends_the_wait(k1, anna):
    complaint = bring_to(make_complaint(k1), "investigating", actor=anna)
    procedure.wait(complaint.pk, actor=anna, reason="等样品")

    bring_to(complaint, "resolved", actor=anna)

    complaint.refresh_from_db()
    assert (complaint.waiting_since, complaint.status) == (None, "resolved")


def test_who_acts_too_late_leaves_a_breach_once(anna):
    account = make_account(manager=anna, tier="strategic")
    with time_machine.travel(MONDAY, tick=False):
        complaint = make_complaint(account, severity="severe")

    with time_machine.travel(MONDAY + 3 * HOUR, tick=False):
        procedure.acknowledge(complaint.pk, actor=anna)
        procedure.investigate(complaint.pk, actor=anna)
    with time_machine.travel(MONDAY + timedelta(days=7), tick=False):
        bring_to(Complaint.objects.get(), "replied", actor=anna)

    breaches = Event.objects.filter(kind__endswith="_missed").order_by("pk")
    assert [(event.kind, event.data["tier"]) for event in breaches] == [
        ("complaints.acknowledgement_missed", "strategic"),
        ("complaints.resolution_missed", "strategic"),
    ]
    assert breaches[0].data["standard_version"] == 1


def test_exactly_at_the_deadline_is_in_time(anna):
    account = make_account(manager=anna, tier="strategic")
    with time_machine.travel(MONDAY, tick=False):
        complaint = make_complaint(account, severity="severe")

    with time_machine.travel(MONDAY + 2 * HOUR, tick=False):
        procedure.acknowledge(complaint.pk, actor=anna)

    assert not Event.objects.filter(kind__endswith="_missed").exists()


@pytest.mark.parametrize("verb", ["contest", "reopen"])
def test_a_contested_or_reopened_complaint_gets_a_new_deadline(k1, anna, verb):
    with time_machine.travel(MONDAY, tick=False):
        status = "replied" if verb == "contest" else "closed"
        complaint = bring_to(make_complaint(k1), status, actor=anna)
    before = complaint.due_at

    with time_machine.travel(MONDAY + timedelta(days=30), tick=False):
        MOVES[verb](complaint.pk, anna)

    complaint.refresh_from_db()
    assert complaint.status == "investigating"
    assert complaint.due_at > before + timedelta(days=25)
    assert (complaint.resolved_at, complaint.outcome) == (None, "")
    assert complaint.reopened == (verb == "reopen")
    corrected = registering.correct(
        complaint.pk,
        account=k1,
        category="quality",
        severity="severe",
        product=None,
        reason="停产",
        actor=anna,
    )
    assert (corrected.severity, corrected.due_at) == ("severe", complaint.due_at)


def test_a_justified_complaint_names_its_root_cause(k1, anna):
    complaint = bring_to(make_complaint(k1), "acknowledged", actor=anna)
    found = {"outcome": "justified", "solution": "换货", "actor": anna}

    assert code_of(procedure.resolve, complaint.pk, **found) == "no_cause"
    assert procedure.resolve(complaint.pk, cause="supplier", **found).cause == "supplier"


def test_correcting_works_the_deadlines_out_anew(k1, anna):
    complaint = make_complaint(k1, severity="minor")
    before = complaint.due_at
    given = {"account": k1, "category": "quality", "product": make_product("P9"), "actor": anna}

    corrected = registering.correct(complaint.pk, severity="severe", reason="停产", **given)

    assert corrected.due_at < before
    assert corrected.product.code == "P9"
    assert code_of(registering.correct, complaint.pk, severity="minor", reason="", **given) == (
        "empty"
    )


def test_a_complaint_of_an_unknown_customer_is_given_to_its_account(k1, anna):
    complaint = make_complaint(None, channel="web")
    assert (complaint.account, complaint.assignee) == (None, None)

    registering.correct(
        complaint.pk,
        account=k1,
        category="quality",
        severity="moderate",
        product=None,
        reason="认出客户",
        actor=anna,
    )

    complaint.refresh_from_db()
    assert (complaint.account, complaint.assignee, complaint.tier) == (k1, anna, "ordinary")


def test_it_is_given_only_to_who_may_work_on_it(k1, anna, boris, gm):
    complaint = make_complaint(k1)

    assert code_of(registering.assign, complaint.pk, to=gm, actor=anna) == "not_a_solver"
    registering.assign(complaint.pk, to=boris, actor=anna)

    assert Complaint.objects.visible_to(boris).get() == complaint
    assert Event.objects.filter(kind="complaints.complaint_assigned").count() == 1


# --- faith


def test_bad_faith_needs_evidence_and_a_second_person(k1, anna, diana):
    complaint = bring_to(make_complaint(k1), "investigating", actor=anna)
    bad = {"outcome": "bad_faith", "solution": "驳回", "actor": anna}
    assert code_of(procedure.resolve, complaint.pk, **bad) == "no_finding"
    propose = findings.propose_finding
    assert code_of(propose, complaint.pk, verdict="bad", evidence=" ", actor=anna) == "empty"

    finding = propose(complaint.pk, verdict="bad", evidence="照片是网上的", actor=anna)

    decide = findings.decide_finding
    assert code_of(propose, complaint.pk, verdict="bad", evidence="x", actor=diana) == (
        "already_proposed"
    )
    assert code_of(decide, finding.pk, is_confirmed=True, actor=anna) == "own_finding"
    assert code_of(decide, finding.pk, is_confirmed=False, actor=diana) == "empty"
    assert code_of(procedure.resolve, complaint.pk, **bad) == "no_finding"
    decide(finding.pk, is_confirmed=True, actor=diana)
    assert code_of(decide, finding.pk, is_confirmed=True, actor=diana) == "decided"
    assert procedure.resolve(complaint.pk, **bad).outcome == "bad_faith"


def test_the_database_wants_a_second_person_too(k1, anna):
    finding = findings.propose_finding(
        make_complaint(k1).pk, verdict="good", evidence="属实", actor=anna
    )
    finding.status, finding.decided_by, finding.decided_at = "confirmed", anna, timezone.now()

    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        finding.save()
    finding.refresh_from_db()
    finding.evidence = "其他"
    with pytest.raises(InternalError), transaction.atomic():
        finding.save()


# --- the database


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"status": "acknowledged"}, "acknowledged"),
        ({"status": "resolved", "outcome": "justified"}, "acknowledged|resolved"),
        ({"resolved_at": timezone.now() + timedelta(days=1)}, "resolved"),
        ({"closed_at": timezone.now()}, "closed"),
        ({"waiting_since": timezone.now()}, "waiting"),
        ({"imported": True}, "history_rests"),
        ({"escalation_level": 4}, "level"),
    ],
)
def test_the_database_keeps_dates_and_status_together(k1, fields, name):
    complaint = make_complaint(k1)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Complaint.objects.filter(pk=complaint.pk).update(**fields)


def test_a_complaint_is_never_deleted(k1):
    complaint = make_complaint(k1)

    with pytest.raises(InternalError), transaction.atomic():
        complaint.delete()


def test_history_has_no_procedure(k1, anna):
    history = Complaint.objects.create(
        complaint_number="H1",
        account=k1,
        channel="post",
        category="price",
        title="x",
        imported=True,
    )

    assert code_of(procedure.acknowledge, history.pk, actor=anna) == "history"


# --- who sees what


def test_visible_are_those_of_ones_accounts_and_those_given_to_one(k1, anna, boris, diana):
    of_anna, of_nobody = make_complaint(k1), make_complaint(None)
    nobody = make_user("nobody")

    def seen(user):
        return set(Complaint.objects.visible_to(user))

    assert seen(anna) == {of_anna}
    assert seen(boris) == seen(nobody) == set()
    assert seen(diana) == {of_anna, of_nobody}
