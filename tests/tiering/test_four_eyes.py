"""What guards policies and designations below the pages: services and the database."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError
from django.utils import timezone

from kam.core.errors import RuleViolation
from tests.tiering.factories import make_designation
from tiering import services
from tiering.models import TierPolicy

TODAY = timezone.localdate


@pytest.fixture
def draft(diana):
    return services.draft_policy(actor=diana, effective_from=TODAY(), note="")


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


def test_nobody_decides_on_their_own_policy(diana, draft):
    services.propose_policy(draft.pk, actor=diana)

    assert code_of(services.approve_policy, draft.pk, actor=diana) == "four_eyes"
    assert code_of(services.reject_policy, draft.pk, actor=diana, comment="x") == "four_eyes"


def test_nobody_decides_on_their_own_designation(gm, k1):
    today = TODAY()
    proposal = services.propose_designation(
        k1.pk, tier="key", reason="x", effective_from=today, expires_on=today, actor=gm
    )

    assert code_of(services.approve_designation, proposal.pk, actor=gm) == "four_eyes"
    assert code_of(services.reject_designation, proposal.pk, actor=gm, comment="x") == "four_eyes"


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


def test_a_draft_cannot_be_approved_past_the_proposal(gm, draft):
    assert code_of(services.approve_policy, draft.pk, actor=gm) == "stale"
    assert code_of(services.approve_policy, draft.pk, actor=gm, expected="draft") == "not_proposed"


def test_a_proposal_that_waited_too_long_is_not_approved(diana, gm, draft):
    services.propose_policy(draft.pk, actor=diana)
    TierPolicy.objects.filter(pk=draft.pk).update(effective_from=TODAY() - timedelta(days=1))

    assert code_of(services.approve_policy, draft.pk, actor=gm) == "retroactive"


def test_an_approved_designation_begins_no_earlier_than_its_approval(anna, gm, k1):
    today = TODAY()
    proposal = services.propose_designation(
        k1.pk,
        tier="key",
        reason="x",
        effective_from=today - timedelta(days=30),
        expires_on=today,
        actor=anna,
    )

    assert services.approve_designation(proposal.pk, actor=gm).effective_from == today


def test_only_one_proposal_at_a_time(anna, k1):
    today = TODAY()
    terms = {"tier": "key", "reason": "x", "effective_from": today, "expires_on": today}
    services.propose_designation(k1.pk, actor=anna, **terms)

    code = code_of(services.propose_designation, k1.pk, actor=anna, **terms)

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
