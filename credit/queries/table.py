"""The Credit Limit and Term Table 信用额度、期限表 (D8), as of any day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields import DateField, DecimalField
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from credit import policies
from credit.models import CreditLine, CreditParty, LineProposal, Policy
from credit.models.party import AMOUNT
from credit.queries import behaviour, dealing
from credit.queries.behaviour import Owed
from credit.queries.grades import grades
from credit.rules.supervision import ReviewPolicy, lapsed_through
from kam.core.money import display_share

ZERO = Decimal(0)
SOON = timedelta(days=30)
NEVER = date(1, 1, 1)
NOTHING = Owed(ZERO, ZERO, 0)
STATES = {
    "expiring": _("ends within 30 days"),
    "expired": _("ran out"),
    "lapsed": _("not reviewed in time"),
    "over": _("over the limit"),
    "none": _("no line"),
    "zero": _("limit of 0"),
}
SORTS = {
    "name": ("name_sort", "pk"),
    "limit": ("-limit", "pk"),
    "exposure": ("-exposure", "pk"),
    "until": ("until", "pk"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """An account in the table; `line` is the latest that had begun, expired or not.

    exposure: of today; of an earlier day only what was unpaid on invoices is known.
    """

    account: Account
    line: CreditLine | None
    grade: str
    limit: Decimal
    exposure: Decimal
    overdue: Decimal
    overdue_days: int
    reviewed_on: date | None
    is_expired: bool
    has_lapsed: bool  # not reviewed in time

    @property
    def state(self) -> str:
        """Why the line gives no credit, in words; "" where it does."""
        if self.line is None:
            return str(STATES["none"])
        if self.is_expired:
            return str(STATES["expired"])
        if self.has_lapsed:
            return str(STATES["lapsed"])
        return "" if self.limit else str(STATES["zero"])

    @property
    def available(self) -> Decimal:
        """What the limit leaves; negative when it is passed."""
        return self.limit - self.exposure

    @property
    def utilisation(self) -> Decimal | None:
        """Exposure as a share of the limit; None without one."""
        return display_share(self.exposure / self.limit) if self.limit else None


def accounts_of(
    accounts: QuerySet[Account], on: date, *, state: str = "", grade: str = "", search: str = ""
) -> QuerySet[Account]:
    """Those of `accounts` that stand in the table, with the columns it is filtered and sorted by:
    `limit` (0 where it gives no credit), `until` and `exposure`."""
    lines = CreditLine.objects.filter(account=OuterRef("pk"), valid_from__lte=on)
    newest = lines.order_by("-valid_from", "-pk")
    parties = CreditParty.objects.filter(pk=OuterRef("pk"))
    amount = DecimalField(**AMOUNT)
    found = (
        accounts.filter(merged_into=None)
        .filter(Exists(lines) | Exists(parties.exclude(exposure=0)))
        .annotate(
            until=Coalesce(
                Subquery(newest.values("valid_until")[:1]), NEVER, output_field=DateField()
            ),
            line_reviewed_on=Subquery(newest.values("reviewed_on")[:1]),
            limit=Coalesce(
                Subquery(newest.values(effective=_effective(on))[:1]), ZERO, output_field=amount
            ),
            exposure=Coalesce(Subquery(parties.values("exposure")[:1]), ZERO, output_field=amount),
        )
    )
    if search:
        found = found.containing(search)  # type: ignore[attr-defined]
    if grade:
        counting = grades(list(found.order_by().values_list("pk", flat=True)), on)
        found = found.filter(pk__in=[pk for pk, each in counting.items() if each == grade])
    return found.filter(_in_state(state, on)) if state else found


def _effective(on: date) -> Case:
    """The limit of a line on a day, with a temporary increase; 0 when it has run out or lapsed."""
    return Case(
        When(Q(valid_until__lt=on) | Q(reviewed_on__lte=_lapsed_through(on)), then=Value(ZERO)),
        When(extra_until__gte=on, then=F("limit") + F("extra")),
        default=F("limit"),
        output_field=DecimalField(**AMOUNT),
    )


def _lapsed_through(on: date) -> date:
    policy: ReviewPolicy = policies.in_force(Policy.Kind.SUPERVISION, on).rules.review
    return lapsed_through(on, policy)


def _in_state(state: str, on: date) -> Q:
    states = {
        "expiring": Q(until__range=(on, on + SOON)),
        "expired": Q(until__lt=on) & ~Q(until=NEVER),
        "lapsed": Q(until__gte=on, line_reviewed_on__lte=_lapsed_through(on)),
        "over": Q(exposure__gt=F("limit")),
        "none": Q(until=NEVER),
        "zero": Q(until__gte=on, limit=0, line_reviewed_on__gt=_lapsed_through(on)),
    }
    return states[state]


def rows_of(accounts: Sequence[Account], on: date) -> list[Row]:
    """The rows of these accounts, as `accounts_of` gives them. Eight queries."""
    ids = [account.pk for account in accounts]
    lines = dealing.lines_in_force(ids, on)
    owed = behaviour.owed(ids, on)
    reviewed = _last_reviews(ids, on)
    counting = grades(ids, on)
    lapsed = _lapsed_through(on)
    is_today = on == timezone.localdate()
    return [
        Row(
            account=account,
            line=lines.get(account.pk),
            grade=counting.get(account.pk, ""),
            limit=account.limit,  # type: ignore[attr-defined]
            exposure=(
                account.exposure  # type: ignore[attr-defined]
                if is_today
                else owed.get(account.pk, NOTHING).amount
            ),
            overdue=owed.get(account.pk, NOTHING).overdue,
            overdue_days=owed.get(account.pk, NOTHING).days,
            reviewed_on=reviewed.get(account.pk),
            is_expired=account.until < on,  # type: ignore[attr-defined]
            has_lapsed=account.pk in lines and lines[account.pk].reviewed_on <= lapsed,
        )
        for account in accounts
    ]


def _last_reviews(account_ids: Sequence[int], on: date) -> dict[int, date]:
    """When the last half-yearly review of accounts was approved, by a day."""
    done = LineProposal.objects.filter(
        account__in=account_ids,
        origin=LineProposal.Origin.REVIEW,
        status=LineProposal.Status.APPROVED,
        closed_at__date__lte=on,
    )
    last = done.order_by().values_list("account").annotate(last=Max("closed_at"))
    return {account: timezone.localdate(moment) for account, moment in last}


def all_rows(accounts: QuerySet[Account], on: date, *, chunk: int = 500) -> Iterator[Row]:
    """Every row, chunk by chunk in the order of the queryset, for an export."""
    batch: list[Account] = []
    for account in accounts.iterator(chunk_size=chunk):
        batch.append(account)
        if len(batch) == chunk:
            yield from rows_of(batch, on)
            batch = []
    yield from rows_of(batch, on)
