"""Two threads that wait for each other, unless a lock of the database keeps them apart."""

import time
from threading import Event, Lock

from django.db import connection

_SOMEBODY_WAITS = """
SELECT EXISTS (SELECT FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock')
"""
LONGEST = 5  # seconds, for one who never comes


def wait_unless_kept_apart(happened: Event) -> None:
    """Wait for it; given up when somebody is seen waiting for a lock.

    However slow the machine is, it does happen where nothing keeps the threads apart.
    """
    seen, end = 0, time.monotonic() + LONGEST
    watching = connection.copy()
    try:
        while seen < 2 and time.monotonic() < end and not happened.wait(0.1):
            with watching.cursor() as cursor:
                cursor.execute(_SOMEBODY_WAITS)
                seen = seen + 1 if cursor.fetchone()[0] else 0
    finally:
        watching.close()


class Meeting:
    """Where each of two threads waits for the other, once, if nothing keeps them apart."""

    def __init__(self) -> None:
        self._over, self._counting, self._here = Event(), Lock(), 0

    def wait(self) -> None:
        with self._counting:
            self._here += 1
            if self._here == 2:
                self._over.set()
        if not self._over.is_set():
            wait_unless_kept_apart(self._over)
            self._over.set()

    def leave(self) -> None:
        """Who is done does not come any more: nobody waits for him."""
        self._over.set()
