"""Statements that are planned once for a connection."""

import pytest
from django.db import connection, transaction

from kam.core.prepared import FEW, Prepared

PLANS = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = %s"


@pytest.mark.django_db
def test_a_few_values_are_looked_up_by_one_plan_and_many_are_not():
    numbers = Prepared(
        name="test_numbers", types={"numbers": "bigint[]"}, sql="SELECT unnest(%(numbers)s)"
    )

    for size in (FEW + 1, 1, FEW, FEW, FEW + 1):
        assert len(numbers.rows({"numbers": list(range(size))})) == size

    with connection.cursor() as cursor:
        cursor.execute(PLANS, [numbers.name])
        assert cursor.fetchone() == (3, 0)


@pytest.mark.django_db(transaction=True)
def test_many_values_leave_the_plans_of_triggers_alone():
    numbers = Prepared(
        name="test_many", types={"numbers": "bigint[]"}, sql="SELECT unnest(%(numbers)s)"
    )

    with transaction.atomic(), connection.cursor() as cursor:
        numbers.rows({"numbers": list(range(FEW + 1))})
        cursor.execute("SHOW plan_cache_mode")
        assert cursor.fetchone() == ("auto",)
