"""The complaints of the demo: a year that is closed, and those that are being solved."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.utils import timezone

from accounts.models import Account
from complaints.models import Complaint
from complaints.rules import Cause, Channel, Outcome, Severity, Status
from complaints.services import (
    compensations,
    escalations,
    findings,
    moves,
    procedure,
    registering,
    reports,
)
from kam.core.calendar import is_workday
from sales.models import Product
from staff.models import User

SEED = 57
PAST = 90
KINDS = [  # category, title, cause, how often of 20
    ("quality", "伺服电机运行异响", Cause.MATERIAL, 5),
    ("quality", "密封圈批次漏油", Cause.PROCESS, 4),
    ("delivery", "到货比承诺晚三天", Cause.LOGISTICS, 4),
    ("service", "现场调试工程师迟到", Cause.PEOPLE, 2),
    ("billing", "发票抬头与合同不符", Cause.COMMUNICATION, 2),
    ("documents", "缺少出厂检测报告", Cause.INSPECTION, 1),
    ("price", "折扣未按协议执行", Cause.COMMUNICATION, 1),
    ("quality", "控制柜接线错误", Cause.DESIGN, 1),
]
CHANNELS = [Channel.PHONE] * 5 + [Channel.EMAIL] * 3 + [Channel.WEB] * 2 + [Channel.PERSON]
SEVERITIES = [Severity.MINOR] * 4 + [Severity.MODERATE] * 5 + [Severity.SEVERE]
OUTCOMES = [Outcome.JUSTIFIED] * 6 + [Outcome.PARTLY] * 2 + [Outcome.UNJUSTIFIED]


def load(today: date, users: Mapping[str, User]) -> None:
    """Closed ones of a year, then one at each point of the procedure."""
    rng = Random(SEED)  # noqa: S311 - not a secret
    accounts = list(
        Account.objects.live().exclude(manager=None).select_related("manager").order_by("pk")[:60]
    )
    _past(rng, accounts, today)
    _at_work(accounts, today, users)


def _past(rng: Random, accounts: Sequence[Account], today: date) -> None:
    """Closed complaints as rows: their procedure lies in the past."""
    weights = [often for *_words, often in KINDS]
    rows = []
    for number in range(PAST):
        category, title, cause, _often = rng.choices(KINDS, weights)[0]
        account = accounts[min(int(rng.expovariate(0.12)), len(accounts) - 1)]
        received = _moment(_workday(today - timedelta(days=rng.randint(20, 365))), rng)
        row = Complaint(
            complaint_number=f"TS{received.year}-D{number:04d}",
            account=account,
            channel=rng.choice(CHANNELS).value,
            category=category,
            severity=rng.choice(SEVERITIES).value,
            title=title,
            description="客户反映后由客户经理登记。",
            tier=account.tier,
            received_at=received,
            registered_by=account.manager,
            assignee=account.manager,
            cause=cause.value,
            outcome=rng.choice(OUTCOMES).value,
            solution="已核实并处理，客户认可。",
            reply="问题已处理，感谢反馈。",
        )
        moves.start_clock(row, received)
        _finish(row, rng)
        rows.append(row)
    Complaint.objects.bulk_create(rows)


def _finish(row: Complaint, rng: Random) -> None:
    """The dates of a closed complaint; one in six was solved too late."""
    due = row.due_at or row.received_at
    span = due - row.received_at
    resolved = row.received_at + span * rng.uniform(0.3, 0.95)
    if rng.random() < 1 / 6:
        resolved = due + timedelta(hours=rng.randint(1, 30))
        row.resolution_missed_at = due
    row.acknowledged_at = row.received_at + (resolved - row.received_at) / 20
    row.resolved_at = resolved
    row.replied_at = resolved + timedelta(hours=1)
    row.confirmed_at = resolved + timedelta(days=1)
    row.closed_at = resolved + timedelta(days=1, hours=2)
    row.status = Status.CLOSED.value
    row.escalate_at = None


def _at_work(accounts: Sequence[Account], today: date, users: Mapping[str, User]) -> None:
    """Open complaints, through the services that everybody uses."""
    now = timezone.now()
    product = Product.objects.order_by("pk").first()
    made = []
    for place, (category, title, _cause, _often) in enumerate(KINDS):
        account = accounts[place * 2]
        made.append(
            registering.register(
                account=account,
                channel=CHANNELS[place].value,
                category=category,
                severity=(Severity.SEVERE if place in (1, 5) else Severity.MODERATE).value,
                title=title,
                description="客户来电反映，要求尽快答复。",
                product=product if category == "quality" else None,
                received_at=now - timedelta(days=(1, 9, 3, 5, 8, 2, 0, 6)[place]),
                actor=account.manager,
            ).complaint
        )
    registering.register(
        account=None,
        channel=Channel.WEB.value,
        category="service",
        title="售后热线无人接听",
        contact_text="陈先生 13900000000",
        actor=None,
    )
    _carry_on(made, today, users)
    escalations.escalate_due(now)


def _carry_on(made: Sequence[Complaint], today: date, users: Mapping[str, User]) -> None:
    director = users["wang.jun"]
    people = [complaint.assignee or director for complaint in made]
    for complaint, who in list(zip(made, people, strict=True))[1:6]:
        procedure.acknowledge(complaint.pk, actor=who, note="已电话告知客户我们正在处理。")
    for complaint, who in list(zip(made, people, strict=True))[1:4]:
        procedure.investigate(complaint.pk, actor=who)
    _severe(made[1], people[1], director, today)
    procedure.wait(made[2].pk, actor=people[2], reason="请客户提供签收单照片。")
    findings.propose_finding(
        made[3].pk, verdict="bad", evidence="签到记录显示工程师准时到场。", actor=people[3]
    )
    procedure.resolve(
        made[4].pk,
        outcome=Outcome.JUSTIFIED,
        cause=Cause.COMMUNICATION,
        solution="作废原发票并重开。",
        actor=people[4],
    )
    procedure.reply(made[4].pk, text="新发票已寄出，请查收。", actor=people[4])


def _severe(complaint: Complaint, who: User, director: User, today: date) -> None:
    """One with an 8D report under way, actions and a compensation that waits for signatures."""
    reports.write_report(
        complaint.pk,
        version=0,
        team="质量部、生产部、客户经理",
        problem="同一批次密封圈装机一周后漏油，涉及三台设备。",
        containment="库存同批次隔离，在途货物全检。",
        occurrence_cause="硫化时间设定被误改，橡胶硬度不足。",
        escape_cause="出厂检验未抽测硬度。",
        actor=who,
    )
    corrective = reports.add_action(
        complaint.pk,
        kind="corrective",
        text="锁定硫化参数，修改须双人确认。",
        owner=who,
        due_on=today,
        actor=who,
    )
    reports.finish_action(corrective.pk, note="参数已锁定。", actor=who)
    reports.add_action(
        complaint.pk,
        kind="preventive",
        text="出厂检验增加硬度抽测。",
        owner=director,
        due_on=today + timedelta(days=14),
        actor=who,
    )
    reports.find_similar(complaint.pk, actor=who)
    compensations.propose_compensation(
        complaint.pk,
        kind="replacement",
        amount=Decimal(18_000),
        promise="免费更换三台设备密封件并承担停机损失的一半。",
        due_on=today + timedelta(days=10),
        reason="严重质量问题导致客户停机两天。",
        actor=who,
    )


def _workday(day: date) -> date:
    while not is_workday(day):
        day -= timedelta(days=1)
    return day


def _moment(day: date, rng: Random) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(rng.randint(9, 17), rng.randint(0, 59))))
