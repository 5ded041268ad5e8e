"""What the database refuses, whoever writes: raw SQL, the ORM, a mistake of ours."""

import pgtrigger
import pytest
from django.db import Error, connection, transaction

from approvals import rules, services
from approvals.models import Band, Route
from tests.approvals.test_requests import sign
from tests.factories import make_user


def run(sql, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def refused(match, sql, *values):
    with pytest.raises(Error, match=match):
        run(sql, *values)


SIGN = """
    INSERT INTO approvals_signature (request_id, round, stage, seat, signer_id, on_behalf_of_id,
                                     decision, comment, digest, snapshot, signed_at)
    VALUES (%s, %s, 0, %s, %s, %s, 'approve', '', '', '{}', now())
"""


def test_a_signature_by_the_author_is_refused(ask, anna, boris):
    request = ask()

    refused("four_eyes", SIGN, request.pk, 1, 0, anna.pk, None)
    refused("four_eyes", SIGN, request.pk, 1, 0, boris.pk, anna.pk)
    run(SIGN, request.pk, 1, 0, boris.pk, None)  # the control: by another it goes in


def test_a_second_signature_of_the_same_person_or_voice_is_refused(ask, boris, fiona, gm):
    request = ask()
    run(SIGN, request.pk, 1, 0, fiona.pk, None)

    refused("signature_once", SIGN, request.pk, 1, 1, fiona.pk, None)
    refused("one_voice", SIGN, request.pk, 1, 1, boris.pk, fiona.pk)
    refused("one_seat", SIGN, request.pk, 1, 0, gm.pk, None)


def test_a_signature_for_another_round_or_a_closed_request_is_refused(ask, anna, fiona):
    request = ask()
    refused("signs_open_round", SIGN, request.pk, 2, 0, fiona.pk, None)
    services.recall(request.pk, actor=anna)
    refused("signs_open_round", SIGN, request.pk, 1, 0, fiona.pk, None)


def test_a_signature_is_never_changed_or_deleted(ask, fiona):
    sign(ask(), fiona)

    refused("signature_is_kept", "UPDATE approvals_signature SET comment = 'x'")
    refused("signature_is_kept", "DELETE FROM approvals_signature")


APPROVE = "UPDATE approvals_request SET status = 'approved', closed_at = now() WHERE id = %s"


def test_a_request_without_a_signature_of_another_is_not_approved(ask, fiona, gm):
    request = ask()

    refused("signed_by_another", APPROVE, request.pk)
    sign(request, fiona)
    refused("signed_by_all", APPROVE, request.pk)
    run(SIGN.replace("%s, %s, 0,", "%s, %s, 1,", 1), request.pk, 1, 0, gm.pk, None)
    run(APPROVE, request.pk)  # the control


TWO_OF_THREE = rules.n_of(2, "finance", "legal", "gm")
STAGES = [
    ("all", rules.all_of("finance", "legal", "gm"), 3),
    ("in_order", rules.in_order("finance", "legal", "gm"), 3),
    ("any", rules.any_of("finance", "legal", "gm"), 1),
    ("n_of_m", TWO_OF_THREE, 2),
    ("committee", rules.each_of("credit_committee"), 3),
]


@pytest.fixture
def signed_in_part(make_kind, anna, north):
    """`signed_in_part(stage, signatures)`: a request with one stage and some of its signatures."""

    def made(stage, signatures):
        roles = ["finance", "legal", "gm", *["credit_committee"] * 3]
        people = [make_user("", role) for role in roles]
        make_kind(stage)
        request = services.open_request(
            kind="test.region", subject=north, reason="It grew", actor=anna
        )
        signers = people[3:] if stage == STAGES[-1][1] else people[:3]
        for seat, person in enumerate(signers[:signatures]):
            run(SIGN, request.pk, 1, seat, person.pk, None)
        return request

    return made


@pytest.mark.parametrize(("stage", "needed"), [pytest.param(s, n, id=i) for i, s, n in STAGES])
def test_a_stage_that_lacks_signatures_is_not_approved(signed_in_part, stage, needed):
    request = signed_in_part(stage, needed - 1)
    refused("signed_by_a", APPROVE, request.pk)


@pytest.mark.parametrize(("stage", "needed"), [pytest.param(s, n, id=i) for i, s, n in STAGES])
def test_a_stage_with_all_its_signatures_is(signed_in_part, stage, needed):
    run(APPROVE, signed_in_part(stage, needed).pk)


def test_control_without_the_trigger_one_of_three_is_enough(signed_in_part):
    request = signed_in_part(STAGES[0][1], 1)

    with pgtrigger.ignore("approvals.Request:signed_by_another"):
        run(APPROVE, request.pk)


def test_signatures_of_an_earlier_round_do_not_approve(ask, anna, fiona, gm):
    request = ask()
    sign(request, fiona)
    sign(request, gm, "return", "Again")
    services.resubmit(request.pk, actor=anna, reason="Again")

    refused("signed_by_another", APPROVE, request.pk)


@pytest.mark.parametrize(
    "change",
    [
        "requested_by_id = NULL",
        "kind = 'x'",
        "snapshot = '{}'",
        "plan = '[]'",
        "amount = 1",
        "digest = ''",
        "round = 0",
    ],
)
def test_what_is_asked_for_stays_as_it_is(ask, change):
    ask()
    refused(
        "request_keeps_its_author|round_keeps_what_is_asked",
        f"UPDATE approvals_request SET {change}",
    )


def test_a_closed_request_is_never_changed_and_none_is_deleted(ask, anna):
    request = ask()
    refused("request_is_kept", "DELETE FROM approvals_request")
    services.recall(request.pk, actor=anna)
    refused("closed_request", "UPDATE approvals_request SET status = 'pending', closed_at = NULL")


ROUTE = "INSERT INTO approvals_route (kind, version, effective_from, status, note, proposed_at{c}) \
VALUES ('x', {v}, '2026-01-01', '{s}', '', now(){w}) RETURNING id"


def raw_route(*spans, version=1, status="proposed", proposer=None):
    columns = {"c": ", proposed_by_id", "w": f", {proposer.pk}"} if proposer else {"c": "", "w": ""}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ROUTE.format(v=version, s=status, **columns))
        (route,) = cursor.fetchone()
        for since, until in spans:
            cursor.execute(
                "INSERT INTO approvals_band (route_id, since, until, stages)"
                " VALUES (%s, %s, %s, '[]')",
                [route, since, until],
            )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return route


@pytest.mark.parametrize(
    "spans",
    [
        [],
        [(1, None)],
        [(0, 100)],
        [(0, 100), (101, None)],
        [(0, 100), (99, None)],
        [(0, None), (100, None)],
        [(0, 100), (100, 200)],
        [(0, 10), (5, 100), (100, None)],
    ],
)
def test_bands_with_a_gap_or_an_overlap_are_refused(db, spans):
    with pytest.raises(Error, match="bands_cover_all"):
        raw_route(*spans)


@pytest.mark.parametrize(
    "spans", [[(0, None)], [(0, 100), (100, None)], [(100, None), (50, 100), (0, 50)]]
)
def test_bands_that_cover_every_amount_once_are_kept(db, spans):
    route = raw_route(*spans)

    refused(
        "bands_cover_all", "DELETE FROM approvals_band WHERE route_id = %s AND since = 0", route
    )
    assert Band.objects.filter(route=route).count() == len(spans)


def test_an_approved_route_and_its_bands_are_never_changed(db):
    shipped = Route.objects.get(kind="approvals.route")

    refused("approved_route", "UPDATE approvals_route SET note = 'x' WHERE id = %s", shipped.pk)
    refused("route_is_imm", "UPDATE approvals_band SET stages = '[]'")
    refused("route_is_imm", "DELETE FROM approvals_band")


def test_a_route_is_not_approved_past_its_request(gm):
    route = raw_route((0, None), version=2, proposer=gm)

    refused(
        "route_is_signed", "UPDATE approvals_route SET status = 'approved' WHERE id = %s", route
    )
    refused(
        "keeps_its_author",
        "UPDATE approvals_route SET status = 'approved', proposed_by_id = NULL WHERE id = %s",
        route,
    )
    with pytest.raises(Error, match="only_the_first"):
        raw_route((0, None), version=3, status="approved")
