"""A kind of request to try the mechanism on: the name of a region, signed by finance, then a gm."""

import pytest

from approvals import kinds, rules, services
from staff.models import Region
from tests.factories import make_user


@pytest.fixture
def happened():
    """What the kind was told, in order: ("approved" or the status it closed with, actor)."""
    return []


@pytest.fixture
def make_kind(db, monkeypatch, happened):
    """`make_kind(stage, stage …)` registers the kind "test.region" with this route."""

    def make(*stages, bands=(), **fields):
        kind = kinds.Kind(
            key="test.region",
            label="Region",
            subject_url=lambda request: "/",
            snapshot=lambda region: {"name": region.name},
            on_approved=lambda request, actor: happened.append(("approved", actor)),
            on_closed=lambda request, actor: happened.append((request.status, actor)),
            default_route=bands or rules.route(*stages),
            **fields,
        )
        monkeypatch.setitem(kinds._registered, kind.key, kind)
        services.ship_default_routes()
        return kind

    return make


@pytest.fixture
def kind(make_kind):
    return make_kind(rules.one("finance"), rules.one("gm"))


@pytest.fixture
def north(db):
    return Region.objects.create(name="North")


@pytest.fixture
def ask(kind, anna, fiona, gm, north):
    """`ask()` opens a request of Anna's about the north."""

    def ask(actor=anna, **fields):
        given = {"kind": "test.region", "subject": north, "reason": "It grew", **fields}
        return services.open_request(actor=actor, **given)

    return ask


@pytest.fixture
def lena(db):
    return make_user("lena", "legal", full_name="Lena")
