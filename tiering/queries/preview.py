from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection

from tiering import rules, statements


@dataclass(frozen=True)
class PolicyEffect:
    """How many accounts would move from one tier to another under a draft."""

    from_tier: str
    to_tier: str
    accounts: int


def preview_policy(terms: rules.Policy, as_of: date) -> list[PolicyEffect]:
    """Where accounts would stand under these terms, against what they are now; writes nothing.

    Moves only, the greatest first; empty: nobody moves.
    """
    with connection.cursor() as cursor:
        cursor.execute(statements.count_moves(terms), statements.parameters(as_of, terms))
        return [PolicyEffect(*row) for row in cursor.fetchall()]
