from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, OuterRef, Q, QuerySet

from accounts.models import Account, Tier
from tiering import rules
from tiering.models import TierPolicy, TierRecord, TierRecordQuerySet, TierRun
from tiering.queries.figures import Figures, ledger_figures

if TYPE_CHECKING:
    from staff.models import User

# Who sees every account gets the company's figures, kept with the run and quick at any size.
# Everybody else gets the same picture of the accounts they see, worked out from their ledger.


def newest_run(on: date | None = None) -> TierRun | None:
    """The newest recorded run, or the one that covers the day `on`; None before the first."""
    runs = TierRun.objects.select_related("policy")
    return runs.covering(on) if on else runs.recorded().order_by("as_of", "recorded_at").last()


@dataclass(frozen=True)
class TierTotal:
    """One tier (or ABC class) of the pyramid."""

    code: str
    label: str
    accounts: int
    net_sales: Decimal
    share: Decimal  # of the company's net sales, 0 to 1


def tier_totals(user: User, run: TierRun) -> list[TierTotal]:
    """Accounts and net sales by tier on the run's day, highest tier first."""
    totals = run.figures["tiers"] if _sees_all(user) else _portfolio_totals(user, run, "tier")
    return [_total(run, tier.value, str(tier.label), totals.get(tier.value)) for tier in Tier]


def abc_totals(user: User, run: TierRun) -> list[TierTotal]:
    """Accounts and net sales by ABC class on the run's day, A first."""
    totals = run.figures["abc"] if _sees_all(user) else _portfolio_totals(user, run, "abc")
    return [_total(run, code, code, totals.get(code)) for code in "ABC"]


def segment_counts(user: User, run: TierRun) -> dict[str, int]:
    """Number of accounts in each of the eight value segments on the run's day."""
    if _sees_all(user):
        counts = run.figures["segments"]
    else:
        counts = dict(
            _records(user, run)
            .exclude(segment="")
            .order_by()
            .values_list("segment")
            .annotate(n=Count("pk"))
        )
    return {segment: counts.get(segment, 0) for segment in rules.SEGMENTS.values()}


def rfm_heat_map(user: User, run: TierRun) -> list[tuple[int, int, int]]:
    """(R, F, number of accounts) on the run's day, pairs without accounts left out."""
    if _sees_all(user):
        return [(r, f, count) for r, f, count in run.figures["heat"]]
    scored = _records(user, run).exclude(r=None).order_by()
    return list(scored.values_list("r", "f").annotate(n=Count("pk")))


def accounts_in_cell(user: User, run: TierRun, *, r: int, f: int) -> list[AccountRow]:
    """The visible accounts with these two scores on the run's day, best M first; at most 500."""
    rows = _records(user, run).filter(r=r, f=f).order_by("-m", "-net_sales", "account_id")
    return _rows(rows[:500], run)


def accounts_in_segment(user: User, run: TierRun, segment: str) -> list[AccountRow]:
    """The visible accounts of a value segment on the run's day, best M first; at most 500."""
    rows = _records(user, run).filter(segment=segment).order_by("-m", "-net_sales", "account_id")
    return _rows(rows[:500], run)


@dataclass(frozen=True)
class CurvePoint:
    """The best `accounts` accounts bring `sales_share` of all positive net sales (80/20)."""

    accounts: int
    account_share: float  # of the number of accounts, 0 to 1
    sales_share: float  # of the sum of positive net sales, 0 to 1


def sales_curve(user: User, run: TierRun) -> list[CurvePoint]:
    """The 80/20 curve (Pareto, ABC) on the run's day: at most 200 points, the last one is 1, 1."""
    if _sees_all(user):
        points = [(place, Decimal(cumulative)) for place, cumulative in run.figures["curve"]]
    else:
        points = _portfolio_curve(user, run)
    if not points or points[-1][1] <= 0:
        return []
    accounts, total = points[-1]
    return [CurvePoint(n, n / accounts, float(cumulative / total)) for n, cumulative in points]


@dataclass(frozen=True)
class AccountRow:
    """One account on the run's day, for tables."""

    account: Account
    tier: str
    net_sales: Decimal
    share: Decimal
    segment: str
    abc: str
    r: int | None
    f: int | None
    m: int | None


def top_accounts(user: User, run: TierRun, limit: int = 10) -> list[AccountRow]:
    """The visible accounts with the greatest net sales in the window, greatest first."""
    if _sees_all(user):
        best = [pk for pk, _net_sales in run.figures["top"][:limit]]
    else:
        sales = _portfolio(user, run)
        best = sorted(sales, key=lambda pk: (-sales[pk].net_sales, pk))[:limit]
    rows = _rows(TierRecord.objects.on(run.as_of).filter(account__in=best), run)
    return sorted(rows, key=lambda row: (-row.net_sales, row.account.pk))


@dataclass(frozen=True)
class Mover:
    """An account whose tier on `until` is not the one of `since`."""

    account: Account
    from_tier: str | None  # None: not there yet
    to_tier: str
    rises: bool
    designated: bool  # to_tier is by designation, not by share
    net_sales_before: Decimal
    net_sales_after: Decimal


def movers(user: User, *, since: date, until: date, limit: int = 100) -> list[Mover]:
    """Visible accounts that changed tier between two days, greatest net sales first.

    A new account counts when it is more than ordinary. Figures are the ledger's of each day.
    """
    moved = _moved(user, since=since, until=until).select_related("account")
    records = list(moved.order_by("-net_sales", "pk")[:limit])
    ids = [record.account_id for record in records]
    figures = {day: ledger_figures(ids, day, _terms_on(day)) for day in (since, until)}
    none = Figures()
    found = [
        Mover(
            account=record.account,
            from_tier=record.from_tier,
            to_tier=record.tier,
            rises=rules.RANK[record.tier] > rules.RANK[record.from_tier or rules.ORDINARY],
            designated=record.basis == TierRecord.Basis.DESIGNATION,
            net_sales_before=figures[since].get(record.account_id, none).net_sales,
            net_sales_after=figures[until].get(record.account_id, none).net_sales,
        )
        for record in records
    ]
    return sorted(found, key=lambda mover: -max(mover.net_sales_after, mover.net_sales_before))


def month_before(until: date) -> date:
    """The day a month earlier, or the first recorded one where that is later."""
    first = TierRun.objects.recorded().order_by("as_of").first()
    month_ago = rules.window(until, 1).after
    return max(month_ago, first.as_of) if first else month_ago


def moves(user: User, *, since: date, until: date) -> dict[tuple[str, str], int]:
    """How many visible accounts went from which tier to which; from "": not there before."""
    moved = _moved(user, since=since, until=until).only("tier")
    return Counter((record.from_tier or "", record.tier) for record in moved)


def _moved(user: User, *, since: date, until: date) -> QuerySet[Any]:
    """Records of `until` that are not of the tier of `since`, which is annotated: `from_tier`."""
    before = TierRecord.objects.on(since).filter(account=OuterRef("account"))
    now = TierRecord.objects.visible_to(user).on(until).filter(valid_from__gt=since)
    return now.annotate(from_tier=before.values("tier")[:1]).filter(
        ~Q(tier=F("from_tier")) | Q(from_tier=None) & ~Q(tier=Tier.ORDINARY)
    )


def _sees_all(user: User) -> bool:
    return user.is_service or user.has_perms(
        ["accounts.view_account", "accounts.view_all_accounts"]
    )


def _records(user: User, run: TierRun) -> TierRecordQuerySet:
    return TierRecord.objects.visible_to(user).on(run.as_of)


def _portfolio(user: User, run: TierRun) -> dict[int, Figures]:
    """The figures of every visible account on the run's day."""
    ids = list(Account.objects.visible_to(user).live().values_list("pk", flat=True))
    found = ledger_figures(ids, run.as_of, run.policy.terms())
    return {pk: found.get(pk, Figures()) for pk in ids}


def _portfolio_totals(user: User, run: TierRun, column: str) -> dict[str, tuple[int, Decimal]]:
    figures = _portfolio(user, run)
    counts: Counter[str] = Counter()
    sales: dict[str, Decimal] = {}
    for pk, code in _records(user, run).order_by().values_list("account_id", column):
        counts[code] += 1
        sales[code] = sales.get(code, Decimal(0)) + figures.get(pk, Figures()).net_sales
    return {code: (counts[code], sales[code]) for code in counts}


def _portfolio_curve(user: User, run: TierRun) -> list[tuple[int, Decimal]]:
    sales = sorted(max(f.net_sales, Decimal(0)) for f in _portfolio(user, run).values())[::-1]
    cumulative = list(accumulate(sales))
    step = max(len(cumulative) // 190, 1)
    return [
        (place, amount)
        for place, amount in enumerate(cumulative, start=1)
        if place == 1 or place % step == 0 or place == len(cumulative)
    ]


def _rows(records: TierRecordQuerySet, run: TierRun) -> list[AccountRow]:
    found = list(records.select_related("account"))
    figures = ledger_figures([r.account_id for r in found], run.as_of, run.policy.terms())
    company = run.company_net_sales or Decimal(0)
    rows = []
    for record in found:
        net_sales = figures.get(record.account_id, Figures()).net_sales
        rows.append(
            AccountRow(
                account=record.account,
                tier=record.tier,
                net_sales=net_sales,
                share=rules.share(net_sales, company),
                segment=record.segment,
                abc=record.abc,
                r=record.r,
                f=record.f,
                m=record.m,
            )
        )
    return rows


def _total(
    run: TierRun, code: str, label: str, total: tuple[int, Decimal | str] | None
) -> TierTotal:
    count, net_sales = total or (0, Decimal(0))
    amount = Decimal(net_sales)
    share = rules.share(amount, run.company_net_sales or Decimal(0))
    return TierTotal(code, label, count, amount, share)


def _terms_on(day: date) -> rules.Policy:
    policy = TierPolicy.objects.in_force(day).first()
    return policy.terms() if policy else rules.Policy()
