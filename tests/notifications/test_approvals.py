"""Whoever must sign sees it at the bell, and whoever asked sees what came of it."""

import pytest

from approvals import rules, services
from approvals.models import Request
from notifications.models import Notification
from tests.approvals.test_requests import sign
from tests.factories import make_user


@pytest.fixture
def second_gm(db):
    return make_user("gm2", "gm")


@pytest.fixture
def ask(diana, gm, second_gm):
    from django.utils import timezone

    def ask():
        route = services.propose_route(
            kind="approvals.route",
            bands=rules.route(rules.one("gm")),
            effective_from=timezone.localdate(),
            note="shorter",
            actor=diana,
        )
        return Request.objects.of(route).get()

    return ask


def unread(user):
    rows = Notification.objects.filter(user=user, read_at=None).order_by("pk")
    return [row.kind for row in rows]


def test_those_who_may_sign_are_told_and_the_asker_is_not(ask, diana, gm, second_gm):
    ask()

    assert unread(gm) == unread(second_gm) == ["approvals.request_waits"]
    assert unread(diana) == []


def test_with_the_decision_nobody_waits_and_the_asker_is_told(ask, diana, gm, second_gm):
    sign(ask(), gm)

    assert unread(gm) == unread(second_gm) == []
    assert unread(diana) == ["approvals.request_answered"]


def test_who_recalls_is_not_told_of_it(ask, diana, gm):
    services.recall(ask().pk, actor=diana)

    assert unread(gm) == unread(diana) == []


def test_a_reminder_tells_again(ask, diana, gm):
    request = ask()
    Notification.objects.update(read_at=request.requested_at)

    services.remind(request.pk, actor=diana)

    assert unread(gm) == ["approvals.request_waits"]
