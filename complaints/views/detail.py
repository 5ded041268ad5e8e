"""The page of a complaint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import Account
from accounts.rules import MASK
from accounts.services.secrets import may_read_details
from approvals.models import Request
from complaints import event_words, rules, words
from complaints.models import Complaint, ComplaintFile, Report
from complaints.queries import MISSING, dossier
from complaints.rules import Status
from complaints.services.compensations import COMPENSATION
from complaints.views.listing import SHOWN_ONCE
from complaints.views.steps import CHANGE, STEPS, Step
from kam.core.http import StaffRequest
from kam.core.models import AuditEntry

if TYPE_CHECKING:
    from staff.models import User

HISTORY = 200
SIMILAR = 6  # similar customers that are listed at once; the others unfold
# The step that comes next in each status, and the others that are possible.
PRIMARY = {
    Status.REGISTERED: "acknowledge",
    Status.ACKNOWLEDGED: "investigate",
    Status.INVESTIGATING: "resolve",
    Status.RESOLVED: "reply",
    Status.REPLIED: "confirm",
    Status.CONFIRMED: "close",
    Status.CLOSED: "reopen",
}
FURTHER = {
    Status.REGISTERED: (),
    Status.ACKNOWLEDGED: ("resolve",),
    Status.INVESTIGATING: (),
    Status.RESOLVED: ("withdraw",),
    Status.REPLIED: ("contest", "close"),
    Status.CONFIRMED: ("reopen",),
    Status.CLOSED: (),
}
# What customers do themselves, where nobody of ours did it.
BY_CUSTOMER = {
    *("complaint_registered", "clock_resumed", "file_added"),
    *("solution_confirmed", "solution_contested", "complaint_reopened"),
}
ALWAYS = ("assign", "escalate", "correct", "secret")


@require_safe
@permission_required("complaints.view_complaint", raise_exception=True)
def complaint(request: StaffRequest, complaint_number: str) -> HttpResponse:
    """Everything about one complaint."""
    found = get_complaint(request, complaint_number)
    secret = request.session.get(SHOWN_ONCE)
    if secret and secret[0] == found.pk:
        del request.session[SHOWN_ONCE]
    context = {
        "complaint": found,
        "secret": secret[1] if secret and secret[0] == found.pk else "",
        "follow_url": settings.SITE_URL + reverse("complaints:follow"),
        "track": _track(found),
        "primary": _primary(found),
        "further": _further(found),
        "missing": _missing(found),
        "report": Report.objects.filter(complaint=found).select_related("updated_by").first(),
        "actions": found.actions.select_related("owner", "done_by", "verified_by"),
        "similar": _similar(request, found),
        "findings": found.findings.select_related("proposed_by", "decided_by"),
        "compensations": _compensations(found),
        "escalations": found.escalations.select_related("asked_by"),
        "files": found.files.select_related("uploaded_by"),
        "history": _history(found),
        "may_work": not found.imported and request.user.has_perm(CHANGE),
        "may_reach": bool(found.contact_text) and _may_reach(found, request.user),
        "MASK": MASK,
    }
    return render(request, "complaints/complaint.html", context)


@require_safe
@permission_required("complaints.view_complaint", raise_exception=True)
def file(request: StaffRequest, complaint_number: str, pk: int) -> FileResponse:
    """A file of a complaint, always as a download: what is in it never runs on our pages."""
    found = get_complaint(request, complaint_number)
    kept = get_object_or_404(ComplaintFile, complaint=found, pk=pk)
    response = FileResponse(kept.file.open("rb"), as_attachment=True, filename=kept.name)
    response["Content-Type"] = "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def get_complaint(request: StaffRequest, number: str) -> Complaint:
    """The complaint of an address, if the user may see it; else 404."""
    rows = Complaint.objects.filter(complaint_number=number).visible_to(request.user)
    return get_object_or_404(
        rows.select_related("account__manager", "contact", "product", "assignee", "registered_by")
    )


def _may_reach(found: Complaint, user: User) -> bool:
    """Whether this reader sees how to reach who complains, as with the contacts of an account.

    Source: docs/policies/trade-secrets.md section 1.
    """
    if found.account is None:
        return user.has_perm(CHANGE)  # they are to find out whose it is
    is_solver = Complaint.objects.in_care_of(user).filter(pk=found.pk).exists()
    return is_solver or may_read_details(found.account, user)


@dataclass(frozen=True)
class Mark:
    """A status on the way of a complaint: `state` is done, now or ahead."""

    label: str
    state: str
    at: Any


def _track(found: Complaint) -> list[Mark]:
    """The way of a complaint with when it came where."""
    moments = {
        Status.REGISTERED: found.received_at,
        Status.ACKNOWLEDGED: found.acknowledged_at,
        Status.RESOLVED: found.resolved_at,
        Status.REPLIED: found.replied_at,
        Status.CONFIRMED: found.confirmed_at,
        Status.CLOSED: found.closed_at,
    }
    here = list(Status).index(Status(found.status))
    return [
        Mark(
            str(words.STATUSES[status]),
            "now" if place == here else "done" if place < here else "ahead",
            moments.get(status) if place <= here else None,
        )
        for place, status in enumerate(Status)
    ]


def _primary(found: Complaint) -> Step | None:
    """What comes next; history has no procedure."""
    if found.imported:
        return None
    return STEPS["resume" if found.is_waiting else PRIMARY[Status(found.status)]]


def _further(found: Complaint) -> list[Step]:
    """The other steps that are possible now."""
    if found.imported:
        return []
    status = Status(found.status)
    names = list(FURTHER[status])
    if found.is_waiting:
        names = [PRIMARY[status], *names]
    elif status in rules.WAITABLE:
        names.append("wait")
    names += ALWAYS if found.is_open else ()
    return [STEPS[name] for name in names]


def _missing(found: Complaint) -> list[str]:
    """What stands in the way of closing, once a solution was found."""
    if found.imported or found.status not in (Status.RESOLVED, Status.REPLIED, Status.CONFIRMED):
        return []
    return [str(MISSING[code]) for code in rules.missing(dossier(found))]


def _similar(request: StaffRequest, found: Complaint) -> dict[str, Any]:
    """Similar customers, who is still to be told first, and the reader's own before others.

    Those that the reader may not see go by their managers' names.
    """
    rows = list(found.similar_customers.select_related("account__manager", "told_by"))
    visible = set(
        Account.objects.visible_to(request.user)
        .filter(pk__in=[row.account_id for row in rows])
        .values_list("pk", flat=True)
    )
    told = [row for row in rows if row.told_at]
    waiting = sorted(
        (row for row in rows if not row.told_at), key=lambda row: row.account_id not in visible
    )
    listed = [{"row": row, "is_visible": row.account_id in visible} for row in [*waiting, *told]]
    return {
        "shown": listed[:SIMILAR],
        "more": listed[SIMILAR:],
        "told": len(told),
        "count": len(rows),
    }


def _compensations(found: Complaint) -> list[dict[str, Any]]:
    """Compensations with the requests that carry them."""
    rows = list(found.compensations.select_related("proposed_by", "delivered_by"))
    requests = Request.objects.filter(kind=COMPENSATION, object_id__in=[row.pk for row in rows])
    by_row = {request.object_id: request for request in requests.order_by("pk")}
    return [{"row": row, "request": by_row.get(row.pk)} for row in rows]


def _history(found: Complaint) -> list[dict[str, Any]]:
    entries = AuditEntry.objects.filter(
        subject_type=Complaint._meta.label, subject_id=found.pk
    ).select_related("actor")
    rows = []
    for entry in entries.order_by("-at", "-pk")[:HISTORY]:
        verb = entry.action.removeprefix("complaints.")
        icon, label = event_words.ACTIONS.get(verb, ("info-circle", verb))
        said = event_words.details(verb, entry.changes)
        by_customer = entry.actor is None and verb in BY_CUSTOMER
        rows.append(
            {
                "entry": entry,
                "icon": icon,
                "label": label,
                "details": said,
                "by_customer": by_customer,
            }
        )
    return rows
