"""What comes with every order finds its rows by an index: as quick among a million invoices."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credit.services import reservations
from tests.credit.erp import grant, in_full, order, send
from tests.factories import make_service_user

pytestmark = pytest.mark.django_db
# Nothing but a few rows for the whole company.
SMALL = {"credit_receivablesceiling"}


@pytest.mark.parametrize(("way", "sent"), [("at once", 11), ("in full", 14)])
def test_no_statement_of_an_order_reads_a_whole_table(k1, monkeypatch, way, sent):
    """It is asked for before, with a reservation."""
    grant(k1, 100)
    actor = make_service_user()
    if way == "in full":
        in_full(monkeypatch)
    send(order("O0", "1"), actor=actor)
    with CaptureQueriesContext(connection) as asked:
        asked_for = {"amount": Decimal(2), "order_number": "O1", "reserve": True}
        reservations.check(k1.pk, actor=actor, **asked_for)
        send(order("O1", "2"), actor=actor)

    statements = [
        found
        for query in asked
        for found in re.findall(r"EXECUTE \w+ \(.*?\)(?=;|$)", query["sql"], re.DOTALL)
    ]
    plans = explained(statements)

    assert len(statements) == sent
    assert set(re.findall(r"Seq Scan on (\w+)", plans)) <= SMALL


def explained(statements):
    """Their plans, as they are where to read a whole table is the last resort."""
    plans = []
    with connection.cursor() as cursor:
        cursor.execute("DISCARD PLANS; SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        for statement in statements:
            cursor.execute(f"EXPLAIN {statement}")
            plans += [line for (line,) in cursor.fetchall()]
    return "\n".join(plans)
