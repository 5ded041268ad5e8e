"""The database that the workers of xdist copy: the migrations run once, while the tests are read.

The controlling process starts this module as a process of its own (tests/conftest.py).
"""

import os
import subprocess
import sys
import warnings

import django
import psycopg2
from django.db import connection


def start() -> subprocess.Popen[bytes]:
    """Make it in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "tests.template"], stdout=subprocess.DEVNULL)


def make() -> None:
    """Under the name of a test database without a worker's suffix."""
    django.setup()
    warnings.simplefilter("error")
    connection.creation.create_test_db(verbosity=0, autoclobber=True)


def use() -> None:
    """Let the database of this worker be a copy."""
    connection.settings_dict["TEST"]["TEMPLATE"] = name()


def drop() -> None:
    """Nobody copies it any more."""
    server = psycopg2.connect(os.environ["DATABASE_URL"])
    server.autocommit = True
    server.cursor().execute(f'DROP DATABASE IF EXISTS "{name()}"')
    server.close()


def name() -> str:
    return f"test_{connection.settings_dict['NAME']}"


if __name__ == "__main__":
    make()
