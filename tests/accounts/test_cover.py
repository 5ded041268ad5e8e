from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import services
from accounts.models import Account, Event, ServiceMember
from accounts.people import who_sees
from accounts.services import cover
from accounts.services.timeline import record_event
from approvals.models import Deputy
from complaints.queries import people_of
from kam.core.errors import RuleViolation
from notifications.models import Notification
from notifications.services import dispatch_events
from staff.models import Team, User
from tests.complaints.factories import make_complaint
from tests.factories import make_account, make_user
from tests.visits.factories import make_visit

DAY = timedelta(days=1)


def propose(person, other, actor=None, since=0, days=7, **fields):
    start = timezone.localdate() + since * DAY
    return cover.propose_cover(
        person=person,
        cover=other,
        since=start,
        until=start + days * DAY,
        actor=actor or person,
        **fields,
    )


def sees(user):
    return set(Account.objects.visible_to(user).values_list("account_number", flat=True))


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as violation:
        call(*args, **kwargs)
    return violation.value.code


def test_the_cover_sees_the_accounts_once_they_agree(k1, anna, boris):
    named = propose(anna, boris)
    assert sees(boris) == set()

    cover.accept_cover(named.pk, actor=boris)

    assert sees(boris) == {"K1"}
    assert sees(anna) == {"K1"}, "who is away keeps them"
    assert Account.objects.get().manager == anna


@pytest.mark.parametrize(("day", "seen"), [(-1, set()), (0, {"K1"}), (6, {"K1"}), (7, set())])
def test_it_begins_and_ends_by_itself(k1, anna, boris, day, seen):
    named = propose(anna, boris, since=3)
    cover.accept_cover(named.pk, actor=boris)

    with time_machine.travel(timezone.now() + (3 + day) * DAY):
        assert sees(boris) == seen


def test_the_cover_also_serves_where_the_absent_serves(anna, boris):
    account = make_account(account_number="K9")
    services.add_member(account.pk, user=anna, role="service", actor=anna)
    cover.accept_cover(propose(anna, boris).pk, actor=boris)

    assert sees(boris) == {"K9"}


def test_a_cover_is_not_passed_on_by_a_second_one(k1, anna, boris):
    clara = make_user("clara", "account_manager")
    cover.accept_cover(propose(anna, boris).pk, actor=boris)
    cover.accept_cover(propose(boris, clara).pk, actor=clara)

    assert sees(clara) == set()


def test_it_can_be_ended_early_and_turned_down(k1, anna, boris):
    named = propose(anna, boris)
    cover.accept_cover(named.pk, actor=boris)
    cover.end_cover(named.pk, actor=anna)
    assert sees(boris) == set()

    again = propose(anna, boris)
    cover.end_cover(again.pk, actor=boris)
    assert code_of(cover.accept_cover, again.pk, actor=boris) == "closed"


def test_the_power_to_sign_is_lent_by_ones_own_word_only(anna, boris, diana):
    assert code_of(propose, anna, boris, actor=diana, signs_too=True) == "own_word"
    named = propose(anna, boris, signs_too=True)
    assert not Deputy.objects.exists()

    cover.accept_cover(named.pk, actor=boris)

    deputy = Deputy.objects.get()
    assert (deputy.principal, deputy.deputy, deputy.until) == (anna, boris, named.until)
    cover.end_cover(named.pk, actor=anna)
    assert not Deputy.objects.in_force(timezone.localdate()).exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"days": 0}, "span"),
        ({"since": -9, "days": 9}, "span"),
        ({"other": "anna"}, "same_person"),
        ({"other": "sys"}, "not_staff"),
        ({"actor": "boris"}, "authority"),
        ({"actor": "diana", "other": "diana"}, "two_sides"),
    ],
)
def test_what_cannot_be_covered_is_refused(anna, boris, diana, sysadmin, fields, code):
    people = {"anna": anna, "boris": boris, "diana": diana, "sys": sysadmin}
    values = {key: people.get(value, value) for key, value in fields.items()}
    other = values.pop("other", boris)

    assert code_of(propose, anna, other, **values) == code


def test_there_is_one_cover_at_a_time(anna, boris):
    propose(anna, boris, since=0, days=3)

    assert code_of(propose, anna, boris, since=2) == "overlap"
    propose(anna, boris, since=3)


def test_the_director_asks_for_who_cannot(k1, anna, boris, diana):
    named = propose(anna, boris, actor=diana)
    cover.accept_cover(named.pk, actor=boris)

    assert named.person_signed_by == diana
    assert sees(boris) == {"K1"}


def test_seeing_accounts_takes_one_query_however_many_one_covers(
    anna, boris, django_assert_num_queries
):
    for number in range(4):
        away = make_user(f"away{number}", "account_manager")
        make_account(manager=away)
        cover.accept_cover(propose(away, boris).pk, actor=boris)
    boris.has_perm("accounts.view_account")

    with django_assert_num_queries(1):
        assert len(list(Account.objects.visible_to(boris))) == 4


# --- what the cover is told and shown


@pytest.fixture
def covered(anna, boris):
    """Boris covers for Anna."""
    return cover.accept_cover(propose(anna, boris).pk, actor=boris)


def test_notices_of_the_customers_go_to_both_while_it_lasts(k1, anna, boris, covered):
    record_event([k1.pk], "accounts.account_merged", actor=None)
    dispatch_events()
    assert told() == ["anna", "boris"]

    with time_machine.travel(timezone.now() + 8 * DAY):
        record_event([k1.pk], "accounts.account_merged", actor=None)
        dispatch_events()
    assert told() == ["anna", "anna", "boris"]


def test_who_covers_for_a_member_of_the_team_is_told_too(anna, boris, covered):
    account = make_account()
    services.add_member(account.pk, user=anna, role="service", actor=anna)
    Event.objects.update(dispatched_at=timezone.now())
    record_event([account.pk], "accounts.account_merged", actor=None)

    dispatch_events()

    assert told() == ["anna", "boris"]


def told():
    rows = Notification.objects.filter(kind="accounts.account_merged")
    return sorted(rows.values_list("user__username", flat=True))


def test_an_escalation_to_the_manager_calls_the_cover_too(k1, anna, boris, covered):
    complaint = make_complaint(k1)

    assert people_of("manager", complaint) == [anna.pk, boris.pk]
    cover.end_cover(covered.pk, actor=anna)
    assert people_of("manager", complaint) == [anna.pk]


def test_who_sees_an_account_are_those_to_whom_it_is_visible(
    k1, anna, boris, diana, fiona, covered
):
    clara = make_user("clara", "account_manager")
    services.add_member(k1.pk, user=clara, role="service", actor=anna)
    make_user("dora", "account_manager")
    dan = make_user("dan", "account_manager")
    cover.accept_cover(propose(clara, dan).pk, actor=dan)
    leo = make_user("leo", "account_manager")
    Team.objects.create(name="South", leader=leo).members.add(anna)
    gone = make_user("gone", "account_manager", is_active=False)
    ServiceMember.objects.create(account=k1, user=gone, role="sales", since=timezone.localdate())

    found = set(who_sees(k1))

    assert found == {anna, boris, diana, fiona, clara, dan, leo}
    for person in User.objects.filter(is_active=True, is_service=False):
        assert (person in found) is Account.objects.visible_to(person).filter(pk=k1.pk).exists()
    assert set(who_sees(k1, serving=True)) == {anna, boris, clara, dan, leo}
    assert set(who_sees(k1, may="credit.release_order")) == {fiona}


def test_both_sides_see_what_the_person_holds_with_links(client, k1, anna, boris, diana):
    visit = make_visit(k1)
    named = propose(anna, boris)
    for person in (anna, boris, diana):
        client.force_login(person)
        page = client.get(f"/handover/covers/{named.pk}/").text
        assert f'href="{visit.get_absolute_url()}"' in page
        assert 'href="/accounts/K1/"' in page
    client.force_login(make_user("clara", "account_manager"))
    assert client.get(f"/handover/covers/{named.pk}/").status_code == 404

    cover.accept_cover(named.pk, actor=boris)
    client.force_login(boris)
    assert client.get(visit.get_absolute_url()).status_code == 200
    cover.end_cover(named.pk, actor=anna)

    page = client.get(f"/handover/covers/{named.pk}/")
    assert page.status_code == 200
    assert visit.get_absolute_url() not in page.text, "it is over: what she holds is hers again"
