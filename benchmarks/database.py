"""Databases of the benchmarks' own, made on the server at hand and dropped afterwards."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2


@contextmanager
def scratch_database(url: str) -> Iterator[str]:
    """A database of our own on that server: tables are emptied here."""
    server, _, _ = url.rpartition("/")
    name = f"kam_benchmark_{os.getpid()}"
    admin = psycopg2.connect(url)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server}/{name}"
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
            admin.close()


@contextmanager
def django_on_scratch_database() -> Iterator[None]:
    """Let Django, which is set up in the block, work in such a database, empty but migrated."""
    with scratch_database(os.environ["DATABASE_URL"]) as url:
        os.environ["DATABASE_URL"] = url
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kam.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield
