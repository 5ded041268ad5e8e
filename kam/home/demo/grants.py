"""What people decided on the credit of the demo customers: ratings, terms, reviews, plans."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.db.models import Sum

from accounts.models import Account
from credit.models import Investigation, Invoice, LineProposal, OrderCredit, Rating, Review
from credit.rules.lines import LineTerms
from credit.services import campaigns, lines, proposals, ratings, reviews, supervision
from credit.services.investigations import record_investigation
from kam.home.demo import debtors as plans
from kam.home.demo.debtors import Debtor
from kam.home.demo.signing import reject, sign
from staff.models import User

Users = Mapping[str, User]
TEN_THOUSAND, MILLION = Decimal("1E4"), Decimal("1E6")
NOT_INVESTIGATED = 7  # the last ones of the debtors
REPORTS: list[dict[str, Any]] = [
    {
        "payment_behaviour": "近两年均按期付款，偶有月末结算延后三至五天，无票据拒付记录。",
        "industry_situation": "行业景气度回升，头部企业订单排至明年二季度，价格竞争趋缓。",
        "bearing_default": "年销售额占我司应收余额较大，如违约将影响一个季度的现金流。",
        "sources": "实地走访、近三年审计报告、企业信用信息公示系统、两家同行供应商。",
        "conclusion": "经营稳健，现金流充足，建议维持并可适度提高额度。",
    },
    {
        "payment_behaviour": "付款平均延后两周，理由多为内部审批流程，经催收均能付清。",
        "industry_situation": "下游需求平稳，原材料涨价挤压利润，行业账期延长到 60 天。",
        "bearing_default": "在可承受范围内，建议单笔订单不超过额度的三成。",
        "sources": "客户财务访谈、银行资信证明、工商及司法公开信息。",
        "conclusion": "可继续给予信用，期限不宜再延长，每季度核对一次账目。",
    },
    {
        "payment_behaviour": "近半年多次逾期超过 60 天，口头承诺未兑现，需加强跟进。",
        "industry_situation": "所在细分行业产能过剩，已有两家同类企业停产。",
        "bearing_default": "若全部无法收回，约影响全年利润的百分之二。",
        "sources": "上门访谈、裁判文书网、供应商同业了解。",
        "conclusion": "偿债能力下降，建议压缩额度，新订单款到发货。",
    },
]
BUSY = (0, 1, 2, 10, 12, plans.EXPIRING, plans.EXPIRED)  # places that other stories are about
USUAL_REPORT: dict[str, Any] = {
    "payment_behaviour": "与我司往来正常，详见付款记录。",
    "sources": "审计报告、企业信用信息公示系统。",
    "conclusion": "未发现重大异常，可按现有条件交易。",
}
REPORTED = (0, 5, 14)  # places with a full report


def look_back(
    rng: Random,
    debtors: Sequence[Debtor],
    accounts: Mapping[str, Account],
    today: date,
    users: Users,
) -> None:
    """Investigations of the last months, and the ratings that were made after them."""
    for debtor in debtors[:-NOT_INVESTIGATED]:
        full = REPORTED.index(debtor.place) if debtor.place in REPORTED else None
        report: dict[str, Any] = {} if full is None else REPORTS[full]
        _investigate(rng, debtor, accounts[debtor.account_number], report, today, users)
    ids = [accounts[debtor.account_number].pk for debtor in debtors]
    ratings.rate(
        ids,
        as_of=today - timedelta(days=40),
        actor=users["hu.bin"],  # xu.fang investigated
        cause=Rating.Cause.MANUAL,
        comment="季度例行评级。",
    )


def _investigate(
    rng: Random, debtor: Debtor, account: Account, report: dict[str, Any], today: date, users: Users
) -> None:
    scale = {"good": 12, "late": 5, "very_late": 2}[debtor.habit]
    assets = (debtor.limit * rng.randint(scale, scale * 3)).quantize(TEN_THOUSAND)
    record_investigation(
        account,
        actor=users["xu.fang"],
        investigated_on=today - timedelta(days=rng.randint(41, 150)),
        net_assets=assets,
        contingent_debts=(assets * rng.randint(2, 40) / 100).quantize(TEN_THOUSAND),
        market_terms_days=rng.choice([30, 45, 60]),
        expected_sales=(debtor.sales * 13 / 10).quantize(TEN_THOUSAND),  # with tax, and growth
        **(USUAL_REPORT | report),
    )


# --- applications


def apply(
    debtors: Sequence[Debtor], accounts: Mapping[str, Account], today: date, users: Users
) -> None:
    """Applications for other terms: approved, rejected, and still waiting."""
    by_place = {debtor.place: accounts[debtor.account_number] for debtor in debtors}

    def ask(place: int, reason: str, **terms: Any) -> LineProposal:
        return _propose(by_place[place], today, users, reason=reason, **terms)

    for place in _tight(debtors):
        reason = "新产线投产，全年采购预计增长三成，现有额度已不够周转，申请提高额度。"
        sign(ask(place, reason, more=Decimal("1.4")), users)
    reason = "年底项目集中交货，申请四十五天的临时额度，项目款到账后恢复。"
    extra = (by_place[10].credit_lines.get().limit * 3 / 10).quantize(TEN_THOUSAND)
    sign(ask(10, reason, extra=extra, extra_until=today + timedelta(days=45)), users)
    head = next(debtor.place for debtor in debtors if debtor.account_number == plans.HEAD)
    reason = "集团统一授信，子公司在集团额度内使用各自的分额度。"
    sign(ask(head, reason, more=Decimal("1.2"), covers_group=True), users)
    refused = ask(14, "客户要求提高额度以便追加订单。", more=Decimal("1.5"))
    sign(refused, users, but={"pan.yue"})
    reject(
        refused, by=users["pan.yue"], comment="现有欠款逾期已久，不宜增加额度，请先落实还款计划。"
    )
    waiting = ask(12, "中标轨道交通项目，交货期集中，申请额度提高一半。", more=Decimal("1.5"))
    sign(waiting, users, but={"deng.hui", "pan.yue"})
    ask(plans.EXPIRING, "授信即将到期，付款记录良好，申请按原条件续期一年。")


def _tight(debtors: Sequence[Debtor]) -> list[int]:
    """Places of two good payers, those first whose orders wait for a higher limit."""
    held = OrderCredit.objects.filter(status="held").values_list("account__account_number")
    waiting = {number for (number,) in held}
    good = [each for each in debtors if each.habit == "good" and each.place not in BUSY]
    good.sort(key=lambda each: (each.account_number not in waiting, each.place))
    return [each.place for each in good[:2]]


def _propose(
    account: Account,
    today: date,
    users: Users,
    *,
    reason: str,
    more: Decimal = Decimal(1),
    **terms: Any,
) -> LineProposal:
    line = lines.in_force(account.pk, today)
    if line is None:
        raise LookupError(f"{account} has no line")
    return proposals.propose_terms(
        account,
        terms=LineTerms(
            limit=(line.limit * more).quantize(TEN_THOUSAND),
            terms_days=line.terms_days,
            valid_from=today,
            valid_until=today + timedelta(days=365),
            **terms,
        ),
        reason=reason,
        beyond_reason="集团客户，已合作多年，以新公司名义下单。",
        investigation=Investigation.objects.filter(account=account).first(),
        actor=account.manager or users["wang.jun"],
    )


# --- the half-yearly review

ROUNDS = [  # how many reviews, and who of those asked has not signed yet
    (8, ()),
    (3, ("xu.fang",)),
    (3, ("he.li",)),
    (2, ("guo.tao",)),
    (3, ("lin.feng",)),
]


def review(today: date, users: Users) -> None:
    """A campaign half done: some reviews in force, some waiting for this or that signature."""
    campaign = campaigns.open_campaign(on=today, actor=users["xu.fang"])
    busy = LineProposal.objects.filter(status=LineProposal.Status.PROPOSED).values("account")
    rows = list(campaign.reviews.exclude(account__in=busy).order_by("account"))
    rows.sort(key=lambda row: row.code != "kept")
    for count, missing in ROUNDS:
        for row in rows[:count]:
            sign(_submitted(row, users["hu.bin"]), users, but=missing)
        del rows[:count]
    changed, refused = rows[:2]
    reviews.change_proposal(
        changed.pk,
        limit=(changed.proposed_limit * 8 / 10).quantize(TEN_THOUSAND),
        terms_days=min(changed.proposed_terms_days, 30),
        rating=changed.proposed_rating,
        comment="应收集中在少数项目，额度下调两成，账期缩短到三十天。",
        actor=users["hu.bin"],
    )
    _submitted(changed, users["hu.bin"])
    reject(
        _submitted(refused, users["hu.bin"]),
        by=users["he.li"],
        comment="担保合同缺少法定代表人签字，请补齐后重新提交。",
    )


def _submitted(row: Review, finance: User) -> LineProposal:
    proposal = reviews.submit(row.pk, actor=finance).proposal
    if proposal is None:
        raise LookupError(f"{row} has no proposal")
    return proposal


# --- budget and ceiling


def plan_year(today: date, users: Users) -> None:
    """The credit-sales budget of this year and a ceiling on receivables, signed; one for next."""
    year_ago = today - timedelta(days=365)
    sold = Invoice.objects.filter(issued_on__gt=year_ago).order_by()
    parts: list[dict[str, Any]] = [
        {"region": pk, "sum": total}
        for pk, total in sold.values_list("account__region").annotate(Sum("amount"))
    ]
    parts += [
        {"manager": pk, "sum": total}
        for pk, total in sold.values_list("account__manager").annotate(Sum("amount"))
        if pk
    ]
    parts.append({"sum": sold.aggregate(sum=Sum("amount"))["sum"]})
    figures = [
        supervision.Figure(
            month=month,
            amount=_planned(part["sum"], month),
            region=part.get("region"),
            manager=part.get("manager"),
        )
        for part in parts
        for month in supervision.MONTHS
    ]
    budget = supervision.propose_budget(
        year=today.year,
        figures=figures,
        reason="按上年实际和各区域销售计划编制，赊销增长控制在百分之五以内。",
        actor=users["xu.fang"],
    )
    sign(budget, users)
    owed = Invoice.objects.unpaid().aggregate(sum=Sum("open_amount"))["sum"]
    ceiling = supervision.propose_ceiling(
        amount=(owed * 16 / 10).quantize(MILLION),
        effective_from=today,
        reason="银行授信和流动资金测算的上限，应收总额不得超过。",
        actor=users["xu.fang"],
    )
    sign(ceiling, users)


def _planned(year: Decimal, month: int) -> Decimal:
    """A twelfth and a little more, less in the months of the spring festival."""
    season = Decimal("0.78") if month in (1, 2) else Decimal("1.09")
    return (year / 12 * season).quantize(TEN_THOUSAND)
