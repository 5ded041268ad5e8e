"""What happens to complaints, in words: on an account's timeline, in the audit trail and on the
complaint's page."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, pgettext_lazy

from accounts import timeline
from complaints import words
from complaints.models import Escalation, Finding
from complaints.rules import Rung
from kam.core import audit_words
from kam.core.charts import money
from kam.core.words import labelled

ACTIONS: dict[str, Any] = {
    "complaint_registered": ("message-report", gettext_lazy("Complaint registered")),
    "complaint_corrected": ("edit", gettext_lazy("Complaint corrected")),
    "complaint_assigned": ("user", gettext_lazy("Complaint assigned")),
    "complaint_acknowledged": ("check", gettext_lazy("Complaint acknowledged")),
    "investigation_begun": ("search", gettext_lazy("Investigation of a complaint begun")),
    "clock_stopped": ("clock", gettext_lazy("Waiting for the customer")),
    "clock_resumed": ("player-play", gettext_lazy("Customer has answered")),
    "complaint_resolved": ("circle-check", gettext_lazy("Solution of a complaint found")),
    "solution_withdrawn": ("x", gettext_lazy("Solution of a complaint withdrawn")),
    "customer_informed": ("mail", gettext_lazy("Customer informed of the solution")),
    "solution_confirmed": ("check", gettext_lazy("Solution confirmed by the customer")),
    "solution_contested": ("alert-triangle", gettext_lazy("Solution contested by the customer")),
    "complaint_closed": ("circle-check", gettext_lazy("Complaint closed")),
    "complaint_reopened": ("refresh", gettext_lazy("Complaint reopened")),
    "complaint_escalated": ("alert-triangle", gettext_lazy("Complaint escalated")),
    "acknowledgement_missed": ("calendar-due", gettext_lazy("Complaint not acknowledged in time")),
    "resolution_missed": ("calendar-due", gettext_lazy("Complaint not resolved in time")),
    "finding_proposed": ("scale", gettext_lazy("Good or bad faith: finding proposed")),
    "finding_confirmed": ("scale", gettext_lazy("Good or bad faith: finding confirmed")),
    "finding_refused": ("scale", gettext_lazy("Good or bad faith: finding refused")),
    "report_written": ("report-analytics", gettext_lazy("8D report written")),
    "action_added": ("clipboard-list", gettext_lazy("Action because of a complaint added")),
    "action_given": ("users", gettext_lazy("Action because of a complaint given to another")),
    "action_done": ("clipboard-check", gettext_lazy("Action because of a complaint done")),
    "action_verified": ("shield-check", gettext_lazy("Action because of a complaint verified")),
    "action_returned": ("refresh", gettext_lazy("Action because of a complaint did not work")),
    "action_dropped": ("trash", gettext_lazy("Action because of a complaint taken back")),
    "similar_customers_listed": ("users", gettext_lazy("Similar customers listed")),
    "similar_customer_told": ("users", gettext_lazy("Similar customer told")),
    "similar_customer_dropped": ("users", gettext_lazy("Similar customer left out")),
    "compensation_proposed": ("cash", gettext_lazy("Compensation proposed")),
    "compensation_approved": ("cash", gettext_lazy("Compensation promised")),
    "compensation_rejected": ("cash", gettext_lazy("Compensation rejected")),
    "compensation_delivered": ("cash", gettext_lazy("Compensation delivered")),
    "file_added": ("paperclip", gettext_lazy("File of a complaint added")),
    "secret_renewed": ("key", gettext_lazy("New access for the customer to a complaint")),
}
FIELDS: dict[str, Any] = {
    "assignee": gettext_lazy("who solves it"),
    "channel": gettext_lazy("channel"),
    "severity": gettext_lazy("severity"),
    "category": gettext_lazy("category"),
    "outcome": gettext_lazy("outcome"),
    "cause": gettext_lazy("cause"),
    "rung": gettext_lazy("called"),
    "deadline": gettext_lazy("deadline"),
    "due_at": gettext_lazy("due"),
    "people": gettext_lazy("people"),
    "verdict": gettext_lazy("finding"),
    "parts": gettext_lazy("parts"),
    "part": gettext_lazy("part"),
    "owner": gettext_lazy("who"),
    "owner_id": gettext_lazy("number of the person"),
    "to_id": gettext_lazy("number of the person"),
    "promise": gettext_lazy("what is promised"),
    "standard_version": gettext_lazy("service standard"),
    "sha256": gettext_lazy("SHA-256"),
    "product": gettext_lazy("product"),
    "text": pgettext_lazy("of an action", "text"),
    "number": gettext_lazy("number"),
}


def details(verb: str, data: Mapping[str, Any]) -> str:
    """What is to be said beside the name of what happened; "" when nothing is."""
    if verb == "complaint_escalated":
        rung = words.RUNGS.get(Rung(data["rung"]), "") if data.get("rung") else ""
        causes = dict(Escalation.Cause.choices)
        return f"{rung} · {causes.get(data.get('cause', ''), '')}"
    if verb in ("complaint_assigned", "action_given"):
        return f"{data.get('from') or '—'} → {data.get('to', '')}"
    if verb.startswith("finding_"):
        return str(dict(Finding.Verdict.choices).get(data.get("verdict", ""), ""))
    if verb in ("acknowledgement_missed", "resolution_missed"):
        return _moment(data.get("due_at", ""))
    if verb.startswith("compensation_"):
        return f"{data.get('promise', '')} ({money(Decimal(data.get('amount', 0)))})"
    if verb == "complaint_resolved":
        found = words.OUTCOMES.get(data.get("outcome", ""), "")
        cause = words.CAUSES.get(data.get("cause", ""), "")
        return " · ".join(str(word) for word in (found, cause) if word)
    return str(data.get("name") or data.get("account") or data.get("part") or "")


def _moment(text: str) -> str:
    try:
        return f"{timezone.localtime(datetime.fromisoformat(text)):%Y-%m-%d %H:%M}"
    except ValueError:
        return ""


def _say(verb: str, label: Any) -> timeline.Say:
    def say(data: Mapping[str, Any]) -> str:
        known = defaultdict(str, data)
        about = f"{known['complaint']} {known['title']}".strip()
        said = labelled(label, about) if about else str(label)
        more = details(verb, data)
        return f"{said} · {more}" if more else said

    return say


def _similar(data: Mapping[str, Any]) -> str:
    product = data.get("product", "")
    text = _(gettext_noop("Another customer complains of %(product)s: tell this one"))
    return text % {"product": product or words.CATEGORIES.get(data.get("category", ""), "")}


def register_own() -> None:
    """The words of this app; called when it is ready."""
    for verb, (icon, label) in ACTIONS.items():
        timeline.register(f"complaints.{verb}", icon=icon, say=_say(verb, label))
    timeline.register("complaints.similar_trouble_noted", icon="alert-triangle", say=_similar)
    actions = {f"complaints.{verb}": label for verb, (_icon, label) in ACTIONS.items()}
    audit_words.register(actions, FIELDS)
