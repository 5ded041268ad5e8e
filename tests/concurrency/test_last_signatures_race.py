"""Two people give the last signature of a request at the same moment."""

import threading
from dataclasses import replace

import pytest
from django.db import Error, connection

from approvals import kinds, rules, services
from approvals.models import Request, RequestQuerySet
from approvals.services import requests
from kam.core.errors import RuleViolation
from staff.models import Region
from tests.concurrency.meeting import Meeting
from tests.factories import make_user

KIND = kinds.Kind(
    key="test.region",
    label="Region",
    subject_url=lambda request: "/",
    snapshot=lambda region: {"name": region.name},
    on_approved=lambda request, actor: None,
    on_closed=lambda request, actor: None,
    default_route=rules.route(rules.all_of("finance", "gm")),
)


def both_at_once(monkeypatch):
    """What two signers are told who have both read before either writes; how often it counted."""
    counted = []
    kind = replace(KIND, on_approved=lambda request, actor: counted.append(actor))
    monkeypatch.setitem(kinds._registered, KIND.key, kind)
    services.ship_default_routes()
    signers = [make_user("fiona", "finance"), make_user("gm", "gm")]
    request = services.open_request(
        kind=KIND.key,
        subject=Region.objects.create(name="North"),
        reason="x",
        actor=make_user("anna", "account_manager"),
    )
    meeting = Meeting()
    moving_on = requests._move_on

    def meet_then_move_on(*args, **kwargs):
        meeting.wait()
        return moving_on(*args, **kwargs)

    monkeypatch.setattr(requests, "_move_on", meet_then_move_on)

    def work(actor):
        try:
            services.sign(request.pk, actor=actor, decision="approve", seen=request.digest)
        except (RuleViolation, Error):
            counted.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[actor]) for actor in signers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    request.refresh_from_db()
    return request.status, len(counted), request.signatures.count()


@pytest.mark.django_db(transaction=True)
def test_both_signatures_count_and_one_of_them_completes(monkeypatch):
    assert both_at_once(monkeypatch) == (Request.Status.APPROVED, 1, 2)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_row_locks_nobody_completes(monkeypatch):
    monkeypatch.setattr(RequestQuerySet, "select_for_update", lambda self, **kw: self)
    monkeypatch.setattr(
        requests, "_locked_subject", lambda request: Region.objects.get(pk=request.object_id)
    )

    assert both_at_once(monkeypatch) == (Request.Status.PENDING, 0, 2)
