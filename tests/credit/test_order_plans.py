"""What comes with every order finds its rows by an index: as quick among a million invoices."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.credit.erp import grant, in_full, order, send
from tests.factories import make_service_user

pytestmark = pytest.mark.django_db
# Nothing but a few rows for the whole company.
SMALL = {"credit_receivablesceiling"}


@pytest.mark.parametrize("way", ["at once", "in full"])
def test_no_statement_of_an_order_reads_a_whole_table(k1, monkeypatch, way):
    grant(k1, 100)
    actor = make_service_user()
    if way == "in full":
        in_full(monkeypatch)
    send(order("O0", "1"), actor=actor)
    with CaptureQueriesContext(connection) as asked:
        send(order("O1", "2"), actor=actor)

    statements = [
        found
        for query in asked
        for found in re.findall(r"EXECUTE \w+ \(.*?\)(?=;|$)", query["sql"], re.DOTALL)
    ]
    plans = explained(statements)

    assert len(statements) == (6 if way == "at once" else 10)
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
