"""The advisory lock of the recompute: one at a time, and a sign of life.

It belongs to the database session, so that a killed process cannot leave it behind: a run that
is `running` while nobody holds the lock is dead and may be taken over.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_KEY = 0x7469657273  # "tiers"


@contextmanager
def recompute_lock() -> Iterator[None]:
    """Wait until nobody else recomputes, then hold the lock for the block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_KEY])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_KEY])


def somebody_recomputes() -> bool:
    """Whether another database session holds the lock now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND (classid::bigint << 32) | objid::bigint = %s AND pid <> pg_backend_pid())",
            [_KEY],
        )
        return bool(cursor.fetchone()[0])
