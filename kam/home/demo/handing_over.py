"""Needs of the demo's customers, a handover under way, a colleague on leave."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from django.utils import timezone

from accounts.models import Account, Need
from accounts.services import cover, handover, needs
from staff.models import User

SEED = 37
WISHES = [  # text, kind, product
    ("希望支架减重 15%，便于机器人末端安装", "product", "SV-210"),
    ("需要带 EtherCAT 接口的驱动器", "product", "SD-EC"),
    ("需要带 EtherCAT 接口的驱动器，替换现有脉冲型", "product", "SD-EC"),
    ("驱动器支持 EtherCAT，并提供中文调试软件", "product", "SD-EC"),
    ("密封件耐温提高到 180 ℃", "quality", "MF-180"),
    ("高温工况下密封件寿命太短，希望有耐高温型号", "quality", "MF-180"),
    ("框架协议付款期由 45 天延长到 60 天", "price", ""),
    ("急单希望三天内到货", "delivery", ""),
    ("每季度安排一次现场巡检和培训", "service", ""),
    ("提供带防护等级 IP67 的小型电机", "product", "MT-67"),
    ("包装改为可回收托盘", "other", ""),
    ("出厂检测报告随货提供英文版", "service", ""),
]
SOURCES = ["visit", "visit", "call", "order", "survey", "complaint"]
COUNT = 36


def load(today: date, users: Mapping[str, User]) -> None:
    """Needs at every step; one handover that waits for a signature; one leave cover in force."""
    rng = Random(SEED)  # noqa: S311 - not a secret
    accounts = Account.objects.live().filter(tier__in=["strategic", "key"], manager__isnull=False)
    chosen = list(accounts.select_related("manager").order_by("pk"))
    for number in range(COUNT if chosen else 0):
        _need(rng, chosen, number, today)
    _hand_over(today, users)
    named = cover.propose_cover(
        person=users["chen.jing"],
        cover=users["zhang.wei"],
        since=today - timedelta(days=1),
        until=today + timedelta(days=6),
        reason="年休假",
        actor=users["chen.jing"],
    )
    cover.accept_cover(named.pk, actor=users["zhang.wei"])


def _need(rng: Random, accounts: Sequence[Account], number: int, today: date) -> None:
    """One need, as far on its way as it is old."""
    account = rng.choice(accounts)
    actor = account.manager
    if actor is None:
        return
    text, kind, product = WISHES[number % len(WISHES)]
    need = needs.collect(
        account, text=text, kind=kind, product=product, source=rng.choice(SOURCES), actor=actor
    )
    age = rng.randint(0, 60)
    day = today - timedelta(days=age)
    at = timezone.make_aware(datetime.combine(day, time(10, rng.randint(0, 59))))
    Need.objects.filter(pk=need.pk).update(
        collected_at=at, answer_due_on=needs.answer_due(day) if age < 20 else today
    )
    if age < 6:
        return
    feasibility, priority = rng.choice([3, 2, 2, 1, 1]), rng.choice([3, 2, 2, 1])
    needs.analyse(
        need.pk,
        feasibility=feasibility,
        priority=priority,
        analysis="与技术部、生产部讨论后的结论，详见会议纪要。",
        actor=actor,
    )
    if age < 18:
        return
    if rng.random() < 0.15:
        needs.decline(need.pk, outcome="批量太小，已当面向客户说明。", actor=actor)
        return
    needs.answer(need.pk, text="已向客户提交方案、报价和交期。", actor=actor)
    if age > 35:
        needs.confirm(need.pk, outcome="客户技术负责人确认可行。", actor=actor)


def _hand_over(today: date, users: Mapping[str, User]) -> None:
    """Somebody takes another post: a part is proposed and waits for who takes it over."""
    giver = users["zhou.hao"]
    case = handover.open_case(
        giver=giver,
        kind="moving",
        last_day=today + timedelta(days=14),
        note="调任华南区域，客户分给北方组同事。",
        actor=users["wang.jun"],
    )
    held = handover.left_to_propose(case).get("accounts.manager", [])
    if half := [item.key for item in held[: len(held) // 2]]:
        handover.propose(
            case.pk, taker=users["sun.yan"], actor=giver, chosen={"accounts.manager": half}
        )
