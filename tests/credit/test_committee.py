"""The unanimous credit committee while a member is away: a deputy gives that voice, and one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals.models import Deputy
from credit.services import lines
from kam.core.errors import RuleViolation
from tests.credit.terms import propose, request_of, sign
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def committee(db):
    return [make_user(name, "credit_committee") for name in ("carla", "carlo")]


@pytest.fixture
def dieter(db):
    return make_user("dieter")


def stand_in(deputy, *principals):
    today = timezone.localdate()
    for principal in principals:
        Deputy.objects.create(
            principal=principal, deputy=deputy, since=today, until=today + timedelta(days=9)
        )


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


def limit_of(account):
    line = lines.in_force(account.pk, timezone.localdate())
    return line and line.limit


def test_the_voice_of_a_deputy_counts_for_the_absent_member(k1, anna, gm, committee, dieter):
    carla, carlo = committee
    stand_in(dieter, carla)
    proposal = propose(k1, anna)

    sign(proposal, dieter)
    assert code_of(sign, proposal, gm) == "not_your_turn"
    assert code_of(sign, proposal, carla) == "already_signed"  # her voice was given
    sign(proposal, carlo)
    sign(proposal, gm)

    assert limit_of(k1) == 50000
    given = request_of(proposal).signatures.get(signer=dieter)
    assert given.on_behalf_of == carla


def test_one_deputy_of_two_members_leaves_a_seat_open(k1, anna, gm, committee, dieter):
    carla, carlo = committee
    stand_in(dieter, carla, carlo)
    proposal = propose(k1, anna)

    sign(proposal, dieter)

    assert code_of(sign, proposal, dieter) == "already_signed"
    assert code_of(sign, proposal, gm) == "not_your_turn"
    assert limit_of(k1) is None
    spoken = request_of(proposal).signatures.get().on_behalf_of
    sign(proposal, carlo if spoken == carla else carla)
    sign(proposal, gm)
    assert limit_of(k1) == 50000
