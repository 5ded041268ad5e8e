"""Companies that are no customers yet, at every step of their qualification."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.models import Industry
from accounts.qualification_rules import LEGAL_POINTS, NO, YES
from accounts.services import qualification
from staff.models import Region, User

LAWFUL = dict.fromkeys(LEGAL_POINTS, YES)
NEED = {"need": YES, "need_note": "新产线明年投产，需伺服系统 120 套。"}
MONEY = {"money": YES, "money_note": "已获银行授信，可预付三成。"}
AUTHORITY = {"authority": YES, "authority_note": "生产副总拍板，采购部执行。"}
CLEARED = {"legal": LAWFUL, "legal_note": "国家企业信用信息公示系统、执行信息公开网，均无异常。"}


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """decision: whether it is accepted, with the reason; None while it is open."""

    name: str
    region: str
    industry: str
    manager: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    decision: tuple[bool, str] | None = None


PROSPECTS = [
    Prospect(name="苏州启澜机器人有限公司", region="华东", industry="机械设备", manager="li.na"),
    Prospect(
        name="合肥元拓储能科技有限公司",
        region="华东",
        industry="新能源",
        manager="zhang.wei",
        answers=NEED,
    ),
    Prospect(
        name="青岛海辰轨道装备股份有限公司",
        region="华北",
        industry="轨道交通",
        manager="zhao.lei",
        answers={**NEED, **MONEY, **AUTHORITY, **CLEARED},
    ),
    Prospect(
        name="东莞骏弘电子有限公司",
        region="华南",
        industry="电子制造",
        manager="chen.jing",
        answers={**NEED, "legal": {"enforcement": NO}, "legal_note": "列入失信被执行人名单。"},
    ),
    Prospect(
        name="武汉楚恒数控装备有限公司",
        region="华中",
        industry="机械设备",
        manager="sun.yan",
        answers={**NEED, **MONEY, "authority": NO, **CLEARED},
        decision=(True, "需求与资金明确，决策人由技术交流会逐步接触。"),
    ),
    Prospect(
        name="兰州陇源化工有限公司",
        region="西北",
        industry="化工",
        manager="zhou.hao",
        answers={
            "need": NO,
            "need_note": "三年内无扩产计划。",
            "money": NO,
            **AUTHORITY,
            **CLEARED,
        },
        decision=(False, "近期无需求也无预算，明年再联系。"),
    ),
]


def load(users: Mapping[str, User]) -> None:
    """One just found, one half known, one ready, one barred, one accepted, one given up."""
    for number, each in enumerate(PROSPECTS, start=1):
        actor = users[each.manager]
        account = qualification.create_prospect(
            account_number=f"P{number:04}",
            name=each.name,
            actor=actor,
            manager=actor,
            fields={
                "region": Region.objects.get(name=each.region),
                "industry": Industry.objects.get(name=each.industry),
            },
        )
        asked = account.qualifications.get()
        if each.answers:
            asked = qualification.assess(
                asked.pk, answers=each.answers, expected=asked.updated_at, actor=actor
            )
        if each.decision:
            accept, reasons = each.decision
            qualification.decide(
                asked.pk, accept=accept, reasons=reasons, expected=asked.updated_at, actor=actor
            )
