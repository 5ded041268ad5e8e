"""`manage.py reconcile` names every figure that is not what the ledger says, and repairs it."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credit.models import CreditParty, Invoice, OrderCredit
from credit.services import reconcile
from kam.core.models import AuditEntry
from tests.credit.documents import make_invoice
from tests.credit.erp import grant, order, put_in_group, send
from tests.factories import make_account

pytestmark = pytest.mark.django_db


def run(*options):
    out = StringIO()
    try:
        call_command("reconcile", *options, stdout=out)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def ledger(k1):
    grant(k1, 100)
    make_invoice(k1, 30, invoice_number="I1", due_on=date(2099, 1, 1))
    send(order("O1", "20"))
    return k1


def test_figures_that_agree_are_no_difference(ledger):
    assert run() == (0, "0 differences found\n")


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        (
            "UPDATE credit_creditparty SET invoiced = 1",
            "K1 account.invoiced: stored 1.0000, ledger 30.0000",
        ),
        (
            "UPDATE credit_creditparty SET reserved = 5",
            "K1 account.reserved: stored 5.0000, ledger 0.0000",
        ),
        (
            "UPDATE credit_creditparty SET subsidiaries = 5",
            "K1 account.subsidiaries: stored 5.0000, ledger 0.0000",
        ),
        (
            "UPDATE credit_invoice SET settled = 10",
            "K1 invoice.settled I1: stored 10.0000, ledger 0.0000",
        ),
        (
            "UPDATE credit_ordercredit SET uninvoiced = 7",
            "K1 order.uninvoiced O1: stored 7.0000, ledger 20.0000",
        ),
        (
            "DELETE FROM credit_creditparty",
            "K1 account.ordered: stored 0.0000, ledger 20.0000",
        ),
    ],
)
def test_a_difference_is_named_and_repaired_with_an_audit_entry(ledger, fiona, statement, line):
    with connection.cursor() as cursor:
        cursor.execute(statement)

    code, text = run()
    assert code == 1
    assert line in text.splitlines()

    code, text = run("--fix", "--user", "fiona")
    assert code == 0
    assert line in text.splitlines()
    assert run() == (0, "0 differences found\n")
    party = CreditParty.objects.get()
    assert (party.invoiced, party.ordered, party.exposure) == (30, 20, 50)
    entry = AuditEntry.objects.get(action="credit.figures_repaired")
    assert (entry.actor, entry.subject_name) == (fiona, str(ledger))


def test_the_exposure_of_subsidiaries_is_compared_too(ledger):
    head = make_account(account_number="H")
    put_in_group(ledger, head)
    CreditParty.objects.filter(pk=head.pk).update(subsidiaries=1)

    assert "H account.subsidiaries: stored 1.0000, ledger 50.0000" in run()[1]
    run("--fix")
    assert CreditParty.objects.get(pk=head.pk).exposure == 50
    assert run()[0] == 0


def test_one_statement_whatever_the_number_of_accounts(ledger):
    for _ in range(3):
        make_invoice(make_account(), 5)

    with CaptureQueriesContext(connection) as queries:
        assert reconcile.differences() == []

    assert len(queries) == 1


def test_ledger_rows_are_left_as_they_are(ledger):
    CreditParty.objects.update(invoiced=3)
    run("--fix")
    assert Invoice.objects.get().amount == 30
    assert OrderCredit.objects.get().uninvoiced == 20
