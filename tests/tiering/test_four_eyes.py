"""What guards policies and designations below the pages: services and the database."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.db.utils import InternalError
from django.utils import timezone, translation

from approvals import services as approvals
from approvals.models import Request
from kam.core.errors import RuleViolation
from tests.factories import make_user
from tests.tiering.factories import make_designation, request_of, sign
from tiering import services
from tiering.models import TierPolicy

TODAY = timezone.localdate


@pytest.fixture
def draft(diana):
    return services.draft_policy(actor=diana, effective_from=TODAY(), note="A larger market")


def terms():
    return {"tier": "key", "reason": "x", "effective_from": TODAY(), "expires_on": TODAY()}


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


def test_nobody_decides_on_their_own_policy(diana, gm, draft):
    services.propose_policy(draft.pk, actor=diana)

    assert code_of(sign, draft, diana) == "own_request"
    assert code_of(sign, draft, diana, "reject", "x") == "own_request"


def test_nobody_decides_on_their_own_designation(diana, gm, k1):
    proposal = services.propose_designation(k1.pk, actor=diana, **terms())

    assert code_of(sign, proposal, diana) == "own_request"
    assert code_of(sign, proposal, diana, "reject", "x") == "own_request"


def test_the_database_refuses_it_too(diana, draft, k1):
    with pytest.raises(IntegrityError, match="four_eyes"), transaction.atomic():
        TierPolicy.objects.filter(pk=draft.pk).update(decided_by=diana)
    designation = make_designation(k1, effective_from=TODAY())
    designation.decided_by = designation.proposed_by
    with pytest.raises(IntegrityError, match="four_eyes"), transaction.atomic():
        designation.save()


def test_an_approved_policy_is_never_changed_or_deleted(db):
    shipped = TierPolicy.objects.filter(version=1)

    with pytest.raises(InternalError, match="approved_is_immutable"), transaction.atomic():
        shipped.update(key_share="0.02")
    with pytest.raises(InternalError, match="approved_is_immutable"), transaction.atomic():
        shipped.delete()


def test_a_draft_waits_for_nobody(draft):
    assert request_of(draft) is None


def test_without_a_signer_nothing_is_proposed_and_the_refusal_says_what_to_do(diana, draft):
    with pytest.raises(RuleViolation) as caught, translation.override("en"):
        services.propose_policy(draft.pk, actor=diana)

    draft.refresh_from_db()
    assert (caught.value.code, draft.status) == ("no_signer", "draft")
    assert "Deputy general manager / General manager" in caught.value.message
    assert "system administrator" in caught.value.message


def test_a_proposal_without_a_reason_is_refused(diana, gm):
    draft = services.draft_policy(actor=diana, effective_from=TODAY(), note="")

    assert code_of(services.propose_policy, draft.pk, actor=diana) == "reason_required"


def test_a_proposal_that_waited_too_long_is_not_approved(diana, gm, draft):
    services.propose_policy(draft.pk, actor=diana)
    tomorrow = TODAY() + timedelta(days=1)

    with time_machine.travel(tomorrow):
        assert code_of(sign, draft, gm) == "retroactive"

    assert not request_of(draft).signatures.exists()


def test_a_rejected_policy_says_who_and_why(diana, gm, draft):
    services.propose_policy(draft.pk, actor=diana)

    sign(draft, gm, "reject", "Not now")

    draft.refresh_from_db()
    assert (draft.status, draft.decided_by, draft.decision_comment) == ("rejected", gm, "Not now")


def test_a_recalled_policy_is_a_draft_again(diana, gm, draft):
    services.propose_policy(draft.pk, actor=diana)

    approvals.recall(request_of(draft).pk, actor=diana)

    draft.refresh_from_db()
    assert (draft.status, draft.decided_by) == ("draft", None)
    assert code_of(sign, draft, gm) == "closed"
    services.propose_policy(draft.pk, actor=diana)
    assert request_of(draft).status == "pending"


def test_a_returned_policy_is_changed_by_its_author_and_signed_in_a_new_round(diana, gm, draft):
    services.propose_policy(draft.pk, actor=diana)
    assert code_of(services.edit_policy, draft.pk, actor=diana, note="y") == "stale"
    sign(draft, gm, "return", "Say what for")
    other = make_user("other", "ka_director")
    assert code_of(services.edit_policy, draft.pk, actor=other, note="y") == "not_requester"

    services.edit_policy(draft.pk, actor=diana, key_share=Decimal("0.02"))
    approvals.resubmit(request_of(draft).pk, actor=diana, reason="For the west")
    sign(draft, gm)

    draft.refresh_from_db()
    asked = request_of(draft)
    assert (draft.status, asked.round) == ("approved", 2)
    assert asked.snapshot["key_share"] == ["1 %", "2 %"]


def test_a_designation_is_recalled_or_expires_undecided(anna, diana, k1):
    recalled = services.propose_designation(k1.pk, actor=anna, **terms())
    approvals.recall(request_of(recalled).pk, actor=anna)
    expired = services.propose_designation(k1.pk, actor=anna, **terms())
    approvals.expire_due(TODAY() + timedelta(days=31))

    recalled.refresh_from_db()
    expired.refresh_from_db()
    assert [recalled.status, expired.status] == ["recalled", "expired"]
    assert not k1.designations.in_force(TODAY()).exists()


def test_a_returned_designation_is_changed_and_submitted_again(anna, diana, k1):
    proposal = services.propose_designation(k1.pk, actor=anna, **terms())
    change = {**terms(), "tier": "strategic"}
    assert code_of(services.edit_designation, proposal.pk, actor=anna, **change) == "stale"
    sign(proposal, diana, "return", "Higher")

    services.edit_designation(proposal.pk, actor=anna, **change)
    approvals.resubmit(request_of(proposal).pk, actor=anna, reason="Higher")
    sign(proposal, diana)

    assert k1.designations.in_force(TODAY()).get().tier == "strategic"


def test_an_approved_designation_begins_no_earlier_than_its_approval(anna, gm, k1):
    today = TODAY()
    begins = {"effective_from": today - timedelta(days=30)}
    proposal = services.propose_designation(k1.pk, actor=anna, **terms() | begins)

    sign(proposal, gm)

    proposal.refresh_from_db()
    assert (proposal.effective_from, proposal.decided_by) == (today, gm)


def test_proposals_from_before_there_were_requests_get_theirs(anna, diana, gm, k1, draft):
    TierPolicy.objects.filter(pk=draft.pk).update(status="proposed")
    designation = k1.designations.create(proposed_by=anna, **terms())

    services.open_missing_requests()
    services.open_missing_requests()

    assert [asked.requested_by for asked in Request.objects.order_by("pk")] == [diana, anna]
    sign(draft, gm)
    sign(designation, diana)
    assert TierPolicy.objects.get(pk=draft.pk).status == "approved"
    assert k1.designations.in_force(TODAY()).exists()


def test_an_old_proposal_nobody_could_sign_stays_as_it_is(diana, draft):
    TierPolicy.objects.filter(pk=draft.pk).update(status="proposed")

    services.open_missing_requests()

    assert not Request.objects.exists()


def test_only_one_proposal_at_a_time(anna, diana, k1):
    services.propose_designation(k1.pk, actor=anna, **terms())

    code = code_of(services.propose_designation, k1.pk, actor=anna, **terms())

    assert code == "already_proposed"


def test_a_designation_is_revoked_once(gm, k1):
    designation = make_designation(k1, effective_from=TODAY())
    services.revoke_designation(designation.pk, actor=gm, reason="Lost")

    code = code_of(services.revoke_designation, designation.pk, actor=gm, reason="Lost")

    assert code == "stale"


def test_the_shipped_policy_is_the_default(db):
    shipped = TierPolicy.objects.get()

    assert (shipped.version, shipped.status) == (1, "approved")
    assert (str(shipped.strategic_share), str(shipped.key_share)) == ("0.050000", "0.010000")
