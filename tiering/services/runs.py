from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kam.core import audit
from kam.core.errors import RuleViolation
from tiering import statements
from tiering.locks import recompute_lock
from tiering.models import TierPolicy, TierRun

if TYPE_CHECKING:
    from staff.models import User

logger = logging.getLogger(__name__)

CATCH_UP_DAYS = 31  # how many missed nights are made good; older ones are replayed when asked
CURVE_POINTS = 190
TOP_ACCOUNTS = 200


def policy_in_force(on: date) -> TierPolicy:
    """The policy that decides on this day; RuleViolation("no_policy") when there is none."""
    policy = TierPolicy.objects.in_force(on).first()
    if policy is None:
        raise RuleViolation("no_policy", _("No approved policy is in force on %s.") % on)
    return policy


@transaction.atomic
def request_run(as_of: date, *, actor: User | None, trigger: TierRun.Trigger) -> TierRun:
    """Queue a recompute for this day; asking again while it waits changes nothing.

    Asked while it runs, it is done once more: what was stored meanwhile must count.

    Once committed a worker is told. Without Redis it is not, and
    `tiering.tasks.pick_up_queued_runs` finds the row within a minute.
    Refuses a day in the future and a day before the first policy.
    """
    if as_of > timezone.localdate():
        raise RuleViolation("future_date", _("Tiers cannot be worked out for a future day."))
    run, _created = TierRun.objects.get_or_create(
        as_of=as_of,
        policy=policy_in_force(as_of),
        defaults={"trigger": trigger, "requested_by": actor, "requested_at": timezone.now()},
    )
    run = TierRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if not _created and run.status == TierRun.Status.QUEUED:
        return run
    run.status, run.progress, run.error = TierRun.Status.QUEUED, 0, ""
    run.trigger, run.requested_by, run.requested_at = trigger, actor, timezone.now()
    run.started_at = run.finished_at = None
    run.save()
    audit.record(run, "tiering.run_requested", actor=actor, changes={"as_of": str(as_of)})
    return run


def recompute(as_of: date, *, actor: User | None, trigger: TierRun.Trigger) -> TierRun:
    """Work out tiers, scores, segments and classes of every live account for a day, now.

    Safe to run twice, beside another recompute, and again after being killed anywhere:
    the results are those of one undisturbed run. Source: docs/policies/tiering.md section 7.
    """
    return execute_run(request_run(as_of, actor=actor, trigger=trigger).pk)


def execute_run(run_id: int) -> TierRun:
    """Do a requested run; a run that has succeeded meanwhile is left as it is.

    Under the advisory lock, so that whoever is still `running` when we get it is dead.
    """
    with recompute_lock():
        run = TierRun.objects.select_related("policy", "requested_by").get(pk=run_id)
        if run.status == TierRun.Status.SUCCEEDED:
            return run
        _report(run, status=TierRun.Status.RUNNING, progress=5, started_at=timezone.now())
        try:
            with _computed(run):
                _report(run, progress=60)
                _write(run)
        except Exception as error:
            logger.exception("Recompute %s failed", run.as_of)
            _report(
                run,
                status=TierRun.Status.FAILED,
                finished_at=timezone.now(),
                error=f"{type(error).__name__}: {error}"[:2000],
            )
            raise
    return run


def _report(run: TierRun, **fields: Any) -> None:
    """Show how far the run is; outside of the write transaction, so that others see it."""
    for name, value in fields.items():
        setattr(run, name, value)
    run.save(update_fields=list(fields))


@contextmanager
def _computed(run: TierRun) -> Iterator[None]:
    """The result of the run in a temporary table, for the block."""
    policy = run.policy.terms()
    with connection.cursor() as cursor:
        _drop_temporary_tables()
        try:
            with transaction.atomic():
                # Room for hashes and sorts in memory; a killed worker's statement stops soon.
                cursor.execute("SET LOCAL work_mem = '64MB'")
                cursor.execute("SET LOCAL client_connection_check_interval = '1s'")
                cursor.execute(
                    statements.create_result(policy), statements.parameters(run.as_of, policy)
                )
            yield
        finally:
            _drop_temporary_tables()


def _drop_temporary_tables() -> None:
    if connection.connection is None or connection.connection.closed or connection.needs_rollback:
        return  # the session's end, or the rollback, takes them along
    with connection.cursor() as cursor:
        cursor.execute(statements.DROP)


@transaction.atomic
def _write(run: TierRun) -> None:
    """Bring history, accounts and timeline in line with the result, all or nothing."""
    later = TierRun.objects.recorded().filter(as_of__gt=run.as_of)
    following = later.order_by("as_of").values_list("as_of", flat=True).first()
    values = {
        "as_of": run.as_of,
        "next": following,
        "run": run.pk,
        "policy": run.policy_id,
        "policy_version": run.policy.version,
        "actor": run.requested_by_id,
        "after": statements.parameters(run.as_of, run.policy.terms())["after"],
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("SET LOCAL client_connection_check_interval = '1s'")
        cursor.execute(statements.FIND_MOVES, values)
        if following is None:
            cursor.execute(statements.PUBLISH, values)
            cursor.execute(statements.ANNOUNCE, values)
        else:
            cursor.execute(statements.CONTINUATIONS, values)
        for statement in (statements.CLOSE, statements.REPLACE, statements.EXTEND):
            cursor.execute(statement, values)
        if following is not None:
            cursor.execute(statements.CONTINUE, values)
        cursor.execute(statements.INSERT, values)
        _fill_figures(run, cursor, values)
    run.recorded_at = timezone.now()
    _finish(run)


def _finish(run: TierRun) -> None:
    """Keep the figures; a run that was asked for again while it ran waits to be done again."""
    asked = ["status", "progress", "trigger", "requested_by", "requested_at", "started_at"]
    run.refresh_from_db(fields=asked, from_queryset=TierRun.objects.select_for_update(of=("self",)))
    if run.status == TierRun.Status.QUEUED:
        run.progress = 0
    else:
        run.status, run.progress = TierRun.Status.SUCCEEDED, 100
        run.finished_at = run.recorded_at
    run.save()


def _fill_figures(run: TierRun, cursor: Any, values: dict[str, Any]) -> None:
    """Set the counts and company-wide figures of the run from its result."""
    figures = _group_figures(cursor)
    for tier in ("strategic", "key", "ordinary"):
        setattr(run, tier, figures["tiers"].get(tier, (0, "0"))[0])
    run.accounts = sum(count for count, _net_sales in figures["tiers"].values())
    cursor.execute(statements.COMPANY, values)
    run.company_net_sales = cursor.fetchone()[0]
    cursor.execute(statements.CHANGED, values)
    run.changed = cursor.fetchone()[0]
    cursor.execute(statements.CURVE, {"points": CURVE_POINTS})
    figures["curve"] = [[place, str(cumulative)] for place, cumulative in cursor.fetchall()]
    cursor.execute(statements.TOP, {"top": TOP_ACCOUNTS})
    figures["top"] = [[account_id, str(net_sales)] for account_id, net_sales in cursor.fetchall()]
    run.figures = figures


def _group_figures(cursor: Any) -> dict[str, Any]:
    """Number of accounts (and net sales) by tier, ABC class, segment and pair of R and F."""
    figures: dict[str, Any] = {"tiers": {}, "abc": {}, "segments": {}, "heat": []}
    cursor.execute(statements.GROUPS)
    for tier, abc, segment, r, f, count, net_sales in cursor.fetchall():
        if tier is not None:
            figures["tiers"][tier] = (count, str(net_sales))
        elif abc is not None:
            figures["abc"][abc] = (count, str(net_sales))
        elif segment is not None:
            figures["segments"][segment] = count
        elif r is not None:
            figures["heat"].append((r, f, count))
    figures["segments"].pop("", None)  # no purchase in the window
    return figures


def nightly_dates(today: date) -> list[date]:
    """The days to recompute this night: those since the newest recorded run, up to yesterday.

    Yesterday is always among them, so that what arrived late counts; at most 31 days.
    """
    yesterday = today - timedelta(days=1)
    newest = TierRun.objects.recorded().filter(as_of__lt=yesterday).order_by("as_of").last()
    first = yesterday if newest is None else newest.as_of + timedelta(days=1)
    first = max(first, yesterday - timedelta(days=CATCH_UP_DAYS - 1))
    return [first + timedelta(days=n) for n in range((yesterday - first).days + 1)]


def vacuum_ledger() -> None:
    """Mark the ledger's pages visible, so that the aggregate reads its index alone."""
    if connection.in_atomic_block:
        return  # VACUUM cannot run inside a transaction
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) sales_order")
