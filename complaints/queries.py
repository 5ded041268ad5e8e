"""Reads that span the parts of a complaint."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Cover
from approvals.people import holders
from complaints.models import Compensation, Complaint, Finding, Report
from complaints.rules import Dossier, Outcome, Rung, Severity
from sales.models import OrderLine
from sales.rules import year_before

if TYPE_CHECKING:
    from django.utils.functional import Promise

MOST_SIMILAR = 100
MISSING: dict[str, str | Promise] = {
    "report": _("the 8D report of a severe complaint"),
    "occurrence_cause": _("the root cause of its occurrence"),
    "escape_cause": _("the root cause of its escape"),
    "corrective_action": _("a corrective action"),
    "preventive_action": _("a preventive action"),
    "verification": _("every action verified"),
    "similar_customers": _("similar customers told"),
    "finding": _("the finding decided by a second person"),
    "compensation_signature": _("the compensation signed or withdrawn"),
    "compensation_delivery": _("the promised compensation delivered"),
}


def dossier(complaint: Complaint) -> Dossier:
    """What closing looks at, by four queries."""
    report = Report.objects.filter(complaint=complaint).first()
    actions = complaint.actions.aggregate(
        corrective=Count("pk", filter=Q(kind="corrective")),
        preventive=Count("pk", filter=Q(kind="preventive")),
        unverified=Count("pk", filter=Q(verified_at=None)),
    )
    Promised = Compensation.Status  # noqa: N806
    promised = complaint.compensations.aggregate(
        open=Count("pk", filter=Q(status=Promised.PROPOSED)),
        unkept=Count("pk", filter=Q(status=Promised.APPROVED)),
    )
    return Dossier(
        severity=Severity(complaint.severity),
        is_founded=complaint.outcome in (Outcome.JUSTIFIED, Outcome.PARTLY),
        has_report=report is not None,
        occurrence_cause=report.occurrence_cause if report else "",
        escape_cause=report.escape_cause if report else "",
        **actions,
        untold=complaint.similar_customers.filter(told_at=None).count(),
        undecided_findings=complaint.findings.filter(status=Finding.Status.PROPOSED).count(),
        open_compensations=promised["open"],
        unkept_compensations=promised["unkept"],
    )


def missing_words(codes: list[str]) -> str:
    """What `rules.missing` found, in words."""
    return "; ".join(str(MISSING[code]) for code in codes)


def similar_accounts(complaint: Complaint, today: date) -> list[int]:
    """Ids of other customers who bought the same product within a year, at most 100."""
    if complaint.product_id is None:
        return []
    lines = OrderLine.objects.filter(
        product=complaint.product_id,
        order__ordered_on__gt=year_before(today),
        order__account__isnull=False,
        order__account__merged_into=None,
    ).exclude(order__status="cancelled")
    known = complaint.similar_customers.values("account")
    others = lines.exclude(order__account__in=known).exclude(order__account=complaint.account)
    ids = others.order_by("order__account").values_list("order__account", flat=True)
    return list(ids.distinct()[:MOST_SIMILAR])


def people_of(rung: str, complaint: Complaint) -> list[int]:
    """Ids of the active people whom a rung of the escalation calls.

    A customer without a manager is the directors' business at once; who covers for the manager is
    called beside them.
    """
    manager = complaint.account.manager if complaint.account else None
    if rung == Rung.MANAGER and manager is not None and manager.is_active:
        covers = Cover.objects.in_force(timezone.localdate()).filter(person=manager)
        return [manager.pk, *covers.values_list("cover", flat=True)]
    role = "deputy_gm" if rung == Rung.DEPUTY_GM else "ka_director"
    return sorted(holders({role})[role])
