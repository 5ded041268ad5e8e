"""Opening lines: what was granted before this system is taken over once."""

from datetime import date
from decimal import Decimal

import pgtrigger
import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts.models import Event
from credit.models import CreditLine
from credit.services.opening import OpeningLine, import_opening_lines
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from tests.credit.lines import make_line
from tests.factories import make_account, make_service_user, make_user

pytestmark = pytest.mark.django_db


def opening(number, **changes):
    values = {
        "account_number": number,
        "limit": Decimal(200_000),
        "terms_days": 60,
        "valid_until": date(2099, 12, 31),
        "rating": "A",
    }
    return OpeningLine(**values | changes)


def take_over(*rows, by, reason="期初导入"):
    return import_opening_lines(rows, reason=reason, approved_by=by)


def test_opening_lines_are_in_force_audited_and_on_the_timeline(gm):
    account = make_account(account_number="K2")

    (line,) = take_over(opening("K2"), by=gm)

    assert CreditLine.objects.get(account=account) == line
    assert line.proposal is None
    assert line.approved_by == gm
    assert AuditEntry.objects.filter(action="credit.limit_changed", actor=gm).count() == 1
    assert Event.objects.filter(account=account, kind="credit.limit_changed").count() == 1


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([opening("K2"), opening("K2")], "twice"),
        ([opening("K2"), opening("K404")], "unknown_account"),
        ([opening("K2"), opening("K3", limit=Decimal(-1))], "invalid_terms"),
        ([opening("K2"), opening("K3", valid_until=date(2020, 1, 1))], "invalid_terms"),
        ([opening("K2"), opening("K3", rating="Z")], "invalid_terms"),
    ],
)
def test_one_bad_opening_line_stores_none(gm, rows, code):
    make_account(account_number="K2")
    make_account(account_number="K3")

    with pytest.raises(RuleViolation) as refused:
        take_over(*rows, by=gm)

    assert refused.value.code == code
    assert not CreditLine.objects.exists()


def test_an_account_has_an_opening_line_once(gm):
    make_account(account_number="K2")
    take_over(opening("K2"), by=gm)

    with pytest.raises(RuleViolation) as refused:
        take_over(opening("K2", limit=Decimal(900_000)), by=gm)

    assert refused.value.code == "has_line"
    assert CreditLine.objects.get().limit == 200_000


# --- whatever the door


def entitled_to_nothing(manager):
    """People on whose word the database takes no opening line of an account of this manager."""
    manager.groups.add(Group.objects.get(name="finance"))
    return [
        make_service_user(),
        make_user("", "researcher"),
        make_user("", "ka_director"),
        make_user("", "finance", is_active=False),
        make_user("", "finance", is_service=True),
        manager,
    ]


def test_the_database_takes_no_first_line_on_the_word_of_just_anybody(k1, anna, fiona):
    for person in entitled_to_nothing(anna):
        with pytest.raises(IntegrityError, match="may not answer"), transaction.atomic():
            make_line(k1, approved_by=person)

    assert make_line(k1, approved_by=fiona)


def test_control_without_the_trigger_it_takes_all_of_them(k1, anna):
    with pgtrigger.ignore("credit.CreditLine:needs_signature"):
        for person in entitled_to_nothing(anna):
            assert make_line(make_account(manager=anna), approved_by=person)


def test_the_service_says_who_may_not_grant_and_why(k1, anna, fiona):
    for person in entitled_to_nothing(anna):
        with pytest.raises(RuleViolation) as refused:
            take_over(opening("K1"), by=person)
        assert refused.value.code == ("own_account" if person == anna else "not_entitled")

    assert take_over(opening("K1"), by=fiona)
