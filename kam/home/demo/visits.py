"""The visits of the demo: two years' habits in short, a month at work, the next one proposed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import Account, Event, ServiceMember
from kam.core.calendar import is_workday
from staff.models import User
from tiering import standards
from visits.models import FollowUp, Kind, Visit
from visits.services import overdue, plans, schedules, visiting
from visits.services.reports import Report, save_report

SEED = 31
HISTORY = {"strategic": 5, "key": 3, "ordinary": 1}  # held visits per customer
REPORTS = [  # purpose, findings, news of competitors, next step
    (
        "回顾上季度供货，确认下季度排产计划",
        "产线满负荷，计划明年一季度新增两条装配线。",
        "对手本月派驻现场工程师，报价低约 4%。",
        "两周内提交新产线配套方案和报价",
    ),
    (
        "新品伺服驱动器介绍与试用洽谈",
        "技术部认可性能，要求先做三个月现场试用。",
        "",
        "寄送两套样机并安排技术支持到场安装",
    ),
    (
        "跟进上次质量反馈的整改情况",
        "返工批次已全部更换，客户质量部签字确认。",
        "",
        "下月复查一次，邀请客户参观检测中心",
    ),
    (
        "年度框架协议续签沟通",
        "采购部希望付款期由 45 天延长到 60 天。",
        "另有两家供应商参与比价。",
        "与财务核对信用条件后给出答复",
    ),
    (
        "了解明年采购预算和重点项目",
        "明年设备预算增长约一成，重点在节能改造。",
        "",
        "整理节能改造案例，约技术总监交流",
    ),
]
TO_DO = [
    "寄送样机并确认签收",
    "提交配套方案与报价",
    "与财务核对付款期",
    "安排客户参观工厂",
    "补寄检测报告",
]
MACHINES = [
    "注塑机伺服系统季度保养",
    "空压站节能改造设备巡检",
    "装配线控制柜年检",
    "仓储立库驱动保养",
]


def load(today: date, users: Mapping[str, User]) -> None:
    """Held visits of every customer with a manager, then the month and what is overdue."""
    rng = Random(SEED)  # noqa: S311 - not a secret
    accounts = list(
        Account.objects.live().exclude(manager=None).select_related("manager").order_by("pk")
    )
    visits = _held(rng, accounts, today)
    _follow_ups(rng, visits, today)
    _maintenance(accounts, today, users)
    _this_month(today, users)
    _today(today, users)
    _with_management(accounts, today, users)
    following = plans.following_month(today)
    plans.propose_month(users["li.na"], month=following, actor=users["li.na"])
    overdue.note_overdue(today)


def _held(rng: Random, accounts: Sequence[Account], today: date) -> list[Visit]:
    """What was held before today: most customers in time, some not for long."""
    tiers = standards.in_force(today).standard.tiers
    visits = []
    for account in accounts:
        every = tiers[account.tier].visit_every_days
        ago = int(every * rng.uniform(0.1, 1.12))
        for place in range(HISTORY[account.tier]):
            day = _workday(today - timedelta(days=ago + place * int(every * 0.95)))
            visits.append(_held_visit(rng, account, min(day, today - timedelta(days=1)), place))
    made = Visit.objects.bulk_create(visits)
    Event.objects.bulk_create(
        Event(
            account_id=visit.account_id,
            kind="visits.visit_done",
            actor=visit.done_by,
            at=visit.done_at,
            data={
                "visit": visit.pk,
                "kind": visit.kind,
                "on": str(visit.visited_on),
                "purpose": visit.purpose,
            },
        )
        for visit in made
        if visit.done_at is not None
    )
    return made


def _held_visit(rng: Random, account: Account, day: date, place: int) -> Visit:
    purpose, findings, news, next_step = REPORTS[rng.randrange(len(REPORTS))]
    return Visit(
        account=account,
        kind=Kind.RETURN if place % 3 == 2 else Kind.ON_SITE,
        status="done",
        owner=account.manager,
        planned_on=day,
        started_at=_at(day, time(9 + rng.randrange(6), 30)),
        visited_on=day,
        purpose=purpose,
        findings=findings,
        competitor_news=news,
        next_step=next_step,
        done_at=_at(day, time(17, rng.randrange(60))),
        done_by=account.manager,
        created_by=account.manager,
    )


def _follow_ups(rng: Random, visits: Sequence[Visit], today: date) -> None:
    """Something to do after the latest visits: done, due, or late."""
    latest = [visit for visit in visits if today - visit.planned_on < timedelta(days=30)]
    FollowUp.objects.bulk_create(
        FollowUp(
            visit=visit,
            text=rng.choice(TO_DO),
            owner=visit.owner,
            due_on=visit.planned_on + timedelta(days=14),
            created_by=visit.owner,
            **(
                {"result": "已完成，客户已确认。", "done_at": visit.done_at, "done_by": visit.owner}
                if place % 3
                else {}
            ),
        )
        for place, visit in enumerate(latest)
    )


def _maintenance(accounts: Sequence[Account], today: date, users: Mapping[str, User]) -> None:
    """The technician services machines of the first customers."""
    technician = users["liu.yang"]
    served = ServiceMember.objects.filter(user=technician, until=None).values_list("account")
    theirs = [account for account in accounts if (account.pk,) in set(served)]
    for place, (machine, account) in enumerate(zip(MACHINES, theirs, strict=False)):
        schedules.open_schedule(
            account.pk,
            subject=machine,
            owner=technician,
            every_days=30 * (place + 1),
            first_on=today + timedelta(days=3 + 5 * place),
            actor=users["wang.jun"],
        )


def _this_month(today: date, users: Mapping[str, User]) -> None:
    """Each manager works by a plan that was agreed to; a few visits of last week were missed."""
    month = today.replace(day=1)
    for username in ("li.na", "zhang.wei", "chen.jing", "zhao.lei", "sun.yan", "zhou.hao"):
        plan = plans.propose_month(users[username], month=month, actor=users[username])
        plans.accept_plan(plan.pk, actor=users[username])
        for visit in plan.visits.order_by("planned_on", "pk")[:2]:
            Visit.objects.filter(pk=visit.pk).update(
                planned_on=_workday(today - timedelta(days=4)), purpose=REPORTS[0][0]
            )


def _today(today: date, users: Mapping[str, User]) -> None:
    """A visit of today that has begun, its report half written, and one still to come."""
    manager = users["li.na"]
    mine = Account.objects.live().filter(manager=manager).order_by("pk")
    for place, account in enumerate(mine[:2]):
        purpose, findings, news, _next = REPORTS[place]
        visit = visiting.plan_visit(
            account.pk,
            owner=manager,
            planned_on=today,
            planned_at=time(10 + 4 * place, 0),
            purpose=purpose,
            actor=manager,
        )
        if place == 0:
            visit = visiting.check_in(visit.pk, actor=manager)
            report = Report(purpose=purpose, findings=findings, competitor_news=news)
            save_report(visit.pk, report=report, expected=visit.updated_at, actor=manager)


def _with_management(accounts: Sequence[Account], today: date, users: Mapping[str, User]) -> None:
    """The director visits the largest customer and receives the next one here."""
    plan = [
        (Kind.MANAGEMENT, "高层互访，商谈三年战略合作"),
        (Kind.MUTUAL, "客户高管来访，参观工厂"),
    ]
    for place, (kind, purpose) in enumerate(plan):
        visiting.plan_visit(
            accounts[place].pk,
            owner=users["wang.jun"],
            planned_on=_workday(today + timedelta(days=6 + 4 * place)),
            planned_at=time(14, 0),
            kind=kind,
            purpose=purpose,
            actor=users["wang.jun"],
        )


def _workday(day: date) -> date:
    while not is_workday(day):
        day -= timedelta(days=1)
    return day


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, ZoneInfo(settings.TIME_ZONE))
