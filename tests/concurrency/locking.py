"""For controls: parties that are locked one by one, in the sequence of whoever asks."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, local

from credit.models.party import CreditPartyQuerySet

LOCKING = local()  # `backwards`: whether this thread begins with the last one


def lock_one_by_one(monkeypatch):
    """Take away that parties are locked by id; two threads each have one before their second."""
    locked, both_have_one = CreditPartyQuerySet.locked, Barrier(2, timeout=2)

    def in_own_sequence(self, account_ids):
        parties = {}
        for pk in sorted(account_ids, reverse=LOCKING.backwards):
            parties |= locked(self, {pk})
            with suppress(BrokenBarrierError):
                both_have_one.wait()
        return parties

    monkeypatch.setattr(CreditPartyQuerySet, "locked", in_own_sequence)
