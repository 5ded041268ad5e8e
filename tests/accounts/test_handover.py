from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Account, AccountMerge, Event, HandoverCase, HandoverTransfer
from accounts.services import handover
from kam.core import tokens
from kam.core.errors import RuleViolation
from kam.core.models import ApiToken, AuditEntry
from staff.models import User
from staff.services import end_access
from tests.factories import make_account, make_service_user, make_user

DAY = timedelta(days=1)


@pytest.fixture
def case(anna, diana, k1):
    return opened(anna, diana)


def opened(giver, actor, kind="leaving", days=30):
    day = timezone.localdate() + days * DAY
    return handover.open_case(giver=giver, kind=kind, last_day=day, actor=actor)


def refused(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as violation:
        call(*args, **kwargs)
    return violation.value.code


def test_accounts_move_when_both_sides_have_signed(case, k1, anna, boris):
    transfer = handover.propose(case.pk, taker=boris, actor=anna)
    assert transfer.giver_signed_by == anna
    assert Account.objects.get().manager == anna

    handover.sign(transfer.pk, actor=boris)

    assert Account.objects.get().manager == boris
    assert Account.objects.visible_to(boris).get() == k1
    assert not Account.objects.visible_to(anna).exists()


def test_the_history_tells_who_had_it_and_who_gave_it(case, k1, anna, boris):
    transfer = handover.propose(case.pk, taker=boris, actor=anna)
    handover.sign(transfer.pk, actor=boris)

    event = Event.objects.get(kind="accounts.manager_changed")
    assert (event.account, event.actor, event.data["from"], event.data["to"]) == (
        k1,
        boris,
        "Anna",
        "Boris",
    )
    entry = AuditEntry.objects.get(action="accounts.manager_changed")
    assert (entry.changes, entry.reason) == ({"manager": ["Anna", "Boris"]}, str(case))
    kept = HandoverTransfer.objects.get()
    assert kept.items == {"accounts.manager": [[str(k1.pk), str(k1), "/accounts/K1/"]]}


def test_who_is_still_here_signs_for_themselves(case, anna, boris, diana):
    transfer = handover.propose(case.pk, taker=boris, actor=diana)

    assert transfer.giver_signed_at is None
    assert refused(handover.sign, transfer.pk, actor=diana) == "not_your_turn"
    handover.sign(transfer.pk, actor=boris)
    assert Account.objects.get().manager == anna, "the giver has not signed yet"
    handover.sign(transfer.pk, actor=anna)
    assert Account.objects.get().manager == boris


def test_the_director_signs_for_who_has_left(anna, boris, diana, k1):
    case = opened(anna, diana, days=-1)

    transfer = handover.propose(case.pk, taker=boris, actor=diana)

    assert transfer.giver_signed_by == diana
    handover.sign(transfer.pk, actor=boris)
    assert Account.objects.get().manager == boris


def test_who_takes_over_does_not_sign_for_the_other_side(anna, diana, gm, k1):
    case = opened(anna, diana, days=-1)
    transfer = handover.propose(case.pk, taker=diana, actor=diana)

    assert transfer.giver_signed_at is None
    handover.sign(transfer.pk, actor=diana)
    assert Account.objects.get().manager == anna
    handover.sign(transfer.pk, actor=gm)
    assert Account.objects.get().manager == diana


def test_parts_go_to_different_people(case, k1, anna, boris):
    k2 = make_account(account_number="K2", manager=anna)
    clara = make_user("clara", "account_manager")
    for taker, account in ((boris, k1), (clara, k2)):
        chosen = {"accounts.manager": [str(account.pk)]}
        transfer = handover.propose(case.pk, taker=taker, actor=anna, chosen=chosen)
        handover.sign(transfer.pk, actor=taker)

    managers = dict(Account.objects.values_list("account_number", "manager__username"))
    assert managers == {"K1": "boris", "K2": "clara"}


def test_what_is_proposed_already_is_not_proposed_twice(case, anna, boris):
    transfer = handover.propose(case.pk, taker=boris, actor=anna)

    assert refused(handover.propose, case.pk, taker=boris, actor=anna) == "nothing_chosen"
    handover.withdraw(transfer.pk, actor=boris, reason="too many")
    assert handover.propose(case.pk, taker=boris, actor=anna).count == 1


def test_what_was_settled_meanwhile_is_left_alone(case, k1, anna, boris):
    clara = make_user("clara", "account_manager")
    transfer = handover.propose(case.pk, taker=boris, actor=anna)
    Account.objects.filter(pk=k1.pk).update(manager=clara)

    transfer = handover.sign(transfer.pk, actor=boris)

    assert transfer.settled == 1
    assert Account.objects.get().manager == clara


def test_a_merged_archive_moves_too(case, k1, anna, boris):
    old = make_account(manager=anna, merged_into=k1)
    assert AccountMerge.objects.count() == 0

    transfer = handover.propose(case.pk, taker=boris, actor=anna)
    handover.sign(transfer.pk, actor=boris)

    old.refresh_from_db()
    assert old.manager == boris


def test_a_case_of_a_leaver_closes_only_when_nothing_is_left(case, anna, boris, diana):
    assert refused(handover.close_case, case.pk, actor=diana) == "not_empty"
    transfer = handover.propose(case.pk, taker=boris, actor=anna)
    assert refused(handover.close_case, case.pk, actor=diana) == "pending"
    handover.sign(transfer.pk, actor=boris)
    assert refused(handover.close_case, case.pk, actor=diana) == "access_open"
    handover.end_access(case.pk, actor=diana)

    assert handover.close_case(case.pk, actor=diana).status == "closed"
    assert refused(handover.propose, case.pk, taker=boris, actor=diana) == "closed"


def test_who_takes_another_post_may_keep_some(anna, diana, k1):
    case = opened(anna, diana, kind="moving")
    assert refused(handover.end_access, case.pk, actor=diana) == "not_leaving"
    assert handover.close_case(case.pk, actor=diana).status == "closed"


@pytest.mark.parametrize("taker", ["anna", "sys", "service", "gone"])
def test_who_could_not_work_with_it_cannot_take_over(case, anna, sysadmin, taker):
    takers = {
        "anna": anna,
        "sys": sysadmin,
        "service": make_service_user(),
        "gone": make_user("gone", "account_manager", is_active=False),
    }
    code = "same_person" if taker == "anna" else "not_staff"
    assert refused(handover.propose, case.pk, taker=takers[taker], actor=anna) == code


def test_a_second_case_is_refused(case, anna, diana):
    assert refused(opened, anna, diana) == "already_open"


@pytest.mark.parametrize(
    ("actor", "giver", "allowed"),
    [
        ("boris", "anna", False),
        ("anna", "anna", False),
        ("diana", "anna", True),
        ("diana", "gm", False),
        ("gm", "diana", True),
        ("gm", "gm", False),
        ("fiona", "anna", False),
    ],
)
def test_who_may_direct_a_handover(actor, giver, allowed, anna, boris, diana, gm, fiona):
    people = {"anna": anna, "boris": boris, "diana": diana, "gm": gm, "fiona": fiona}

    assert handover.may_direct(people[actor], people[giver]) is allowed
    if not allowed:
        assert refused(opened, people[giver], people[actor]) == "authority"


def test_access_ends_at_once_in_every_session(client, anna, diana, k1):
    client.force_login(anna)
    assert client.get("/accounts/K1/").status_code == 200

    case = opened(anna, diana, days=-1)

    assert client.get("/accounts/K1/").status_code == 302
    case.refresh_from_db()
    assert case.access_ended_by == diana
    assert not User.objects.get(username="anna").has_usable_password()


def test_tokens_end_with_the_access(api, diana):
    service = make_service_user()
    token, key = tokens.issue(user=service, scopes=["accounts:read"], actor=None)
    assert tokens.find(key)

    end_access(service.pk, actor=diana)

    assert tokens.find(key) is None
    assert ApiToken.objects.get(pk=token.pk).revoked_at


def test_access_ends_by_itself_after_the_last_day(anna, diana, k1):
    case = opened(anna, diana, days=0)
    today = timezone.localdate()

    assert handover.end_due_access(today) == 0
    assert handover.end_due_access(today + DAY) == 1
    assert handover.end_due_access(today + DAY) == 0
    assert not User.objects.get(username="anna").is_active
    assert HandoverCase.objects.get().access_ended_at
    assert case.is_open


def test_nobody_ends_their_own_access_nor_that_of_the_system_administrator(diana):
    root = make_user("root", is_superuser=True)
    assert refused(end_access, diana.pk, actor=diana) == "own_access"
    assert refused(end_access, root.pk, actor=diana) == "superuser"
