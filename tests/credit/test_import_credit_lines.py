"""`manage.py import_credit_lines`: opening lines from a file, each account once."""

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.utils import timezone

from credit.models import CreditLine
from kam.core.models import AuditEntry
from sales.models import Order
from tests.credit.erp import order, send
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db
HEAD = "account_number,limit,terms_days,valid_until,rating\n"


@pytest.fixture
def load(tmp_path, k1, gm):
    make_account(account_number="K2")

    def call(text, *, encoding="utf-8", user="gm"):
        file, out, err = tmp_path / "lines.csv", StringIO(), StringIO()
        file.write_bytes((HEAD + text).encode(encoding))
        try:
            call_command(
                "import_credit_lines",
                str(file),
                f"--approved-by={user}",
                "--reason=期初",
                stdout=out,
                stderr=err,
            )
        except CommandError as error:
            return err.getvalue() + str(error)
        return out.getvalue()

    return call


def test_lines_are_taken_over_and_audited_and_held_orders_go(load, k1, gm):
    send(order("O1", "100"))
    until = timezone.localdate() + timedelta(days=365)

    answer = load(f"K1,100.50,30,{until},A\nK2,0,0,{until},\n")

    assert answer == "2 credit lines taken over\n"
    line = CreditLine.objects.get(account=k1)
    assert (line.limit, line.terms_days, line.valid_until) == (Decimal("100.50"), 30, until)
    assert (line.rating, line.approved_by, line.reason) == ("A", gm, "期初")
    assert AuditEntry.objects.filter(action="credit.limit_changed", actor=gm).count() == 2
    assert Order.objects.get().credit_status == "approved"


def test_a_file_in_gb18030_is_read(load):
    assert load("K1,1,30,2099-01-01,\n企业,1,30,2099-01-01,", encoding="gb18030").startswith(
        "line 3: account_number"
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("K9,1,30,2099-01-01,A", "line 3: account_number"),
        ("K1,1,30,2099-01-01,A", "line 3: account_number"),
        ("K2,-1,30,2099-01-01,A", "line 3: limit"),
        ("K2,1e3,30,2099-01-01,A", "line 3: limit"),
        ("K2,1,x,2099-01-01,A", "line 3: terms_days"),
        ("K2,1,30,01.02.2099,A", "line 3: valid_until"),
        ("K2,1,30,2099-01-01,E", "line 3: rating"),
    ],
)
def test_a_wrong_row_is_named_by_its_line_and_nothing_is_stored(load, row, said):
    answer = load(f"K1,1,30,2099-01-01,A\n{row}\n")

    assert answer.startswith(said)
    assert "nothing was stored" in answer
    assert not CreditLine.objects.exists()


def test_an_account_is_taken_over_once(load):
    load("K1,1,30,2099-01-01,A\n")

    assert load("K1,2,30,2099-01-01,A\n").startswith("line 2: account_number")
    assert CreditLine.objects.get().limit == 1


def test_who_approved_it_must_be_a_person_we_know(load):
    assert "no user" in load("K1,1,30,2099-01-01,A\n", user="nobody")


@pytest.mark.parametrize(
    ("role", "taken"),
    [
        ("finance", True),
        ("credit_committee", True),
        ("deputy_gm", True),
        ("researcher", False),
        ("ka_director", False),
        ("sysadmin", False),
    ],
)
def test_only_who_answers_for_credit_may_have_granted_it(load, role, taken):
    make_user("somebody", role, full_name="Somebody")

    answer = load("K1,1,30,2099-01-01,A\n", user="somebody")

    assert CreditLine.objects.exists() is taken
    assert ("Somebody" in answer) is not taken


def test_nobody_grants_credit_to_the_customers_they_manage(load, anna, k1):
    anna.groups.add(Group.objects.get(name="finance"))

    assert "K1" in load("K1,1,30,2099-01-01,A\nK2,1,30,2099-01-01,A\n", user="anna")
    assert not CreditLine.objects.exists()


def test_who_has_left_or_is_no_person_grants_nothing(load):
    for fields in ({"is_active": False}, {"is_service": True}):
        user = make_user("", "finance", **fields)

        load("K1,1,30,2099-01-01,A\n", user=user.username)

        assert not CreditLine.objects.exists()


def test_a_line_that_has_ended_is_refused(load):
    assert load(f"K1,1,30,{date(2000, 1, 1)},A\n")
    assert not CreditLine.objects.exists()
