"""What of complaints waits for somebody today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Cover, sees_all_accounts
from approvals.models import voices_of
from complaints import rules
from complaints.models import DUE, Action, Compensation, Complaint, Escalation
from complaints.rules import Rung, Status
from kam.core.today import LIMIT, Item, Kind, register
from staff.models import User

SOON = timedelta(hours=4)
DAY = timedelta(days=1)
ASK_AGAIN = timedelta(days=3)  # a customer who has not answered for so long is asked again
LOOK_AHEAD = timedelta(days=7)  # actions and promises
RUNGS = {"ka_director": Rung.DIRECTOR, "deputy_gm": Rung.DEPUTY_GM}  # by role


def deadlines(user: User, now: datetime) -> Iterator[Item]:
    """Complaints to acknowledge or to solve, the nearest deadline first."""
    rows = Complaint.objects.in_care_of(user).open()
    rows = rows.filter(resolved_at=None, waiting_since=None)
    rows = rows.select_related("account").annotate(due=DUE).order_by("due", "pk")[:LIMIT]
    found = [_deadline(row, now) for row in rows]
    yield from sorted(found, key=lambda item: -item.urgency)


def _deadline(row: Complaint, now: datetime) -> Item:
    is_new = row.status == Status.REGISTERED
    due = row.deadline or now
    title = _("Acknowledge: %s") if is_new else _("Solve: %s")
    left = due - now
    if left < timedelta(0):
        urgency, reason = 100, _("The deadline passed at %(at)s.")
    elif left < SOON:
        urgency, reason = 92, _("Due at %(at)s, in less than four hours.")
    else:
        urgency, reason = (78 if left < DAY else 55), _("Due at %(at)s.")
    reason = reason % {"at": f"{timezone.localtime(due):%Y-%m-%d %H:%M}"}
    severity = f"{row.get_severity_display()} · "
    return _item("deadline", row, title % row.title, severity + reason, urgency, due=due)


def next_steps(user: User, now: datetime) -> Iterator[Item]:
    """Complaints whose next step is nobody's deadline: tell, close, ask the customer again."""
    answered = now - timedelta(days=rules.CONFIRMATION_DAYS)
    rows = Complaint.objects.in_care_of(user).open()
    rows = rows.filter(
        Q(status__in=[Status.RESOLVED, Status.CONFIRMED])
        | Q(status=Status.REPLIED, replied_at__lte=answered)
        | Q(waiting_since__lte=now - ASK_AGAIN)
    )
    for row in rows.select_related("account").order_by("updated_at", "pk")[:LIMIT]:
        yield _item("next", row, *_next_words(row), urgency=50)


def _next_words(row: Complaint) -> tuple[str, str]:
    """What is to be done, and why."""
    if row.waiting_since:
        day = f"{timezone.localdate(row.waiting_since)}"
        return _("Ask the customer again: %s") % row.title, _("No answer since %s.") % day
    if row.status == Status.RESOLVED:
        return _("Inform the customer: %s") % row.title, _("A solution was found.")
    if row.status == Status.CONFIRMED:
        return _("Close: %s") % row.title, _("The customer is content.")
    days = rules.CONFIRMATION_DAYS
    return _("Close: %s") % row.title, _("No answer to our reply for %s days.") % days


def escalated(user: User, now: datetime) -> Iterator[Item]:
    """Open complaints that were escalated to this user's role."""
    roles = voices_of(user)[user.pk]
    rungs = [rung.value for role, rung in RUNGS.items() if role in roles]
    if not rungs:
        return
    called = Escalation.objects.filter(complaint=OuterRef("pk"), rung__in=rungs)
    rows = Complaint.objects.open().filter(resolved_at=None).visible_to(user)
    rows = rows.filter(Exists(called)).select_related("account", "assignee")
    for row in rows.order_by(DUE, "pk")[:LIMIT]:
        who = {"who": row.assignee or "—", "status": row.get_status_display()}
        reason = _("Escalated to you; %(who)s is to solve it, it stands at “%(status)s”.") % who
        yield _item("escalated", row, row.title, reason, urgency=95)


def actions(user: User, now: datetime) -> Iterator[Item]:
    """Actions to do within a week, and those of one's complaints to be verified."""
    today = timezone.localdate(now)
    hands = Cover.objects.hands_of(user)
    mine = Q(owner__in=hands, done_at=None, due_on__lte=today + LOOK_AHEAD)
    to_verify = Q(complaint__assignee__in=hands, done_at__isnull=False) & ~Q(done_by=user)
    rows = Action.objects.filter(mine | to_verify, verified_at=None, complaint__closed_at=None)
    for row in rows.select_related("complaint__account").order_by("due_on", "pk")[:LIMIT]:
        late = row.done_at is None and row.due_on < today
        title = _("Verify: %s") if row.done_at else _("Do: %s")
        reason = _("Because of a complaint: %s") % row.complaint.title
        yield _item(
            "action",
            row.complaint,
            title % row.text[:80],
            reason,
            urgency=82 if late else 60,
            due=row.due_on,
            key=row.pk,
        )


def promises(user: User, now: datetime) -> Iterator[Item]:
    """Compensations promised within a week that the customer does not have yet."""
    today = timezone.localdate(now)
    rows = Compensation.objects.filter(
        status=Compensation.Status.APPROVED,
        due_on__lte=today + LOOK_AHEAD,
        complaint__assignee__in=Cover.objects.hands_of(user),
    )
    for row in rows.select_related("complaint__account").order_by("due_on", "pk")[:LIMIT]:
        reason = _("Promised because of a complaint by %s.") % row.due_on
        yield _item(
            "promise",
            row.complaint,
            _("Deliver the compensation: %s") % row.promise[:80],
            reason,
            urgency=100 if row.due_on < today else 70,
            due=row.due_on,
            key=row.pk,
        )


def of_nobody(user: User, now: datetime) -> Iterator[Item]:
    """Complaints that nobody here is to solve, for who sees every account."""
    if not sees_all_accounts(user):
        return
    # Their ids first, of whom there are few: what they have is then found in the index.
    gone = list(User.objects.filter(is_active=False).values_list("pk", flat=True))
    rows = Complaint.objects.open().filter(Q(assignee=None) | Q(assignee__in=gone))
    for row in rows.select_related("account", "assignee").order_by(DUE, "pk")[:LIMIT]:
        if row.assignee:
            reason = _("%s has left: find somebody to solve it.") % row.assignee
        elif row.account:
            reason = _("The customer has no account manager: find somebody to solve it.")
        else:
            reason = _("The customer is not known: find the account, or somebody to solve it.")
        yield _item("nobody", row, row.title, reason, urgency=88, due=row.deadline)


def _item(
    kind: str,
    row: Complaint,
    title: str,
    reason: str,
    urgency: int,
    *,
    due: Any = None,
    key: int | None = None,
) -> Item:
    return Item(
        key=f"complaints.{kind}:{key or row.pk}",
        title=title,
        reason=reason,
        url=row.get_absolute_url(),
        urgency=urgency,
        due=due,
        account_number=row.account.account_number if row.account else "",
        account_name=row.account.name if row.account else "",
    )


MAY_SEE, MAY_SOLVE = "complaints.view_complaint", "complaints.change_complaint"
KINDS = (
    Kind(
        key="complaints.deadline",
        label=gettext_lazy("Complaints by their deadline"),
        icon="message-report",
        provide=deadlines,
        permission=MAY_SOLVE,
        goes=gettext_lazy("Goes when it is solved, or waits for the customer."),
    ),
    Kind(
        key="complaints.next",
        label=gettext_lazy("Complaints: next step"),
        icon="arrow-right",
        provide=next_steps,
        permission=MAY_SOLVE,
        goes=gettext_lazy("Goes when the step is taken."),
    ),
    Kind(
        key="complaints.escalated",
        label=gettext_lazy("Escalated complaints"),
        icon="alert-triangle",
        provide=escalated,
        permission=MAY_SEE,
        goes=gettext_lazy("Goes when the complaint is solved."),
    ),
    Kind(
        key="complaints.action",
        label=gettext_lazy("Actions because of complaints"),
        icon="clipboard-list",
        provide=actions,
        permission=MAY_SEE,
        goes=gettext_lazy("Goes when it is done, and then verified by somebody else."),
    ),
    Kind(
        key="complaints.promise",
        label=gettext_lazy("Promised compensations"),
        icon="cash",
        provide=promises,
        permission=MAY_SOLVE,
        goes=gettext_lazy("Goes when the delivery is recorded."),
    ),
    Kind(
        key="complaints.nobody",
        label=gettext_lazy("Complaints nobody solves"),
        icon="help",
        provide=of_nobody,
        permission=MAY_SOLVE,
        goes=gettext_lazy("Goes when somebody is to solve it."),
    ),
)


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    for kind in KINDS:
        register(kind)
