"""What a test that commits leaves behind is taken away, and what the migrations made is put back.

Django's own flush truncates every table and runs the post_migrate handlers again, which takes
most of a second each time; here only tables that hold rows are looked at.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

KEPT = "kept"  # the schema with the rows as the migrations left them

_TABLES = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
)
_SWOLLEN = _TABLES + " AND pg_relation_size(oid) > 2000000"
_COLUMNS = """
    SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


def keep() -> None:
    """Copy what is in the tables now; each later `restore` brings it back."""
    with connection.cursor() as sql:
        sql.execute(f"DROP SCHEMA IF EXISTS {KEPT} CASCADE")
        sql.execute(f"CREATE SCHEMA {KEPT}")
        for table in _filled(sql):
            sql.execute(f'CREATE TABLE {KEPT}."{table}" AS TABLE public."{table}"')


def restore() -> None:
    """Bring every table back to what was kept; sequences run on, as in Django's flush."""
    with connection.cursor() as sql, _triggers_asleep(sql):
        kept = _names(sql, _TABLES.replace("'public'", f"'{KEPT}'"))
        for table in _filled(sql):
            sql.execute(f'DELETE FROM public."{table}"')
        for table in kept:
            sql.execute(_COLUMNS, [f'public."{table}"'])
            columns = sql.fetchone()[0]
            sql.execute(
                f'INSERT INTO public."{table}" ({columns}) SELECT {columns} FROM {KEPT}."{table}"'
            )


def trim() -> None:
    """Give up the room of rows that are gone; nothing else does it while the tests run."""
    with connection.cursor() as sql:
        for table in _names(sql, _SWOLLEN):
            sql.execute(f'VACUUM public."{table}"')


@contextmanager
def _triggers_asleep(sql: Any) -> Iterator[None]:
    sql.execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        sql.execute("SET session_replication_role = DEFAULT")


def _filled(sql: Any) -> list[str]:
    """The tables that hold rows; what migrations are applied is no test's business."""
    tables = [name for name in _names(sql, _TABLES) if name != "django_migrations"]
    asked = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM public.\"{name}\")" for name in tables)
    return _names(sql, " UNION ALL ".join(asked))


def _names(sql: Any, query: str) -> list[str]:
    sql.execute(query)
    return [name for (name,) in sql.fetchall()]
