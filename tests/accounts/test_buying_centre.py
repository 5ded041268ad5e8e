"""The buying centre: who decides, and what we do not know of it."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import services
from accounts.buying_centre import BlindSpot, Gap, Person, blind_spots
from kam.core.models import AuditEntry
from tests.factories import make_contact

PAGE = "/accounts/K1/buying-centre/"
TODAY = date(2026, 11, 20)


def person(name="王芳", role="decision_maker", days=0, **fields):
    touched = None if days is None else TODAY - timedelta(days=days)
    known = {"attitude": "supporter", "influence": "medium", "has_counterpart": True}
    return Person(name=name, role=role, last_touch_on=touched, **(known | fields))


OTHER = person("李雷", role="user")


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([], [BlindSpot(gap=Gap.NOBODY)]),
        ([person(), OTHER], []),
        ([person()], [BlindSpot(gap=Gap.ONLY_ONE, names=("王芳",))]),
        ([person(role="buyer"), OTHER], [BlindSpot(gap=Gap.NO_DECISION_MAKER)]),
        ([person(role="approver"), OTHER], []),
        ([person(attitude="sceptic"), OTHER], [BlindSpot(gap=Gap.AGAINST_US, names=("王芳",))]),
        ([person(attitude="neutral"), OTHER], []),
        ([person(), person("韩", role="user", attitude="opponent", influence="low")], []),
        (
            [person(), person("韩", role="user", attitude="opponent", influence="high")],
            [BlindSpot(gap=Gap.AGAINST_US, names=("韩",))],
        ),
        (
            [person(has_counterpart=False), OTHER],
            [BlindSpot(gap=Gap.UNATTENDED, names=("王芳",))],
        ),
        ([person(), person("韩", role="")], [BlindSpot(gap=Gap.UNKNOWN_ROLE, names=("韩",))]),
    ],
)
def test_the_blind_spots_of_a_buying_centre(people, expected):
    assert blind_spots(people, silent_after_days=60, today=TODAY) == expected


@pytest.mark.parametrize("limit", [30, 60, 180])
def test_silence_begins_the_day_after_the_limit(limit):
    def gaps(days, other):
        people = [person(days=days), person("李雷", role="user", days=other)]
        return [spot.gap for spot in blind_spots(people, silent_after_days=limit, today=TODAY)]

    assert gaps(limit, limit) == []
    assert gaps(limit + 1, limit + 1) == [Gap.SILENT]
    assert gaps(limit + 1, limit) == [Gap.DECIDER_SILENT]
    assert gaps(None, None) == [Gap.SILENT]


@given(
    st.lists(
        st.builds(
            person,
            role=st.sampled_from(["", "user", "buyer", "decision_maker", "approver"]),
            days=st.none() | st.integers(0, 400),
            attitude=st.sampled_from(["", "champion", "opponent"]),
            influence=st.sampled_from(["", "high", "low"]),
            has_counterpart=st.booleans(),
        ),
        max_size=5,
    )
)
def test_a_gap_is_named_once_and_a_touch_never_adds_one(people):
    found = [spot.gap for spot in blind_spots(people, silent_after_days=60, today=TODAY)]
    spoken_to = [Person(**{**vars(one), "last_touch_on": TODAY}) for one in people]
    after = [spot.gap for spot in blind_spots(spoken_to, silent_after_days=60, today=TODAY)]

    assert len(found) == len(set(found))
    assert set(after) <= set(found)
    assert not {Gap.SILENT, Gap.DECIDER_SILENT} & set(after)


def test_the_map_shows_each_part_with_attitude_counterpart_and_last_touch(client, anna, k1):
    make_contact(
        k1,
        buying_role="gatekeeper",
        attitude="sceptic",
        influence="high",
        counterpart=anna,
        last_touch_on="2026-01-02",
    )
    client.force_login(anna)

    page = client.get(PAGE, headers={"Accept-Language": "en"}).text

    for text in ("Gatekeeper", "Sceptic", "influence: High", "Anna", "2026-01-02"):
        assert text in page
    assert "No decision maker is known." in page
    assert "Only one contact: all hangs on 王芳." in page
    assert (
        "No decision maker is known."
        in client.get("/accounts/K1/", headers={"Accept-Language": "en"}).text
    )


def test_a_contact_person_who_has_left_looks_after_nobody(client, anna, boris, k1):
    make_contact(k1, buying_role="decision_maker", counterpart=boris)
    client.force_login(anna)
    said = "Nobody of ours looks after 王芳"
    assert said not in client.get(PAGE, headers={"Accept-Language": "en"}).text

    boris.is_active = False
    boris.save()

    assert said in client.get(PAGE, headers={"Accept-Language": "en"}).text


def test_who_left_is_not_in_the_buying_centre(client, anna, k1):
    make_contact(k1, buying_role="decision_maker", has_left=True)
    client.force_login(anna)

    page = client.get(PAGE, headers={"Accept-Language": "en"}).text

    assert "王芳" not in page
    assert "Nobody is known here." in page


def test_a_touch_is_noted_and_never_goes_back_in_time(client, anna, k1):
    contact = make_contact(k1)
    client.force_login(anna)

    client.post(f"/accounts/K1/contacts/{contact.pk}/touch/")
    services.touch_contacts([contact.pk], on=date(2020, 1, 1), actor=anna)
    edited = contact.updated_at
    contact.refresh_from_db()

    assert contact.last_touch_on == timezone.localdate()
    assert contact.updated_at == edited
    assert AuditEntry.objects.filter(action="accounts.contact_touched").count() == 1


def test_the_number_of_queries_does_not_depend_on_the_contacts(
    client, anna, k1, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE).status_code == 200
        return len(captured)

    client.force_login(anna)
    make_contact(k1, counterpart=anna)
    client.get(PAGE)
    one = queries()
    for _ in range(9):
        make_contact(k1, counterpart=anna)
    assert queries() == one
