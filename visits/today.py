"""What waits for a person in visits: those due, reports to write, follow-ups, customers to see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account
from kam.core.today import LIMIT, Item, Kind, register
from tiering import standards
from visits import explanations, queries
from visits.models import FollowUp, Status, Visit

if TYPE_CHECKING:
    from staff.models import User

AHEAD = timedelta(days=3)  # follow-ups are told of so long before their day


def visits_due(user: User, now: datetime) -> Iterator[Item]:
    """One's visits of today, and earlier ones that nobody made."""
    today = timezone.localdate(now)
    rows = Visit.objects.visible_to(user).for_list().filter(owner=user, planned_on__lte=today)
    agreed = rows.filter(status=Status.PLANNED).order_by("planned_on", "planned_at", "pk")
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
    rows = Visit.objects.visible_to(user).for_list().filter(owner=user, status=Status.STARTED)
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


def _of_visit(kind: str, visit: Visit, *, title: str, reason: str, urgency: int) -> Item:
    return Item(
        key=f"{kind}:{visit.pk}",
        title=title,
        reason=reason,
        url=visit.get_absolute_url(),
        urgency=urgency,
        due=visit.planned_on,
        account_number=visit.account.account_number,
        account_name=visit.account.name,
    )


def follow_ups_due(user: User, now: datetime) -> Iterator[Item]:
    """What one promised to do after a visit, from some days before."""
    today = timezone.localdate(now)
    rows = FollowUp.objects.visible_to(user).open().filter(owner=user, due_on__lte=today + AHEAD)
    for each in rows.select_related("visit__account")[:LIMIT]:
        account = each.visit.account
        yield Item(
            key=f"visits.follow_up:{each.pk}",
            title=each.text,
            reason=_("Agreed in the visit of %(visited)s, due on %(due)s")
            % {"visited": each.visit.visited_on or each.visit.planned_on, "due": each.due_on},
            url=reverse("visits:follow_up", args=[each.pk]),
            urgency=_approaching(each.due_on, today),
            due=each.due_on,
            account_number=account.account_number,
            account_name=account.name,
        )


def _approaching(due: date, today: date) -> int:
    """50 some days before, 75 on the day, up to 90 after it."""
    late = (today - due).days
    return min(90, 75 + 3 * late) if late >= 0 else 50 - 5 * late


def customers_overdue(user: User, now: datetime) -> Iterator[Item]:
    """Customers of one's own that should have been visited, while no visit is planned."""
    if not user.has_perm("visits.change_visit"):
        return
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


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    for key, label, icon, provide in (
        ("visits.due", gettext_lazy("Visits due"), "map-pin", visits_due),
        ("visits.report", gettext_lazy("Visits to report"), "edit", reports_due),
        ("visits.follow_up", gettext_lazy("Follow-ups"), "clipboard-list", follow_ups_due),
        ("visits.overdue", gettext_lazy("Customers to visit"), "calendar-due", customers_overdue),
    ):
        register(Kind(key=key, label=label, icon=icon, provide=provide))
