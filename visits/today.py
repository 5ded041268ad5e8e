"""What waits for a person in visits: those due, reports to write, follow-ups, customers to see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account, Cover, sees_all_accounts
from accounts.people import out_of_hands
from accounts.today_work import nobody_reason
from kam.core.today import LIMIT, Item, Kind, register
from tiering import standards
from visits import explanations, queries
from visits.models import FollowUp, MaintenanceSchedule, Status, Visit, VisitQuerySet
from visits.services.giving import MAY_VISIT
from visits.services.reports import finish_follow_up, reopen_follow_up

if TYPE_CHECKING:
    from staff.models import User

AHEAD = timedelta(days=3)  # follow-ups are told of so long before their day


def visits_due(user: User, now: datetime) -> Iterator[Item]:
    """One's visits of today, and earlier ones that nobody made; and those of whom one covers
    for."""
    today = timezone.localdate(now)
    rows = _in_hand(user).filter(status=Status.PLANNED, planned_on__lte=today)
    agreed = rows.order_by("planned_on", "planned_at", "pk")
    for visit in agreed[:LIMIT]:
        late = (today - visit.planned_on).days
        if late:
            reason = ngettext(
                "Planned for %(day)s, %(late)d day ago: check in, move or cancel it",
                "Planned for %(day)s, %(late)d days ago: check in, move or cancel it",
                late,
            ) % {"day": visit.planned_on, "late": late}
        else:
            reason = visit.purpose or _("Planned for today")
        yield _of_visit(
            "visits.due",
            visit,
            title=visit.get_kind_display(),
            reason=reason,
            urgency=min(90, 70 + 2 * late),
        )


def reports_due(user: User, now: datetime) -> Iterator[Item]:
    """Visits that one has checked in at and not reported."""
    rows = _in_hand(user).filter(status=Status.STARTED)
    for visit in rows.order_by("started_at", "pk")[:LIMIT]:
        days = (timezone.localdate(now) - visit.planned_on).days
        yield _of_visit(
            "visits.report",
            visit,
            title=_("Report the visit"),
            reason=_("Held on %(day)s; purpose and next step close it")
            % {"day": visit.visited_on or visit.planned_on},
            urgency=min(85, 60 + 5 * max(0, days)),
        )


def _in_hand(user: User) -> VisitQuerySet:
    rows: VisitQuerySet = Visit.objects.visible_to(user).for_list()
    return rows.filter(owner__in=Cover.objects.hands_of(user))


def _of_visit(kind: str, visit: Visit, *, title: str, reason: str, urgency: int) -> Item:
    return _of(
        visit.account,
        f"{kind}:{visit.pk}",
        title=title,
        reason=reason,
        url=visit.get_absolute_url(),
        urgency=urgency,
        due=visit.planned_on,
    )


def _of(
    account: Account, key: str, *, title: str, reason: str, url: str, urgency: int, due: date
) -> Item:
    return Item(
        key=key,
        title=title,
        reason=reason,
        url=url,
        urgency=urgency,
        due=due,
        account_number=account.account_number,
        account_name=account.name,
    )


def follow_ups_due(user: User, now: datetime) -> Iterator[Item]:
    """What one promised to do after a visit, from some days before."""
    today = timezone.localdate(now)
    rows = FollowUp.objects.visible_to(user).open().filter(due_on__lte=today + AHEAD)
    rows = rows.filter(owner__in=Cover.objects.hands_of(user))
    for each in rows.select_related("visit__account")[:LIMIT]:
        yield _of(
            each.visit.account,
            f"visits.follow_up:{each.pk}",
            title=each.text,
            reason=_("Agreed in the visit of %(visited)s, due on %(due)s")
            % {"visited": each.visit.visited_on or each.visit.planned_on, "due": each.due_on},
            url=each.get_absolute_url(),
            urgency=_approaching(each.due_on, today),
            due=each.due_on,
        )


def finish(follow_up_id: int, actor: User) -> None:
    """The follow-up is done; who has more to say writes it on its page."""
    finish_follow_up(follow_up_id, result=_("Done."), actor=actor)


def take_back(follow_up_id: int, actor: User) -> None:
    reopen_follow_up(FollowUp.objects.visible_to(actor).get(pk=follow_up_id).pk, actor=actor)


def _approaching(due: date, today: date) -> int:
    """50 some days before, 75 on the day, up to 90 after it."""
    late = (today - due).days
    return min(90, 75 + 3 * late) if late >= 0 else 50 - 5 * late


def customers_overdue(user: User, now: datetime) -> Iterator[Item]:
    """Customers of one's own that should have been visited, while no visit is planned."""
    today = timezone.localdate(now)
    standard = standards.in_force(today).standard
    mine = Account.objects.in_care_of(user)
    rows = queries.overdue(mine, standard, today).filter(next_visit_on=None)
    for account in rows.defer("search_text", "search_grams")[:LIMIT]:
        stored = {
            "tier": account.tier,
            "every_days": account.visit_every_days,
            "due_on": account.visit_due_on.isoformat(),
        }
        late = (today - account.visit_due_on).days
        yield Item(
            key=f"visits.overdue:{account.pk}:{account.visit_due_on}",
            title=_("Plan a visit"),
            reason=explanations.standard(stored),
            url=f"{reverse('visits:create')}?account={account.account_number}",
            urgency=min(88, _BY_TIER.get(account.tier, 55) + late // 7),
            due=account.visit_due_on,
            account_number=account.account_number,
            account_name=account.name,
        )


_BY_TIER = {"strategic": 80, "key": 70, "ordinary": 55}


def of_nobody(user: User, now: datetime) -> Iterator[Item]:
    """Open visits, follow-ups and schedules that are in nobody's list, for the account's manager
    and for who sees every account."""
    theirs: dict[str, Any] = {"account__in": Account.objects.in_care_of(user)}
    if sees_all_accounts(user):
        theirs = {"account__merged_into": None}
    visits = Visit.objects.open().filter(**theirs)
    follow_ups = FollowUp.objects.open().filter(
        **{f"visit__{way}": wanted for way, wanted in theirs.items()}
    )
    schedules = MaintenanceSchedule.objects.filter(ended_on=None, **theirs)
    for visit in _lost(visits).for_list()[:LIMIT]:
        yield _of_visit(
            "visits.nobody",
            visit,
            title=_("Nobody makes this visit"),
            reason=nobody_reason(visit.owner),
            urgency=82,
        )
    lost = _lost(follow_ups, account="visit__account")
    for each in lost.select_related("visit__account", "owner")[:LIMIT]:
        yield _of(
            each.visit.account,
            f"visits.nobody:f{each.pk}",
            title=_("Nobody follows up: %(text)s") % {"text": each.text},
            reason=nobody_reason(each.owner),
            url=each.get_absolute_url(),
            urgency=82,
            due=each.due_on,
        )
    for schedule in _lost(schedules).select_related("account", "owner")[:LIMIT]:
        yield _of(
            schedule.account,
            f"visits.nobody:s{schedule.pk}",
            title=_("Nobody services: %(subject)s") % {"subject": schedule.subject},
            reason=nobody_reason(schedule.owner),
            url=reverse("visits:maintenance"),
            urgency=82,
            due=schedule.next_on,
        )


def _lost[Rows: QuerySet[Any]](rows: Rows, account: str = "account") -> Rows:
    """Those of these rows that are in nobody's hands: first found, then put in order, as there are
    few. Asked for the first ones in order, the database looks at all visits there ever were."""
    found = out_of_hands(rows, may=MAY_VISIT, account=account).order_by()
    return rows.filter(pk__in=list(found.values_list("pk", flat=True)))


KINDS = (
    Kind(
        key="visits.due",
        label=gettext_lazy("Visits due"),
        icon="map-pin",
        provide=visits_due,
        permission=MAY_VISIT,
        goes=gettext_lazy("Goes when you check in, move or cancel it."),
    ),
    Kind(
        key="visits.report",
        label=gettext_lazy("Visits to report"),
        icon="edit",
        provide=reports_due,
        permission=MAY_VISIT,
        goes=gettext_lazy("Goes when the report is written."),
    ),
    Kind(
        key="visits.follow_up",
        label=gettext_lazy("Follow-ups"),
        icon="clipboard-list",
        provide=follow_ups_due,
        permission=MAY_VISIT,
        finish=finish,
        take_back=take_back,
    ),
    Kind(
        key="visits.overdue",
        label=gettext_lazy("Customers to visit"),
        icon="calendar-due",
        provide=customers_overdue,
        permission=MAY_VISIT,
        goes=gettext_lazy("Goes when a visit is planned."),
    ),
    Kind(
        key="visits.nobody",
        label=gettext_lazy("Visits and follow-ups of nobody"),
        icon="help",
        provide=of_nobody,
        permission=MAY_VISIT,
        goes=gettext_lazy("Goes when somebody has it who sees the customer."),
    ),
)


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    for kind in KINDS:
        register(kind)
