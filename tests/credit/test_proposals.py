"""Other credit terms: proposed, signed, in force; nobody changes a limit alone."""

from datetime import timedelta
from decimal import Decimal

import pgtrigger
import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Event
from accounts.services import upsert
from approvals import services as approvals
from credit.models import CreditLine, CreditParty, GroupMove, LineProposal
from credit.queries.held_orders import look
from credit.services import groups, lines, nightly, proposals
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from tests.credit.documents import make_invoice
from tests.credit.lines import make_line
from tests.credit.terms import make_investigation, make_terms, propose, request_of, sign, sign_all
from tests.factories import make_account, make_order, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def carla(db):
    return make_user("carla", "credit_committee", full_name="Carla")


@pytest.fixture
def carlo(db):
    return make_user("carlo", "credit_committee", full_name="Carlo")


@pytest.fixture
def board(carla, carlo, gm):
    """Who must sign for more credit."""
    return carla, carlo, gm


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


def in_force(account):
    return lines.in_force(account.pk, timezone.localdate())


def test_a_first_line_needs_the_whole_committee_and_then_the_general_manager(k1, anna, board):
    carla, carlo, gm = board
    proposal = propose(k1, anna)
    request = request_of(proposal)
    assert (request.kind, request.amount) == (proposals.RAISE, Decimal(50000))

    sign(proposal, carla)
    assert code_of(sign, proposal, gm) == "not_your_turn"
    sign(proposal, carlo)
    assert in_force(k1) is None
    sign(proposal, gm)

    line = in_force(k1)
    assert (line.limit, line.terms_days, line.approved_by) == (Decimal(50000), 30, gm)
    proposal.refresh_from_db()
    assert proposal.status == "approved"
    event = Event.objects.get(kind="credit.limit_changed")
    assert (event.account, event.data["from"], event.data["to"]) == (k1, None, "50000.0000")
    entry = AuditEntry.objects.get(action="credit.limit_changed")
    assert (entry.actor, entry.reason) == (gm, "It grows")
    assert entry.changes["terms_days"] == ["", "30"]


def test_a_renewed_limit_is_not_told_as_a_change(client, k1, anna, gm, fiona):
    until = make_line(k1, approved_by=gm, limit=50000).valid_until
    sign_all(propose(k1, anna, valid_until=until), fiona)
    client.force_login(anna)

    page = client.get("/accounts/K1/", headers={"Accept-Language": "en"}).text

    assert f"Credit limit still 50,000.00, 30 days, {timezone.localdate()} to {until}" in page


def test_one_refusal_of_the_committee_ends_it(k1, anna, board):
    proposal = propose(k1, anna)

    sign(proposal, board[0])
    sign(proposal, board[1], "reject", "Too early")

    proposal.refresh_from_db()
    assert (proposal.status, in_force(k1)) == ("rejected", None)


def test_the_figures_of_the_day_are_frozen_with_the_application(k1, anna, board):
    make_order(k1, amount="1200")
    make_invoice(k1, "900", due_on=timezone.localdate() - timedelta(days=3))

    proposal = propose(k1, anna)
    make_invoice(k1, "5000")

    assert proposal.figures["exposure"] == "900.0000"
    assert (proposal.figures["overdue_amount"], proposal.figures["overdue_days"]) == ("900.0000", 3)
    assert proposal.figures["net_sales"] == "1200.0000"
    assert proposal.figures["gives_more"] == ["first_line"]
    snapshot = request_of(proposal).snapshot
    assert snapshot["limit"] == ["", "50000.00"]
    assert snapshot["exposure"] == "900.0000"


@pytest.mark.parametrize(
    ("limit", "changes", "kind"),
    [
        ("50000", {}, proposals.KEEP),
        ("50000.0001", {}, proposals.RAISE),
        ("49999.9999", {}, proposals.KEEP),
        ("0", {}, proposals.KEEP),
        ("50000", {"terms_days": 31}, proposals.RAISE),
        ("50000", {"terms_days": 29}, proposals.KEEP),
        ("50000", {"covers_group": True}, proposals.RAISE),
    ],
)
def test_only_more_credit_goes_to_the_committee(k1, anna, fiona, board, limit, changes, kind):
    sign_all(propose(k1, anna), *board)

    proposal = propose(k1, anna, limit, **changes)

    assert request_of(proposal).kind == kind


def test_a_temporary_increase_is_more_and_ends_by_itself(k1, anna, fiona, board):
    sign_all(propose(k1, anna), *board)
    today = timezone.localdate()
    ends = today + timedelta(days=10)

    proposal = propose(k1, anna, extra=Decimal(20000), extra_until=ends)
    assert request_of(proposal).kind == proposals.RAISE
    line = sign_all(proposal, *board)

    assert line.limit_on(ends) == 70000
    assert line.limit_on(ends + timedelta(days=1)) == 50000


def test_lowering_takes_one_signature_and_ends_credit_at_once(k1, anna, fiona, board):
    sign_all(propose(k1, anna), *board)

    sign_all(propose(k1, anna, "0"), fiona)

    assert in_force(k1).limit == 0


def test_large_lines_that_stay_are_seen_by_a_general_manager(k1, anna, fiona, board):
    sign_all(propose(k1, anna, "1000000"), *board)
    proposal = propose(k1, anna, "1000000")

    sign(proposal, fiona)
    assert proposal.pk != in_force(k1).proposal_id
    sign(proposal, board[2])

    assert in_force(k1).proposal_id == proposal.pk


def test_nobody_signs_for_their_own_application(k1, board):
    carla, carlo, gm = board
    carla.user_permissions.clear()

    proposal = propose(k1, carla)

    assert code_of(sign, proposal, carla) == "own_request"
    assert code_of(sign, proposal, gm) == "not_your_turn"
    sign(proposal, carlo)
    sign(proposal, gm)
    assert in_force(k1).approved_by == gm


def test_an_application_is_stale_once_another_line_is_in_force(k1, anna, fiona, board):
    sign_all(propose(k1, anna), *board)
    proposal = propose(k1, anna, "40000")
    request = request_of(proposal)
    other = _other_line(k1, anna, fiona, proposal)

    assert code_of(approvals.sign, request.pk, actor=fiona, decision="approve",
                   seen=request.digest) == "stale"  # fmt: skip
    assert in_force(k1) == other


def _other_line(account, anna, fiona, waiting):
    """A line that came into force while an application waited, by another process."""
    LineProposal.objects.filter(pk=waiting.pk).update(account=make_account())  # room for it
    line = sign_all(propose(account, anna, "30000"), fiona)
    LineProposal.objects.filter(pk=waiting.pk).update(account=account)
    return line


def test_a_line_that_runs_out_meanwhile_makes_keeping_it_a_raise(k1, anna, fiona, board):
    today = timezone.localdate()
    sign_all(propose(k1, anna, valid_until=today), *board)
    proposal = propose(k1, anna)
    assert request_of(proposal).kind == proposals.KEEP

    LineProposal.objects.filter(pk=proposal.pk).update(valid_from=today + timedelta(days=1))

    assert code_of(sign, proposal, fiona) == "stale"


def test_there_is_one_application_for_an_account_at_a_time(k1, anna, board):
    propose(k1, anna)

    assert code_of(propose, k1, anna) == "already_requested"


def test_more_credit_is_applied_for_with_an_investigation_of_the_account(k1, anna, board):
    other = make_investigation(make_account(), anna)

    def ask(investigation):
        return proposals.propose_terms(
            k1, terms=make_terms("100"), reason="x", actor=anna, investigation=investigation
        )

    assert code_of(ask, None) == "investigation_required"
    assert code_of(ask, other) == "foreign_investigation"
    assert not LineProposal.objects.exists()


@pytest.mark.parametrize(
    ("limit", "days", "is_within"),
    [("50000", 30, True), ("50000.0001", 30, False), ("50000", 31, False)],
)
def test_a_new_customer_gets_more_than_first_terms_only_with_a_reason(
    k1, anna, board, limit, days, is_within
):
    investigation = make_investigation(k1, anna)

    def ask(**fields):
        return proposals.propose_terms(
            k1,
            terms=make_terms(limit, terms_days=days),
            reason="x",
            actor=anna,
            investigation=investigation,
            **fields,
        )

    if is_within:
        assert ask().figures["beyond_first_terms"] == []
    else:
        assert code_of(ask) == "first_terms"
        proposal = ask(beyond_reason="Listed company")
        assert request_of(proposal).snapshot["beyond_reason"] == "Listed company"


def test_an_old_customer_is_free_of_first_terms_after_twelve_months(k1, anna, board):
    today = timezone.localdate()
    make_order(k1, today.replace(year=today.year - 1))
    terms = make_terms("900000", terms_days=90)

    proposal = proposals.propose_terms(
        k1, terms=terms, reason="x", actor=anna, investigation=make_investigation(k1, anna)
    )

    assert proposal.figures["months_of_dealing"] == 12
    assert proposal.figures["beyond_first_terms"] == []


def test_a_returned_application_is_changed_and_submitted_again(k1, anna, board):
    carla, carlo, gm = board
    proposal = propose(k1, anna)
    sign(proposal, carla)
    sign(proposal, carlo, "return", "Half of it")

    proposals.revise_terms(
        proposal.pk, terms=make_terms("25000"), form="open_account", reason="Half", actor=anna
    )

    assert request_of(proposal).amount == 25000
    sign_all(proposal, carla, carlo, gm)
    assert in_force(k1).limit == 25000


def test_a_change_that_needs_other_signatures_is_applied_for_anew(k1, anna, fiona, board):
    sign_all(propose(k1, anna), *board)
    proposal = propose(k1, anna, "40000")
    sign(proposal, fiona, "return", "Why not more?")

    def revise(actor):
        proposals.revise_terms(
            proposal.pk, terms=make_terms("60000"), form="open_account", reason="x", actor=actor,
            beyond_reason="x",
        )  # fmt: skip

    assert code_of(revise, fiona) == "not_requester"
    assert code_of(revise, anna) == "other_route"
    proposal.refresh_from_db()
    assert proposal.limit == 40000


def test_a_recalled_application_leaves_room_for_another(k1, anna, board):
    proposal = propose(k1, anna)

    approvals.recall(request_of(proposal).pk, actor=anna)

    proposal.refresh_from_db()
    assert proposal.status == "rejected"
    assert propose(k1, anna).status == "proposed"


def test_terms_begin_with_their_approval_when_that_is_later(k1, anna, board):
    today = timezone.localdate()
    proposal = propose(k1, anna, valid_from=today - timedelta(days=20))

    line = sign_all(proposal, *board)

    assert line.valid_from == today


def test_terms_that_have_ended_are_not_approved_any_more(k1, anna, board):
    proposal = propose(k1, anna, extra=Decimal(5), extra_until=timezone.localdate())
    yesterday = timezone.localdate() - timedelta(days=1)
    LineProposal.objects.filter(pk=proposal.pk).update(valid_from=yesterday, extra_until=yesterday)
    proposal.refresh_from_db()

    assert code_of(lines.grant, proposal, actor=board[2]) == "too_late"


# --- four eyes, whatever the door


def test_no_limit_changes_by_orm_or_sql_alone(k1, anna, gm, board):
    line = sign_all(propose(k1, anna), *board)
    proposal = propose(k1, anna, "90000")
    fields = {name: getattr(proposal, name) for name in lines.TERMS}

    for tamper in (
        lambda: CreditLine.objects.filter(pk=line.pk).update(limit=99),
        lambda: CreditLine.objects.filter(pk=line.pk).delete(),
        lambda: CreditLine.objects.create(
            account=k1, proposal=proposal, approved_by=gm, reason="x", **fields
        ),
        lambda: lines.grant(proposal, actor=gm),  # the service without signatures
        lambda: _sql('UPDATE credit_creditline SET "limit" = 1000000'),
        lambda: _sql("DELETE FROM credit_creditline"),
        lambda: _sql(_COPY_OF_LINE.format(proposal="NULL")),  # a second opening line
        lambda: _sql(_COPY_OF_LINE.format(proposal=proposal.pk)),
        lambda: LineProposal.objects.filter(pk=proposal.pk).update(status="approved"),
        lambda: _sql("UPDATE credit_lineproposal SET status = 'approved'"),
        lambda: _sql(_COPY_OF_PROPOSAL),
        lambda: LineProposal.objects.filter(pk=proposal.pk).delete(),
        lambda: _sql("DELETE FROM credit_lineproposal"),
    ):
        with pytest.raises(Error), transaction.atomic():
            tamper()
    assert in_force(k1).limit == 50000
    assert list(LineProposal.objects.filter(status="approved")) == [line.proposal]


# As they would be if nobody looked at signatures: of the first line and its proposal.
_TERMS = """limit, currency, terms_days, form, covers_group, valid_from, valid_until, extra,
    extra_until, rating, account_id, reason""".replace("limit", '"limit"')
_COPY_OF_LINE = f"""
INSERT INTO credit_creditline ({_TERMS}, proposal_id, approved_by_id, created_at)
SELECT {_TERMS}, {{proposal}}, approved_by_id, now() FROM credit_creditline LIMIT 1
"""
_COPY_OF_PROPOSAL = f"""
INSERT INTO credit_lineproposal ({_TERMS}, origin, status, figures, proposed_at)
SELECT {_TERMS}, origin, 'approved', figures, now() FROM credit_lineproposal
ORDER BY id LIMIT 1
"""


def test_without_the_triggers_the_same_statements_would_change_the_limit(k1, anna, board):
    sign_all(propose(k1, anna), *board)
    proposal = propose(k1, anna, "90000")

    with pgtrigger.ignore(
        "credit.CreditLine:never_changed",
        "credit.CreditLine:needs_signature",
        "credit.LineProposal:approved_is_signed",
    ):
        _sql('UPDATE credit_creditline SET "limit" = 1000000')
        assert in_force(k1).limit == 1000000
        _sql(_COPY_OF_PROPOSAL)
        assert LineProposal.objects.filter(status="approved").count() == 2
        _sql(_COPY_OF_LINE.format(proposal=proposal.pk))
        assert CreditLine.objects.filter(proposal=proposal).exists()


def test_an_approved_proposal_cannot_be_made_another_one(k1, anna, board):
    line = sign_all(propose(k1, anna), *board)

    with pytest.raises(Error), transaction.atomic():
        _sql('UPDATE credit_lineproposal SET "limit" = 1000000')
    assert line.proposal.limit == 50000


def _sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_administration_does_not_know_credit_lines(client, sysadmin):
    client.force_login(sysadmin)

    assert client.get("/admin/credit/creditline/").status_code == 404
    assert client.get("/admin/credit/lineproposal/").status_code == 404


# --- groups


@pytest.fixture
def group(anna):
    """A parent company with a subsidiary that has one itself."""
    head = make_account(account_number="G1", manager=anna)
    middle = make_account(account_number="G2", parent=head)
    return head, middle, make_account(account_number="G3", parent=middle)


def group_of(account):
    party = CreditParty.objects.filter(pk=account.pk).first()
    return party and party.group_id


def test_a_group_line_covers_all_that_stand_below(group, anna, board):
    head, _middle, leaf = group
    make_invoice(leaf, "100")
    make_invoice(head, "3")

    sign_all(propose(head, anna, covers_group=True), *board)

    assert [group_of(each) for each in group] == [None, head.pk, head.pk]
    assert CreditParty.objects.get(pk=head.pk).exposure == 103


@pytest.fixture
def changed(group, anna, board, admin_staff):
    """A group line; then the archive lets the middle go, with all below it, and takes another."""
    head, middle, leaf = group
    sign_all(propose(head, anna, covers_group=True), *board)
    late = make_account(account_number="G4", manager=anna)
    accounts.set_parent(middle.pk, parent=None, actor=admin_staff)
    accounts.set_parent(late.pk, parent=head, actor=admin_staff)
    return head, middle, leaf, late


def test_who_comes_under_a_head_later_or_leaves_it_waits_for_a_confirmation(
    changed, admin_staff, fiona
):
    head, middle, leaf, late = changed
    rows = [{"account_number": "G3", "parent": ""}]
    upsert.store(rows, actor=admin_staff)

    assert [group_of(each) for each in (middle, leaf, late)] == [head.pk, head.pk, None]
    assert look({late.pk}).line(late.pk) is None  # nothing of the line of the head
    nightly.run_night(timezone.localdate())
    assert [group_of(each) for each in (middle, leaf, late)] == [head.pk, head.pk, None]

    groups.confirm(middle.pk, head=None, actor=fiona)
    groups.confirm(late.pk, head=head.pk, actor=fiona)

    assert [group_of(each) for each in (middle, leaf, late)] == [None, head.pk, head.pk]
    entry = AuditEntry.objects.filter(action="credit.group_changed").latest("pk")
    assert (entry.actor, entry.subject_id) == (fiona, late.pk)


def test_the_manager_of_a_customer_does_not_confirm_its_group(changed, anna, client):
    head, _middle, _leaf, late = changed
    anna.groups.add(Group.objects.get(name="finance"))

    assert code_of(groups.confirm, late.pk, head=head.pk, actor=anna) == "own_account"


def test_a_group_that_changed_since_it_was_seen_is_not_confirmed(changed, fiona):
    head, middle, _leaf, late = changed

    assert code_of(groups.confirm, late.pk, head=None, actor=fiona) == "stale"
    assert code_of(groups.confirm, middle.pk, head=head.pk, actor=fiona) == "stale"


def test_finance_confirms_a_group_on_the_page_that_says_what_waits(changed, client, fiona, gm):
    head, _middle, _leaf, late = changed
    url = reverse("credit:group_confirm", args=["G4"])
    terms = reverse("credit:account_terms", args=["G4"])
    client.force_login(fiona)
    assert url in client.get(terms).text
    client.force_login(gm)
    assert url not in client.get(terms).text
    assert client.post(url, {"head": head.pk}).status_code == 403

    client.force_login(fiona)
    client.post(url, {"head": head.pk})

    assert group_of(late) == head.pk
    assert url not in client.get(terms).text


def test_the_page_of_an_account_reads_no_lines_but_those_above_it(changed, board, fiona, client):
    for _number in range(5):
        make_line(make_account(), approved_by=board[-1], covers_group=True)
    client.force_login(fiona)

    with CaptureQueriesContext(connection) as caught:
        client.get(reverse("credit:account_terms", args=["G4"]))

    (asked,) = (each["sql"] for each in caught if "RECURSIVE line" in each["sql"])
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        statement = asked[asked.index("WITH RECURSIVE line") :]
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {statement}")
        plan = [row for (row,) in cursor.fetchall()]
    reads = [row for row in plan if " on credit_creditline " in row]
    assert reads
    for read in reads:
        assert "rows=1 " in read.partition("actual")[2].replace(".00", ""), read


def test_the_next_signed_line_of_the_head_takes_its_group_as_it_is(changed, anna, fiona):
    head, middle, leaf, late = changed

    sign_all(propose(head, anna, covers_group=True), fiona)

    assert [group_of(each) for each in (middle, leaf, late)] == [None, None, head.pk]


def test_signers_see_the_members_with_their_limits_and_exposures(group, anna, board, client):
    head, middle, leaf = group
    make_line(middle, approved_by=board[-1], limit=300)
    make_invoice(leaf, "100")

    proposal = propose(head, anna, covers_group=True)
    make_invoice(leaf, "900")

    frozen = f"{middle} · 300.00 · 0.00\n{leaf} · – · 100.00"
    assert request_of(proposal).snapshot["members"] == frozen
    client.force_login(board[-1])
    page = client.get(proposal.get_absolute_url())
    assert [each["exposure"] for each in page.context["members"]] == ["0", "100.0000"]
    for text in (str(middle), "300.00", str(leaf), "100.00"):
        assert text in page.text
    client.force_login(anna)  # manages the head and none of its members
    page = client.get(proposal.get_absolute_url())
    assert (page.context["members"], page.context["hidden"]) == ([], 2)
    assert str(leaf) not in page.text


def test_who_comes_under_the_head_while_a_line_is_signed_waits_for_a_confirmation(
    group, anna, board
):
    head, middle, _leaf = group
    proposal = propose(head, anna, covers_group=True)
    late = make_account(account_number="G4", parent=head)

    sign_all(proposal, *board)

    assert [group_of(middle), group_of(late)] == [head.pk, None]
    assert groups.move_of(late.pk).head == head


def test_a_signed_line_brings_nobody_into_a_group_whom_its_signers_did_not_see(changed, anna):
    head, middle, _leaf, late = changed
    line = head.credit_lines.get()
    other = make_account()
    CreditParty.objects.create(account=other)

    for account, group in ((late, head), (middle, other)):
        move = GroupMove(account=account, group=group, line=line, confirmed_by=line.approved_by)
        with pytest.raises(Error), transaction.atomic():
            move.save()

    assert [group_of(middle), group_of(late)] == [head.pk, None]


def test_control_without_the_trigger_the_line_is_word_enough(changed):
    head, _middle, _leaf, late = changed
    line = head.credit_lines.get()

    with pgtrigger.ignore("credit.GroupMove:is_answered_for"):
        GroupMove.objects.create(account=late, group=head, line=line, confirmed_by=line.approved_by)

    assert GroupMove.objects.filter(account=late).exists()


def test_a_group_line_that_begins_later_forms_its_group_on_its_first_day(group, anna, board):
    head, middle, _leaf = group
    today = timezone.localdate()
    sign_all(propose(head, anna, covers_group=True, valid_from=today + timedelta(days=2)), *board)
    assert group_of(middle) is None

    for days in (1, 2):
        with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
            nightly.run_night(timezone.localdate())
            assert group_of(middle) == (head.pk if days == 2 else None)


def test_a_group_line_whose_signers_saw_no_members_leaves_them_to_be_confirmed(
    group, anna, fiona, board
):
    head, middle, leaf = group
    begins = timezone.localdate() + timedelta(days=2)
    proposal = propose(head, anna, covers_group=True, valid_from=begins)
    sign_all(proposal, *board)
    signed_long_ago = {name: each for name, each in proposal.figures.items() if name != "members"}
    with pgtrigger.ignore("credit.LineProposal:closed_is_immutable"):
        LineProposal.objects.filter(pk=proposal.pk).update(figures=signed_long_ago)

    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        nightly.run_night(timezone.localdate())

        assert [group_of(middle), group_of(leaf)] == [None, None]
        assert [move.account for move in groups.to_confirm()] == [middle, leaf]
        groups.confirm(middle.pk, head=head.pk, actor=fiona)
        assert [group_of(middle), group_of(leaf)] == [head.pk, None]


def test_who_stands_below_another_group_line_waits_for_a_confirmation_once_let_go(
    group, anna, fiona, board
):
    head, middle, leaf = group
    sign_all(propose(head, anna, covers_group=True), *board)
    make_line(middle, approved_by=board[-1], covers_group=True)

    sign_all(propose(head, anna, covers_group=False), fiona)

    assert [group_of(middle), group_of(leaf)] == [None, None]
    waiting = groups.move_of(leaf.pk)
    assert (waiting.head, waiting.now) == (middle, None)


def regroupings(changed, anna):
    """Statements that would change credit groups on nobody's word."""
    head, middle, _leaf, late = changed
    join = f"UPDATE credit_creditparty SET group_id = {head.pk} WHERE account_id = {late.pk}"
    fresh = make_account()
    move = "INSERT INTO credit_groupmove (account_id, group_id, confirmed_by_id, confirmed_at)"
    leave = f"UPDATE credit_creditparty SET group_id = NULL WHERE account_id = {middle.pk}"
    CreditParty.objects.get_or_create(account=late)
    return [
        lambda: _sql(join),
        lambda: CreditParty.objects.filter(pk=late.pk).update(group=head),
        lambda: _sql(leave),
        lambda: CreditParty.objects.create(account=fresh, group=head),
        lambda: _sql(f"{move} VALUES ({late.pk}, {head.pk}, {anna.pk}, now())"),
    ]


def test_no_group_changes_by_orm_or_sql_alone(changed, anna):
    anna.groups.add(Group.objects.get(name="finance"))  # and manages the account
    head, middle, _leaf, late = changed

    for tamper in regroupings(changed, anna):
        with pytest.raises(Error), transaction.atomic():
            tamper()

    assert [group_of(middle), group_of(late)] == [head.pk, None]


def test_control_without_the_triggers_each_of_them_goes_through(changed, anna):
    with pgtrigger.ignore(
        "credit.CreditParty:group_is_confirmed",
        "credit.CreditParty:begins_without_group",
        "credit.GroupMove:is_answered_for",
    ):
        for tamper in regroupings(changed, anna):
            tamper()


def test_the_line_that_no_longer_covers_the_group_lets_it_go(group, anna, fiona, board):
    head, _middle, leaf = group
    sign_all(propose(head, anna, covers_group=True), *board)
    make_invoice(leaf, "100")

    sign_all(propose(head, anna, "0"), fiona)

    assert group_of(leaf) is None
    assert CreditParty.objects.get(pk=head.pk).exposure == 0


def test_a_subsidiary_in_a_group_has_a_part_of_it_and_no_group_of_its_own(group, anna, board):
    head, middle, _leaf = group
    sign_all(propose(head, anna, covers_group=True), *board)

    assert code_of(propose, middle, anna, covers_group=True) == "group_within_group"
    sign_all(propose(middle, anna, "10000"), *board)
    assert group_of(middle) == head.pk


def test_the_upper_of_two_group_lines_counts(group, anna, board):
    head, middle, leaf = group
    sign_all(propose(middle, anna, covers_group=True), *board)
    assert group_of(leaf) == middle.pk

    sign_all(propose(head, anna, covers_group=True), *board)

    assert [group_of(middle), group_of(leaf)] == [head.pk, head.pk]


def test_impossible_terms_are_refused(k1, anna, board):
    today = timezone.localdate()

    assert code_of(propose, k1, anna, "-1") == "invalid_terms"
    assert code_of(propose, k1, anna, valid_until=today - timedelta(days=1)) == "invalid_terms"
    assert code_of(propose, k1, anna, reason=" ") == "reason_required"
    assert code_of(propose, k1, anna, extra=Decimal(1)) == "invalid_terms"  # without an end
    with pytest.raises(ValidationError):
        LineProposal(account=k1).full_clean()
