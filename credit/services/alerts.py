"""Continuous supervision (D5): alerts when the behaviour of an account has worsened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import batched
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account, Event
from accounts.services import kept_row
from credit import policies
from credit.models import Behaviour, CreditAlert, CreditLine, CreditParty, Policy
from credit.queries.grades import grades
from credit.rules import supervision as rules
from credit.rules.supervision import AlertPolicy
from kam.core import audit, metrics
from kam.core.errors import RuleViolation
from kam.core.policy_data import to_json

if TYPE_CHECKING:
    from staff.models import User

BATCH = 2000
# Which figure of the behaviour an alert looked at.
_FIGURES = {
    CreditAlert.Kind.PAYMENT_INDEX: "payment_index",
    CreditAlert.Kind.OVERDUE_SHARE: "overdue_share",
    CreditAlert.Kind.EXPOSURE: "exposure",
    CreditAlert.Kind.GRADE: "grade",
}
_COLUMNS = ["as_of", *_FIGURES.values()]


def watch(as_of: date) -> int:
    """Raise the alerts of a day; how many. Safe to repeat.

    One query for each figure and batch, however many accounts. Source: docs/policies/credit.md
    section 11.4.
    """
    policy: AlertPolicy = policies.in_force(Policy.Kind.SUPERVISION, as_of).rules.alerts
    lines = CreditLine.objects.filter(account=OuterRef("pk"))
    owes = Q(credit_party__exposure__gt=0) | Q(Exists(lines))
    ids = Account.objects.live().filter(owes).order_by("pk").values_list("pk", flat=True)
    raised = [_watch(batch, as_of, policy) for batch in batched(list(ids), BATCH)]
    return sum(raised)


@transaction.atomic
def _watch(account_ids: Sequence[int], as_of: date, policy: AlertPolicy) -> int:
    known = Behaviour.objects.filter(account__in=account_ids).select_for_update().order_by("pk")
    before = {each.account_id: each for each in known}
    raised, kept = [], []
    for now in _behaviours(account_ids, as_of):
        old = before.get(now.account_id)
        if old is None:
            kept.append(now)
            continue
        found = rules.alerts(_plain(old), _plain(now), policy) if old.as_of < as_of else ()
        raised += [
            CreditAlert(
                account_id=now.account_id,
                kind=alert.code,
                day=as_of,
                figures=to_json(alert.figures),
            )
            for alert in found
        ]
        kept += _compare_next(old, now, [alert.code for alert in found], policy)
    Behaviour.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=["account"], update_fields=_COLUMNS
    )
    return _tell(raised)


def _compare_next(
    old: Behaviour, now: Behaviour, raised: Sequence[str], policy: AlertPolicy
) -> list[Behaviour]:
    """What the account is compared with from now on, where that changes."""
    if now.as_of - old.as_of >= timedelta(days=policy.compare_days):
        return [now]
    for code in raised:
        name = _FIGURES[CreditAlert.Kind(code)]
        setattr(old, name, getattr(now, name))
    return [old] if raised else []


def _behaviours(account_ids: Sequence[int], as_of: date) -> list[Behaviour]:
    """The figures of accounts on a day: six queries."""
    own = F("invoiced") + F("ordered") + F("reserved")
    parties = CreditParty.objects.filter(pk__in=account_ids)
    exposures = dict(parties.annotate(own=own).values_list("pk", "own"))
    index: Any = metrics.values("payment_index", as_of, account_ids)
    share: Any = metrics.values("overdue_share", as_of, account_ids)
    counting = grades(account_ids, as_of)
    return [
        Behaviour(
            account_id=pk,
            as_of=as_of,
            payment_index=index.get(pk),
            overdue_share=share.get(pk),
            exposure=exposures.get(pk, 0),
            grade=counting.get(pk, ""),
        )
        for pk in account_ids
    ]


def _plain(row: Behaviour) -> rules.Behaviour:
    return rules.Behaviour(
        payment_index=row.payment_index,
        overdue_share=row.overdue_share,
        exposure=row.exposure,
        grade=row.grade or None,
    )


def _tell(raised: list[CreditAlert]) -> int:
    """Keep the alerts and write them on the timelines."""
    CreditAlert.objects.bulk_create(raised, batch_size=BATCH)
    Event.objects.bulk_create(
        (
            Event(
                account_id=alert.account_id,
                kind="credit.alert_raised",
                data={"kind": alert.kind, **alert.figures},
            )
            for alert in raised
        ),
        batch_size=BATCH,
    )
    return len(raised)


@transaction.atomic
def acknowledge(alert_id: int, *, comment: str, actor: User) -> CreditAlert:
    """Note that somebody has seen to an alert. Refused: acknowledged, comment_required."""
    alert = kept_row(CreditAlert.objects.all(), alert_id)
    if alert.acknowledged_at is not None:
        raise RuleViolation("acknowledged", _("Somebody has acknowledged this alert already."))
    if not comment.strip():
        raise RuleViolation("comment_required", _("Say what was found or done."))
    alert.acknowledged_by, alert.acknowledged_at = actor, timezone.now()
    alert.comment = comment.strip()
    alert.save(update_fields=["acknowledged_by", "acknowledged_at", "comment"])
    audit.record(alert, "credit.alert_acknowledged", actor=actor, reason=comment)
    return alert
