"""One of everything that can wait on the Today page, by kind."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import time_machine
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Account, Need, Qualification
from accounts.services import cover, handover, needs
from complaints.models import Action, Compensation
from complaints.services import escalations
from credit.services import campaigns, releases
from sales.models import Order
from staff.models import User
from tests.complaints.factories import bring_to, make_complaint
from tests.credit.documents import make_invoice
from tests.credit.erp import grant, order, send
from tests.factories import make_account, make_contact, make_order, make_user
from tests.tiering.factories import make_designation, sign
from tests.visits.factories import days_ago, make_follow_up, make_held_visit, make_visit
from tiering.services import propose_designation

DAY = timedelta(days=1)
ROLES = ["account_manager", "ka_director", "gm", "finance"]


def make_holder(username: str = "holder") -> User:
    """Somebody of so many roles that something of each kind can wait for them."""
    holder = make_user(username, full_name="Hao")
    holder.groups.set(Group.objects.filter(name__in=ROLES))
    return holder


def _gone() -> User:
    return make_user(is_active=False)


def _to_review(account: Account, holder: User) -> None:
    grant(account, 1000)
    campaigns.open_campaign(on=timezone.localdate(), actor=None)


def _joined(account: Account, holder: User) -> None:
    head = make_account()
    grant(head, 1000, covers_group=True)
    make_account(parent=head)


def _lapsed(account: Account, holder: User) -> None:
    with time_machine.travel(timezone.now() - 300 * DAY, tick=False):
        grant(account, 1000, valid_until=timezone.localdate() + 900 * DAY)


def _review(account: Account, holder: User) -> None:
    account.review_due_on = days_ago(30)
    account.save()


def _need(account: Account, holder: User, **fields: Any) -> Need:
    return needs.collect(account, text="Lighter", source="call", actor=holder, **fields)


def _answered(account: Account, holder: User) -> None:
    Need.objects.filter(pk=_need(account, holder).pk).update(
        status="answered",
        answer="In May",
        answered_at=timezone.now() - 8 * DAY,
        feasibility=1,
        priority=1,
    )


def _transfer(account: Account, holder: User) -> None:
    giver = make_user(role="account_manager")
    make_account(manager=giver)
    case = handover.open_case(
        giver=giver, kind="moving", last_day=timezone.localdate(), actor=make_user(role="gm")
    )
    handover.propose(case.pk, taker=holder, actor=giver)


def _cover(account: Account, holder: User) -> None:
    away, today = make_user(role="account_manager"), timezone.localdate()
    cover.propose_cover(person=away, cover=holder, since=today, until=today + 9 * DAY, actor=away)


def _designate(account: Account, actor: User) -> Any:
    today = timezone.localdate()
    return propose_designation(
        account.pk,
        tier="key",
        reason="Opens the west",
        effective_from=today,
        expires_on=today + 365 * DAY,
        actor=actor,
    )


def _to_sign(account: Account, holder: User) -> None:
    other = make_user(role="account_manager")
    _designate(make_account(manager=other), other)


def _returned(account: Account, holder: User) -> None:
    sign(_designate(account, holder), make_user(role="gm"), "return", "Say more")


def _late(account: Account, holder: User) -> None:
    make_order(account, status="open", promised_on=days_ago(2))


def _held(account: Account, holder: User) -> None:
    grant(account, 1000)
    send(order(f"H-{account.account_number}", "99999", account=account.account_number))


def _release(account: Account, holder: User) -> None:
    other = make_user(role="account_manager")
    account = make_account(manager=other)
    _held(account, other)
    held = Order.objects.get(account=account)
    releases.ask_release(held.pk, reason="They pay on Friday", actor=other)


def _overdue(account: Account, holder: User) -> None:
    make_invoice(account, "500", issued_on=days_ago(40), due_on=days_ago(10))


def _solved(account: Account, holder: User) -> None:
    bring_to(make_complaint(account), "resolved", actor=holder)


def _escalated(account: Account, holder: User) -> None:
    other = make_user(role="account_manager")
    complaint = make_complaint(make_account(manager=other))
    escalations.escalate(complaint.pk, rung="director", reason="Help", actor=other)


def _action(account: Account, holder: User) -> None:
    other = make_user(role="account_manager")
    Action.objects.create(
        complaint=make_complaint(make_account(manager=other)),
        kind="corrective",
        text="Replace the seals",
        owner=holder,
        due_on=timezone.localdate(),
        added_by=other,
    )


def _promise(account: Account, holder: User) -> None:
    complaint = bring_to(make_complaint(account), "acknowledged", actor=holder)
    Compensation.objects.create(
        complaint=complaint,
        kind="gift",
        amount=1,
        promise="A set of seals",
        reason="Agreed",
        due_on=timezone.localdate(),
        proposed_by=holder,
        status="approved",
        decided_at=timezone.now(),
    )


def _to_visit(account: Account, holder: User) -> None:
    Account.objects.filter(pk=account.pk).update(created_at=timezone.now() - 900 * DAY)


def _started(account: Account, holder: User) -> None:
    make_visit(account, status="started", started_at=timezone.now())


def _follow_up(account: Account, holder: User) -> None:
    make_follow_up(make_held_visit(account, days_ago(3)), due_on=timezone.localdate())


ONE_OF_EACH: dict[str, Callable[[Account, User], Any]] = {
    "accounts.review": _review,
    "accounts.prospect": lambda account, holder: Qualification.objects.create(
        account=account, opened_by=holder
    ),
    "accounts.birthday": lambda account, holder: make_contact(
        account, birthday=timezone.localdate().replace(year=2000)
    ),
    "accounts.need": _need,
    "accounts.need_confirm": _answered,
    "accounts.need_nobody": lambda account, holder: _need(account, holder, owner=_gone()),
    "accounts.transfer": _transfer,
    "accounts.cover": _cover,
    "approvals.waiting": _to_sign,
    "approvals.returned": _returned,
    "sales.late": _late,
    "tiering.designation": lambda account, holder: make_designation(
        account, effective_from=days_ago(300), expires_on=timezone.localdate() + 5 * DAY
    ),
    "credit.held": _held,
    "credit.release": _release,
    "credit.overdue": _overdue,
    "credit.line": lambda account, holder: grant(
        account, 1000, valid_until=timezone.localdate() + 9 * DAY
    ),
    "credit.review": _to_review,
    "credit.lapse": _lapsed,
    "credit.group": _joined,
    "complaints.deadline": lambda account, holder: make_complaint(account),
    "complaints.next": _solved,
    "complaints.escalated": _escalated,
    "complaints.action": _action,
    "complaints.promise": _promise,
    "complaints.nobody": lambda account, holder: make_complaint(make_account()),
    "visits.due": lambda account, holder: make_visit(account),
    "visits.report": _started,
    "visits.follow_up": _follow_up,
    "visits.overdue": _to_visit,
    "visits.nobody": lambda account, holder: make_visit(account, owner=_gone()),
}


def make_one_of_each(holder: User) -> None:
    """Each at a customer of its own."""
    for make in ONE_OF_EACH.values():
        make(make_account(manager=holder), holder)
