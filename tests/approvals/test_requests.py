"""A request from its opening to its end, through the services."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from approvals import kinds, rules, services
from approvals.models import Request
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from staff.models import Region
from tests.factories import make_user

TODAY = timezone.localdate


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


def sign(request, actor, decision="approve", comment="", seen=None):
    return services.sign(
        request.pk, actor=actor, decision=decision, comment=comment, seen=seen or request.digest
    )


def test_the_last_signature_approves_and_tells_the_kind_once(ask, fiona, gm, happened):
    request = ask()

    sign(request, fiona)
    assert happened == []
    done = sign(request, gm, comment="Agreed")

    assert (done.status, happened) == ("approved", [("approved", gm)])
    assert [s.snapshot for s in done.signatures.all()] == [{"name": "North"}] * 2
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "approvals.request_opened",
        "approvals.request_signature_approve",
        "approvals.request_signature_approve",
        "approvals.request_approved",
    ]


def test_what_the_kind_refuses_takes_the_last_signature_back(ask, kind, monkeypatch, fiona, gm):
    def refuse(request, actor):
        raise RuleViolation("limit", "Too much")

    monkeypatch.setitem(kinds._registered, kind.key, replace(kind, on_approved=refuse))
    request = ask()
    sign(request, fiona)

    assert code_of(sign, request, gm) == "limit"
    request.refresh_from_db()
    assert (request.status, request.signatures.count()) == ("pending", 1)


def test_refusals_of_a_signature(ask, anna, boris, fiona, gm, lena):
    request = ask()

    assert code_of(sign, request, anna) == "own_request"
    assert code_of(sign, request, gm) == "not_your_turn"
    assert code_of(sign, request, boris) == "not_your_turn"
    assert code_of(sign, request, fiona, seen="0" * 64) == "stale"
    assert code_of(sign, request, fiona, "reject", "  ") == "comment_required"
    assert code_of(sign, request, fiona, "return") == "comment_required"
    sign(request, fiona)
    assert code_of(sign, request, fiona) == "already_signed"
    sign(request, gm)
    assert code_of(sign, request, lena) == "closed"
    assert request.signatures.count() == 2


def test_a_subject_that_changed_is_not_approved_but_can_be_returned(ask, anna, fiona, north):
    request = ask()
    north.name = "North and west"
    north.save()

    assert code_of(sign, request, fiona) == "stale"
    assert sign(request, fiona, "return", "It changed").status == "returned"
    again = services.resubmit(request.pk, actor=anna, reason="As it is now")
    assert (again.status, again.round) == ("pending", 2)
    assert again.snapshot == {"name": "North and west"}
    assert code_of(sign, request, fiona) == "stale"  # what was seen is the first round
    assert sign(again, fiona).stage == 1


def test_a_rejection_ends_it_with_the_reason(ask, fiona, gm, happened):
    request = ask()

    done = sign(request, fiona, "reject", "Too early")

    assert (done.status, happened) == ("rejected", [("rejected", fiona)])
    assert done.signatures.get().comment == "Too early"
    assert code_of(sign, request, gm) == "closed"


def test_a_returned_request_begins_anew_and_all_sign_again(ask, anna, boris, fiona, gm, happened):
    request = ask(amount=Decimal(50))
    sign(request, fiona)
    sign(request, gm, "return", "Name the region better")
    assert code_of(sign, request, gm) == "closed"
    assert code_of(services.resubmit, request.pk, actor=boris, reason="x") == "not_requester"
    assert code_of(services.resubmit, request.pk, actor=anna, reason=" ") == "reason_required"

    again = services.resubmit(request.pk, actor=anna, reason="Better", amount=Decimal(60))

    assert (again.stage, again.amount, again.reason) == (0, Decimal(60), "Better")
    assert code_of(services.resubmit, request.pk, actor=anna, reason="x") == "not_returned"
    sign(again, fiona)
    assert sign(again, gm).status == "approved"
    assert happened == [("approved", gm)]


def test_only_the_author_recalls_and_only_while_it_is_open(ask, anna, fiona, happened):
    request = ask()
    assert code_of(services.recall, request.pk, actor=fiona) == "not_requester"

    assert services.recall(request.pk, actor=anna).status == "recalled"

    assert happened == [("recalled", anna)]
    assert code_of(services.recall, request.pk, actor=anna) == "closed"
    assert code_of(sign, request, fiona) == "closed"


def test_a_request_expires_after_its_days(make_kind, ask, fiona, happened):
    request = ask()
    last = timezone.localdate() + timedelta(days=30)
    assert services.expire_due(last) == 0
    assert request.last_day == last

    assert services.expire_due(last + timedelta(days=1)) == 1

    request.refresh_from_db()
    assert (request.status, happened) == ("expired", [("expired", None)])
    assert services.expire_due(last + timedelta(days=1)) == 0


def test_a_request_that_cannot_be_closed_does_not_keep_the_others_open(
    kind, ask, monkeypatch, caplog
):
    def fail_in_the_north(request, actor):
        if request.title == "North":
            raise ZeroDivisionError

    monkeypatch.setitem(kinds._registered, kind.key, replace(kind, on_closed=fail_in_the_north))
    north, south = ask(), ask(subject=Region.objects.create(name="South"))

    assert services.expire_due(TODAY() + timedelta(days=31)) == 1

    north.refresh_from_db()
    south.refresh_from_db()
    assert (north.status, south.status) == ("pending", "expired")
    assert f"Request {north.pk} could not be closed" in caplog.text


def test_after_its_time_it_is_not_signed_even_before_the_nightly_job(ask, fiona):
    request = ask()
    Request.objects.update(expires_at=timezone.now())

    assert code_of(sign, request, fiona) == "closed"


def test_one_open_request_about_a_subject(ask, anna, boris):
    request = ask()
    assert code_of(ask, boris) == "already_requested"
    services.recall(request.pk, actor=anna)

    assert ask(boris).pk != request.pk


def test_a_reason_is_needed(ask):
    assert code_of(ask, reason=" ") == "reason_required"


def test_a_stage_nobody_could_sign_is_refused_and_named(make_kind, anna, fiona, north):
    make_kind(rules.one("finance"), rules.one("legal"))

    with translation.override("en"), pytest.raises(RuleViolation, match="Legal") as caught:
        services.open_request(kind="test.region", subject=north, reason="x", actor=anna)

    assert caught.value.code == "no_signer"
    assert not Request.objects.exists()


def test_a_committee_of_the_author_alone_is_refused(make_kind, north):
    make_kind(rules.each_of("credit_committee"))
    member = make_user("m1", "credit_committee")
    terms = {"kind": "test.region", "subject": north, "reason": "x"}

    assert code_of(services.open_request, actor=member, **terms) == "no_signer"


@pytest.mark.parametrize(("amount", "role"), [("99.9999", "finance"), ("100", "gm"), (None, "gm")])
def test_the_amount_chooses_the_band(make_kind, anna, fiona, gm, north, amount, role):
    make_kind(
        bands=(
            rules.Band(until=Decimal(100), stages=(rules.one("finance"),)),
            rules.Band(since=Decimal(100), stages=(rules.one("gm"),)),
        )
    )

    request = services.open_request(
        kind="test.region",
        subject=north,
        reason="x",
        actor=anna,
        amount=None if amount is None else Decimal(amount),
    )

    assert request.awaits_roles == [role]


def test_everybody_in_the_committee_at_opening_signs(make_kind, anna, gm, north, happened):
    members = [make_user(f"m{i}", "credit_committee") for i in range(3)]
    make_kind(rules.each_of("credit_committee"), rules.one("gm"))
    request = services.open_request(kind="test.region", subject=north, reason="x", actor=anna)
    late = make_user("late", "credit_committee")

    assert code_of(sign, request, late) == "not_your_turn"
    for member in members:
        assert code_of(sign, request, gm) == "not_your_turn"
        sign(request, member)
    assert sign(request, gm).status == "approved"


def test_a_deputy_signs_in_the_span_and_the_record_says_for_whom(ask, boris, fiona, gm):
    request = ask()
    today = TODAY()
    services.name_deputy(deputy=boris, since=today, until=today + timedelta(days=1), actor=fiona)

    sign(request, boris)

    signature = request.signatures.get()
    assert (signature.signer, signature.on_behalf_of) == (boris, fiona)
    assert code_of(sign, request, fiona) == "already_signed"  # her voice is given


@pytest.mark.parametrize(("since", "until"), [(1, 3), (-3, 0)])
def test_outside_the_span_a_deputy_is_nobody(ask, boris, fiona, since, until):
    request = ask()
    deputy = services.name_deputy(
        deputy=boris, since=TODAY(), until=TODAY() + timedelta(days=1), actor=fiona
    )
    type(deputy).objects.filter(pk=deputy.pk).update(
        since=TODAY() + timedelta(days=since), until=TODAY() + timedelta(days=until)
    )

    assert code_of(sign, request, boris) == "not_your_turn"


def test_a_deputy_never_decides_on_the_own_request_nor_for_its_author(ask, anna, boris, fiona):
    today = TODAY()
    span = {"since": today, "until": today + timedelta(days=1)}
    services.name_deputy(deputy=anna, actor=fiona, **span)
    services.name_deputy(deputy=boris, actor=anna, **span)
    request = ask()

    assert code_of(sign, request, anna) == "own_request"
    assert code_of(sign, request, boris) == "not_your_turn"


def test_nobody_signs_as_self_and_as_deputy(ask, fiona, gm):
    today = TODAY()
    services.name_deputy(deputy=fiona, since=today, until=today + timedelta(days=1), actor=gm)
    request = ask()
    sign(request, fiona)

    assert code_of(sign, request, fiona) == "already_signed"


def test_refusals_of_a_deputy(anna, boris):
    today = TODAY()
    span = {"since": today, "until": today + timedelta(days=1)}

    assert code_of(services.name_deputy, deputy=anna, actor=anna, **span) == "own_deputy"
    past = {"since": today - timedelta(days=2), "until": today}
    assert code_of(services.name_deputy, deputy=boris, actor=anna, **past) == "span"
    empty = {"since": today + timedelta(days=2), "until": today + timedelta(days=2)}
    assert code_of(services.name_deputy, deputy=boris, actor=anna, **empty) == "span"
    service = make_user("erp", is_service=True)
    assert code_of(services.name_deputy, deputy=service, actor=anna, **span) == "not_staff"
    named = services.name_deputy(deputy=boris, actor=anna, **span)
    assert code_of(services.end_deputy, named.pk, actor=boris) == "not_principal"
    assert services.end_deputy(named.pk, actor=anna).until == today
    assert code_of(services.end_deputy, named.pk, actor=anna) == "closed"


def test_who_sees_a_request(ask, anna, boris, fiona, gm, lena):
    deputy = make_user("dora", "developer")
    today = TODAY()
    services.name_deputy(deputy=deputy, since=today, until=today + timedelta(days=1), actor=fiona)
    request = ask()

    def seeing(user):
        return request in Request.objects.visible_to(type(user).objects.get(pk=user.pk))

    assert all(map(seeing, [anna, fiona, gm, deputy, make_user("dg", "deputy_gm")]))
    assert not any(map(seeing, [boris, lena]))
    fiona.groups.clear()
    assert not seeing(fiona)
    fiona.groups.add(*gm.groups.all())
    assert seeing(fiona)


def test_a_signer_still_sees_what_they_signed(ask, fiona):
    request = ask()
    sign(request, fiona)
    fiona.groups.clear()

    assert request in Request.objects.visible_to(type(fiona).objects.get(pk=fiona.pk))


def test_whom_it_waits_for(ask, anna, boris, fiona, gm):
    today = TODAY()
    services.name_deputy(deputy=boris, since=today, until=today + timedelta(days=1), actor=fiona)
    request = ask()

    def waiting():
        return [u for u in (anna, boris, fiona, gm) if Request.objects.waiting_for(u).exists()]

    assert waiting() == [boris, fiona]
    sign(request, boris)
    assert waiting() == [gm]
    sign(request, gm)
    assert waiting() == []


def test_the_snapshot_is_the_same_in_every_language(make_kind, ask, fiona, gm):
    with translation.override("zh-hans"):
        request = ask()
    with translation.override("en"):
        sign(request, fiona)
    assert request.signatures.count() == 1
