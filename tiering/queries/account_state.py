from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db import connection
from django.utils import timezone

from accounts.models import Account
from tiering import rules, statements
from tiering.explanations import explain
from tiering.models import Designation, TierPolicy, TierRecord, TierRun
from tiering.queries.figures import Figures, company_net_sales, ledger_figures
from tiering.services.runs import policy_in_force


@dataclass(frozen=True)
class AccountState:
    """What one account was on one day, and why."""

    account: Account
    as_of: date
    tier: str
    basis: str
    since: date  # first day of the unbroken span with this tier, as far as is recorded
    policy: TierPolicy
    designation: Designation | None  # the one that decides
    figures: Figures  # of the ledger as it is now, as of that day
    company_net_sales: Decimal
    r: int | None
    f: int | None
    m: int | None
    segment: str
    abc: str
    run: TierRun | None  # the run that recorded it; None: replayed from the ledger

    @property
    def share(self) -> Decimal:
        return rules.share(self.figures.net_sales, self.company_net_sales)

    @property
    def window(self) -> rules.Window:
        return rules.window(self.as_of, self.policy.window_months)

    @property
    def recency_days(self) -> int | None:
        last = self.figures.last_purchase_on
        return None if last is None else (self.as_of - last).days

    @cached_property
    def explanation(self) -> list[str]:
        """Why, in the reader's language, with the figures."""
        facts = rules.explain(
            self.figures.net_sales,
            self.company_net_sales,
            self.policy.terms(),
            designated_tier=self.designation.tier if self.designation else None,
            recorded_tier=self.tier if self.run else None,
        )
        return explain(facts, self)


def default_as_of() -> date:
    """The day that is meant when none is named: that of the newest recorded run, else today."""
    newest = TierRun.objects.recorded().order_by("as_of").last()
    return newest.as_of if newest else timezone.localdate()


def standing_for(account: Account, as_of: date) -> Account:
    """The account itself or, from the day of a merge on, the one that took its place."""
    while account.merged_into:
        merge = account.merges_absorbed.filter(undone_at=None).first()
        if merge and as_of < timezone.localdate(merge.merged_at):
            break
        account = account.merged_into
    return account


def state_on(account: Account, as_of: date) -> AccountState | None:
    """What this account was on that day; None when it was merged into another one before.

    From the records where a run covers the day, else replayed from the ledger with the policy
    and the designations of that day, writing nothing; so too where the designation that decided
    has ended since the run. RuleViolation("no_policy") before any.
    """
    run = TierRun.objects.select_related("policy").covering(as_of)
    record = (
        account.tier_records.on(as_of)
        .select_related("designation__decided_by", "designation__proposed_by")
        .first()
    )
    if run is None or record is None or _has_ended(record.designation, as_of):
        return _replayed(account, as_of)
    policy = run.policy
    figures = ledger_figures([account.pk], as_of, policy.terms()).get(account.pk, Figures())
    scores = (record.r, record.f, record.m, record.segment)
    if record.r is None and figures.frequency:
        # A purchase that no run has seen yet.
        replayed = _replayed(account, as_of)
        if replayed is not None:
            scores = (replayed.r, replayed.f, replayed.m, replayed.segment)
    return AccountState(
        account=account,
        as_of=as_of,
        tier=record.tier,
        basis=record.basis,
        since=_since(account, record),
        policy=policy,
        designation=record.designation,
        figures=figures,
        company_net_sales=company_net_sales(as_of, policy.terms(), run),
        r=scores[0],
        f=scores[1],
        m=scores[2],
        segment=scores[3],
        abc=record.abc,
        run=run,
    )


def _has_ended(designation: Designation | None, on: date) -> bool:
    """Whether it expired before this day, or was revoked by then."""
    if designation is None:
        return False
    return designation.expires_on < on or (designation.revoked_on or date.max) <= on


def _replayed(account: Account, as_of: date) -> AccountState | None:
    policy = policy_in_force(as_of)
    terms = policy.terms()
    with connection.cursor() as cursor:
        cursor.execute(
            statements.compute_account(terms),
            {**statements.parameters(as_of, terms), "account": account.pk},
        )
        row = cursor.fetchone()
    if row is None:
        return None
    tier, basis, designation_id, net_sales, last, frequency, company, *scores, abc = row
    r, f, m, segment = scores
    designations = Designation.objects.select_related("decided_by")
    return AccountState(
        account=account,
        as_of=as_of,
        tier=tier,
        basis=basis,
        since=as_of,
        policy=policy,
        designation=designations.filter(pk=designation_id).first(),
        figures=Figures(net_sales, last, frequency),
        company_net_sales=company,
        r=r,
        f=f,
        m=m,
        segment=segment,
        abc=abc,
        run=None,
    )


def _since(account: Account, record: TierRecord) -> date:
    since = record.valid_from
    earlier = account.tier_records.filter(valid_from__lt=record.valid_from)
    for row in earlier.order_by("-valid_from").values_list("tier", "valid_from", "valid_to"):
        if row[0] != record.tier or row[2] != since:
            break
        since = row[1]
    return since


@dataclass(frozen=True)
class TierSpan:
    """An unbroken time with one tier and basis: [since, until); `until` None: to this day."""

    tier: str
    basis: str
    since: date
    until: date | None
    record: TierRecord  # the first one, with the figures and the policy behind it


def tier_history(account: Account) -> list[TierSpan]:
    """The account's tiers over time, newest first; rows that differ in scores only are joined."""
    spans: list[TierSpan] = []
    rows = account.tier_records.select_related("policy", "designation", "run")
    for row in rows.order_by("valid_from"):
        last = spans[-1] if spans else None
        if last and (last.tier, last.basis, last.until) == (row.tier, row.basis, row.valid_from):
            spans[-1] = TierSpan(last.tier, last.basis, last.since, row.valid_to, last.record)
        else:
            spans.append(TierSpan(row.tier, row.basis, row.valid_from, row.valid_to, row))
    return spans[::-1]
