"""For controls: parties that are locked one by one, in the sequence of whoever asks."""

from threading import local

from credit.models.party import CreditPartyQuerySet
from tests.concurrency.meeting import Meeting

LOCKING = local()  # `backwards`: whether this thread begins with the last one


def lock_one_by_one(monkeypatch):
    """Take away that parties are locked by id; two threads each have one before their second."""
    locked, both_have_one = CreditPartyQuerySet.locked, Meeting()

    def in_own_sequence(self, account_ids):
        parties = {}
        for pk in sorted(account_ids, reverse=LOCKING.backwards):
            parties |= locked(self, {pk})
            both_have_one.wait()
        return parties

    monkeypatch.setattr(CreditPartyQuerySet, "locked", in_own_sequence)
