"""One of everything that a person can hold, by part of a handover."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts import services
from accounts.models import Account, Segment
from accounts.services import cover, handover, needs
from approvals import rules
from approvals.models import Request, Route
from approvals.services import name_deputy, propose_route, sign
from complaints.models import Action, Complaint
from complaints.services import registering
from credit.models import CollectionCase
from mailings.models import Mailing
from staff.models import Team, User
from tests.complaints.factories import make_complaint
from tests.factories import make_account, make_contact, make_user
from tests.visits.factories import make_follow_up, make_schedule, make_visit
from visits.models import Visit

Make = Callable[[User, Account], Any]
DAY = timedelta(days=1)


def _proposal(kind: str, stage: rules.Stage, by: User) -> Request:
    """The request for the approval of a new route of this kind."""
    if not User.objects.filter(groups__name="gm").exists():
        make_user(role="gm")
    route = propose_route(
        kind=kind,
        bands=rules.route(stage),
        effective_from=timezone.localdate(),
        note="as agreed",
        actor=by,
    )
    return Request.objects.of(route).get()


def _route_naming(giver: User, kind: str) -> Route:
    gm_or_giver = (rules.Signer(role="gm"), rules.Signer(person=giver.pk))
    stage = rules.Stage(rule=rules.Rule.ANY, signers=gm_or_giver)
    request = _proposal(kind, stage, make_user(role="finance"))
    signer = User.objects.filter(groups__name="gm")[0]
    sign(request.pk, actor=signer, decision="approve", seen=request.digest)
    return Route.objects.get(pk=request.object_id)


def _seat(giver: User, account: Account) -> Request:
    """A request that waits for the giver in person: its route names them."""
    _route_naming(giver, "approvals.route")
    return _proposal("tiering.designation", rules.one("gm"), make_user(role="finance"))


def _collection(giver: User, account: Account) -> CollectionCase:
    return CollectionCase.objects.create(
        account=account, owner=giver, cause="hand", opened_on=timezone.localdate()
    )


def _complaint(giver: User, account: Account) -> Complaint:
    complaint = make_complaint(account, actor=giver)
    return registering.assign(complaint.pk, to=giver, actor=make_user(role="ka_director"))


def _action(giver: User, account: Account) -> Action:
    other = make_user(role="ka_director")
    return Action.objects.create(
        complaint=make_complaint(account, actor=other),
        kind="corrective",
        text="Replace the seals",
        owner=giver,
        due_on=timezone.localdate(),
        added_by=other,
    )


def _visits(giver: User, account: Account) -> list[Visit]:
    """One they make, and one they go along to."""
    joined = make_visit(account)
    joined.colleagues.add(giver)
    return [make_visit(account, owner=giver), joined]


def _deputy(giver: User, account: Account) -> Any:
    today = timezone.localdate()
    return name_deputy(
        deputy=giver, since=today, until=today + 9 * DAY, actor=make_user(role="finance")
    )


def _cover(giver: User, account: Account) -> Any:
    today = timezone.localdate()
    away = make_user(role="account_manager")
    named = cover.propose_cover(
        person=away, cover=giver, since=today, until=today + 9 * DAY, actor=away
    )
    return cover.accept_cover(named.pk, actor=giver)


def _transfer(giver: User, account: Account) -> Any:
    other = make_user(role="account_manager")
    make_account(manager=other)
    case = handover.open_case(
        giver=other,
        kind="moving",
        last_day=timezone.localdate(),
        actor=make_user(role="ka_director"),
    )
    return handover.propose(case.pk, taker=giver, actor=other)


ONE_OF_EACH: dict[str, Make] = {
    "accounts.manager": lambda giver, account: make_account(manager=giver),
    "accounts.member": lambda giver, account: services.add_member(
        account.pk, user=giver, role="service", actor=giver
    ),
    "accounts.counterpart": lambda giver, account: make_contact(account, counterpart=giver),
    "accounts.need": lambda giver, account: needs.collect(
        account, text="Lighter", source="call", actor=giver, owner=giver
    ),
    "accounts.segment": lambda giver, account: Segment.objects.create(
        name="key ones", owner=giver, is_shared=True, query="tier=key"
    ),
    "accounts.cover": _cover,
    "accounts.transfer": _transfer,
    "staff.team": lambda giver, account: Team.objects.create(name="East", leader=giver),
    "approvals.request": lambda giver, account: _proposal("tiering.policy", rules.one("gm"), giver),
    "approvals.route": lambda giver, account: _route_naming(giver, "credit.write_off"),
    "approvals.seat": _seat,
    "approvals.deputy": _deputy,
    "credit.case": _collection,
    "mailings.mailing": lambda giver, account: Mailing.objects.create(
        subject="News", body="News", created_by=giver
    ),
    "complaints.complaint": _complaint,
    "complaints.action": _action,
    "visits.visit": _visits,
    "visits.follow_up": lambda giver, account: make_follow_up(make_visit(account), owner=giver),
    "visits.schedule": lambda giver, account: make_schedule(account, owner=giver),
}
