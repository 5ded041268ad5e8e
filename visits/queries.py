"""When visits are due, how many are made in time, and who can be given one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from django.db.models import (
    Case,
    Count,
    DateField,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, TruncDate
from django.utils import timezone

from accounts.models import Account, AccountQuerySet, Cover, Stage, Tier, sees_all_accounts
from staff.models import Team, User
from tiering.standards import Standard
from visits import rules
from visits.models import Status, Visit

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable


class _PlusDays(Func):
    """A date and a number of days: the day so much later."""

    template = "(%(expressions)s)"
    arg_joiner = " + "
    output_field = DateField()


def with_due(accounts: AccountQuerySet, standard: Standard) -> QuerySet[Any]:
    """Customers with `last_visit_on` (or None), `visit_every_days` and `visit_due_on`."""
    last = Visit.objects.kept().filter(account=OuterRef("pk")).order_by("-visited_on")
    every = Case(
        *[
            When(tier=tier, then=Value(part.visit_every_days))
            for tier, part in standard.tiers.items()
        ],
        default=Value(standard.tiers[Tier.ORDINARY].visit_every_days),
        output_field=IntegerField(),
    )
    rows = (
        accounts.live()
        .filter(stage=Stage.CUSTOMER)
        .annotate(last_visit_on=Subquery(last.values("visited_on")[:1]), visit_every_days=every)
    )
    since = Coalesce("last_visit_on", TruncDate("created_at"))
    return rows.annotate(visit_due_on=_PlusDays(since, F("visit_every_days")))


def overdue(accounts: AccountQuerySet, standard: Standard, on: date) -> QuerySet[Any]:
    """Accounts whose visit should have been made before this day, the longest overdue first.

    With `next_visit_on`: the day that somebody has planned, if any.
    """
    coming = Visit.objects.open().regular().filter(account=OuterRef("pk"), planned_on__gte=on)
    rows = with_due(accounts, standard).filter(visit_due_on__lt=on)
    return rows.annotate(
        next_visit_on=Subquery(coming.order_by("planned_on").values("planned_on")[:1])
    ).order_by("visit_due_on", "pk")


# --- coverage


@dataclass(frozen=True)
class Coverage:
    """How many of these accounts were visited as often as their tier asks.

    planned: visits that were to be made this month up to today; held: of those, the ones made.
    """

    accounts: int
    overdue: int
    planned: int = 0
    held: int = 0

    @property
    def in_time(self) -> int:
        return self.accounts - self.overdue

    @property
    def share(self) -> float | None:
        """Share in time 覆盖率; None without accounts."""
        return self.in_time / self.accounts if self.accounts else None

    @property
    def held_share(self) -> float | None:
        """Share of the plan that was held; None when nothing was planned."""
        return self.held / self.planned if self.planned else None

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(
            self.accounts + other.accounts,
            self.overdue + other.overdue,
            self.planned + other.planned,
            self.held + other.held,
        )


def coverage(
    accounts: AccountQuerySet, standard: Standard, on: date
) -> dict[tuple[int | None, str], Coverage]:
    """Coverage by manager (None: nobody) and tier, in two queries."""
    rows = with_due(accounts, standard).order_by().values("manager", "tier")
    counted = rows.annotate(all=Count("pk"), late=Count("pk", filter=Q(visit_due_on__lt=on)))
    found: dict[tuple[int | None, str], Coverage] = {
        (row["manager"], row["tier"]): Coverage(row["all"], row["late"]) for row in counted
    }
    for key, part in _of_plan(accounts, on).items():
        found[key] = found.get(key, Coverage(0, 0)) + part
    return found


def _of_plan(accounts: AccountQuerySet, on: date) -> dict[tuple[int | None, str], Coverage]:
    """What was planned for this month up to now, and what of it was held, by manager and tier."""
    visits = Visit.objects.filter(
        account__in=accounts.live(), planned_on__gte=on.replace(day=1), planned_on__lte=on
    ).exclude(status__in=[Status.CANCELLED, Status.PROPOSED])
    rows = visits.order_by().values("account__manager", "account__tier")
    counted = rows.annotate(all=Count("pk"), held=Count("pk", filter=Q(status=Status.DONE)))
    return {
        (row["account__manager"], row["account__tier"]): Coverage(0, 0, row["all"], row["held"])
        for row in counted
    }


# --- people


def _with_permission(people: QuerySet[User], permission: str) -> QuerySet[User]:
    """Those of the people whose roles allow it."""
    app, codename = permission.split(".")
    return people.filter(
        groups__permissions__codename=codename,
        groups__permissions__content_type__app_label=app,
    )


def _active() -> QuerySet[User]:
    return User.objects.filter(is_active=True, is_service=False)


def makers() -> QuerySet[User]:
    """Everybody who makes visits."""
    people = _with_permission(_active(), "visits.change_visit")
    return people.distinct().order_by("full_name", "username")


def people_for(account: Account) -> QuerySet[User]:
    """Who can be given a visit or a follow-up of this account: they see it and make visits."""
    makers = _with_permission(_active(), "visits.change_visit")
    all_seeing = _with_permission(_active(), "accounts.view_all_accounts")
    team = account.service_team.filter(until=None).values("user")
    serving = Q(person=account.manager_id) | Q(person__in=team)
    covers = Cover.objects.in_force(timezone.localdate()).filter(serving)
    sees = (
        Q(pk=account.manager_id)
        | Q(pk__in=team)
        | Q(pk__in=Team.objects.filter(members=account.manager_id).values("leader"))
        | Q(pk__in=covers.values("cover"))
        | Q(pk__in=all_seeing.values("pk"))
    )
    return makers.filter(sees).distinct().order_by("full_name", "username")


def plannable_by(user: User) -> QuerySet[User]:
    """Whose month this user may plan and look at: one's own and that of the teams one leads; for
    who sees every account, that of everybody who makes visits."""
    makers = _with_permission(_active(), "visits.change_visit")
    if not sees_all_accounts(user):
        makers = makers.filter(Q(pk=user.pk) | Q(teams__leader=user))
    return makers.distinct().order_by("full_name", "username")


# --- the generator's input


def candidates(owner: User, standard: Standard, *, today: date) -> list[rules.Candidate]:
    """The accounts that somebody manages, with the day their next visit is due.

    A visit that is planned already counts as made on its day.
    """
    coming = (
        Visit.objects.open()
        .regular()
        .filter(account=OuterRef("pk"), planned_on__gte=today)
        .exclude(status=Status.PROPOSED)
        .order_by("-planned_on")
    )
    rows = with_due(Account.objects.filter(manager=owner), standard)
    rows = rows.annotate(coming_on=Subquery(coming.values("planned_on")[:1])).annotate(
        plan_due_on=Greatest(
            "visit_due_on",
            _PlusDays(cast("Combinable", F("coming_on")), F("visit_every_days")),
        )
    )
    found = rows.order_by("pk").values(
        *("pk", "account_number", "tier", "region__name", "visit_every_days", "plan_due_on")
    )
    ranks = {tier: place for place, tier in enumerate(Tier.values)}
    return [_candidate(row, ranks) for row in found]


def _candidate(row: dict[str, Any], ranks: dict[str, int]) -> rules.Candidate:
    return rules.Candidate(
        account_id=row["pk"],
        account_number=row["account_number"],
        rank=ranks[row["tier"]],
        territory=row["region__name"] or "",
        every_days=row["visit_every_days"],
        due_on=row["plan_due_on"],
    )


def bookings(owner: User, days: Iterable[date]) -> list[rules.Booking]:
    """What takes room on these days already: all open visits of a person but proposed ones."""
    rows = Visit.objects.open().filter(owner=owner, planned_on__in=list(days))
    found = rows.exclude(status=Status.PROPOSED).values_list("planned_on", "account__region__name")
    return [rules.Booking(day, territory or "") for day, territory in found]
