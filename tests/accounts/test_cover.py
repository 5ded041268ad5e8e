from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import services
from accounts.models import Account
from accounts.services import cover
from approvals.models import Deputy
from kam.core.errors import RuleViolation
from tests.factories import make_account, make_user

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
