"""Where locked parties stand, kept up to date while one decision after the other is taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from credit.models import CreditLine, CreditParty
from credit.queries.ceiling import company_headroom
from credit.queries.grades import grade_that_counts
from credit.queries.overdue import Overdue
from credit.queries.reviews import standing_of
from credit.rules.decisions import CreditPosition, Decision, LineState, decide
from credit.rules.supervision import ReviewState
from credit.services.facts import Facts, read_facts

NOTHING = Overdue(Decimal(0), 0)
ZERO = Decimal(0)
_END = """
UPDATE credit_reservation SET status = 'expired', closed_at = now()
WHERE account_id = ANY(%s) AND status = 'live' AND expires_at <= clock_timestamp()
RETURNING account_id, amount
"""


class Standing:
    """The positions of parties that the caller has locked, and of the heads of their groups.

    Read once; `add` brings in what the decisions of this transaction change, which the
    database adds to the parties when the rows are written. to_decide: whether others that decide
    under the ceiling must wait; False for a look that decides nothing.
    """

    def __init__(
        self,
        parties: Mapping[int, CreditParty],
        *,
        on: date | None = None,
        to_decide: bool = True,
        facts: Facts | None = None,
    ) -> None:
        self.parties = parties
        self.on = on or timezone.localdate()
        self._changes: defaultdict[int, Decimal] = defaultdict(Decimal)
        known = facts or read_facts(parties, self.on)
        self.policy, self._reviews = known.policy, known.reviews
        self.lines, self.ratings, self.overdue = known.lines, known.ratings, known.overdue
        self._moved_at = known.moved_at
        capped = known.is_capped
        self._headroom = company_headroom(self.on, to_decide=to_decide) if capped else None
        if to_decide and known.has_run_out:
            self._end_reservations()

    def _end_reservations(self) -> None:
        """Give back what is reserved for longer than its time."""
        with connection.cursor() as cursor:
            cursor.execute(_END, [list(self.parties)])
            ended = cursor.fetchall()
        for account_id, amount in ended:
            self.add(account_id, -amount)

    def add(self, account_id: int, amount: Decimal) -> None:
        """Bring in that the exposure of an account changes by this."""
        self._changes[account_id] += amount
        if head := self.parties[account_id].group_id:
            self._changes[head] += amount
        if self._headroom is not None:
            self._headroom -= amount

    def freed(self) -> set[int]:
        """The accounts that owe less than before, in which orders on hold may fit now."""
        return {account_id for account_id, change in self._changes.items() if change < 0}

    def exposure(self, account_id: int) -> Decimal:
        """What an account owes at this moment, a head with its subsidiaries."""
        party = self.parties[account_id]
        counted = party.invoiced + party.ordered + party.reserved + party.subsidiaries
        return counted + self._changes[account_id]

    def limit(self, account_id: int) -> Decimal | None:
        """The limit of the line that counts for an account; None when no line was ever granted."""
        line = self.line(account_id)
        return None if line is None else line.limit_on(self.on)

    def line(self, account_id: int) -> CreditLine | None:
        """The account's own line or, where it has none, that of its group."""
        head = self.parties[account_id].group_id
        return self.lines.get(account_id) or (self.lines.get(head) if head else None)

    def granted_at(self, account_id: int) -> list[datetime]:
        """Since when the lines count that an account must keep to: its own, that of its group.

        That of a group counts since the account came into it, and no more since it left.
        """
        holders = (account_id, self.parties[account_id].group_id)
        lines = [line for line in self.lines.values() if line.account_id in holders]
        moments = [max(line.created_at, _midnight(line.valid_from)) for line in lines]
        return [*moments, *filter(None, [self._moved_at.get(account_id)])]

    def holder(self, account_id: int) -> int:
        """Whose line counts for an account: its own, or the head of its group."""
        line = self.line(account_id)
        return account_id if line is None else line.account_id

    def state(self, account_id: int) -> LineState:
        """Whether the line that counts for an account gives credit on this day."""
        line = self.line(account_id)
        if line is None:
            return LineState.NONE
        if self.on > line.valid_until:
            return LineState.EXPIRED
        review = standing_of(line, self.on, self._reviews).state
        return LineState.LAPSED if review is ReviewState.LAPSED else LineState.VALID

    def grade(self, account_id: int) -> str | None:
        """The grade of an account that counts."""
        head = self.parties[account_id].group_id
        return grade_that_counts(account_id, lines=self.lines, ratings=self.ratings, head=head)

    def position(self, account_id: int, *, part_invoiced: Decimal = ZERO) -> CreditPosition:
        """Where an account stands now, in the reporting currency.

        part_invoiced: what of the order to decide is among the invoices already, so that it
        is not asked for twice.
        """
        party = self.parties[account_id]
        line = self.line(account_id)
        debt = self.overdue.get(account_id, NOTHING)
        holder = self.holder(account_id)
        group = None if holder == party.group_id else self._group_headroom(party)
        return CreditPosition(
            line=self.state(account_id),
            limit=ZERO if line is None else line.limit_on(self.on),
            exposure=self.exposure(holder) - part_invoiced,
            valid_until=None if line is None else line.valid_until,
            max_overdue_days=debt.oldest_days,
            overdue_amount=debt.amount,
            on_manual_hold=bool(party.hold_reason),
            hold_reason=party.hold_reason,
            rating=self.grade(account_id),
            group_headroom=None if group is None else group + part_invoiced,
            company_headroom=None if self._headroom is None else self._headroom + part_invoiced,
        )

    def _group_headroom(self, party: CreditParty) -> Decimal | None:
        if not (head := party.group_id):
            return None
        valid = self.state(head) is LineState.VALID
        return (self.limit(head) or ZERO if valid else ZERO) - self.exposure(head)

    def available(self, account_id: int) -> Decimal:
        """What an account can still buy: what its limit leaves, and that of its group."""
        return self.position(account_id).left

    def decide(
        self, account_id: int, amount: Decimal, *, part_invoiced: Decimal = ZERO
    ) -> Decision:
        """The decision on an order of `amount` that the exposure does not contain."""
        position = self.position(account_id, part_invoiced=part_invoiced)
        return decide(position, amount, self.policy.rules.checks)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
