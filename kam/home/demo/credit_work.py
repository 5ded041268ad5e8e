"""The daily work on the credit of the demo customers: orders on hold, collections, statements."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from accounts.models import Account
from credit.models import (
    CollectionCase,
    CreditAlert,
    Invoice,
    OrderCredit,
    OverdueMeasure,
    Payment,
    Statement,
)
from credit.queries.held_orders import reasons_now
from credit.queries.overdue import past_due
from credit.rules.decisions import Outcome
from credit.services import (
    alerts,
    collections,
    disputes,
    holds,
    legal,
    measures,
    promises,
    releases,
    reservations,
    statements,
    write_offs,
)
from kam.home.demo import debtors as plans
from kam.home.demo.debtors import Debtor
from staff.models import User

Users = Mapping[str, User]
CENT = Decimal("0.01")
WITH_STEPS = 9  # cases in which something was done already
STEPS = [  # days overdue, kind, outcome, note, letter
    (1, "reminder", "sent", "已发送账单提醒邮件。", ""),
    (7, "call", "reached", "与财务通话，对方称正在走付款审批。", ""),
    (
        15,
        "letter",
        "sent",
        "快递寄出，签收回执已存档。",
        "贵司：截至今日，贵司尚有到期货款未付。请于收函后七日内付清，如已付款请忽略本函并告知付款日期。",
    ),
    (30, "visit", "reached", "上门拜访财务总监，对方承认欠款，称回款紧张。", ""),
    (
        60,
        "formal_demand",
        "sent",
        "法务以公司名义发出律师函。",
        "贵司拖欠货款，已逾期六十日以上。现正式要求贵司于十日内付清全部欠款，逾期将依法追究违约责任。",
    ),
]


# --- orders


def watch(on: date) -> None:
    """Note how the customers stood on an earlier day, for the alerts to compare with."""
    alerts.watch(on)


def look_after_orders(
    debtors: Sequence[Debtor], accounts: Mapping[str, Account], users: Users
) -> None:
    """One order released, a release asked for, a customer on hold, an amount reserved."""
    held = OrderCredit.objects.filter(status="held").select_related("account", "order")
    rows = [
        row
        for row in held.order_by("order__order_number")
        if row.account.account_number in {debtor.account_number for debtor in debtors}
    ]
    for row in rows[:2]:
        releases.ask_release(
            row.pk,
            actor=row.account.manager or users["wang.jun"],
            reason="客户生产线停工待料，本周五前承诺付清逾期货款，请先放行。",
        )
    if rows:
        releases.release(
            rows[0].pk,
            actor=users["guo.tao"],
            comment="老客户，逾期款已收到付款水单，同意放行。",
            seen_amount=rows[0].order.net_amount,
            seen_reasons={reason.code for reason in reasons_now(rows[:1])[rows[0].pk]},
        )
    _put_on_hold(debtors, users)
    _reserve(debtors, accounts, users)


def _put_on_hold(debtors: Sequence[Debtor], users: Users) -> None:
    """The smallest customer with an approved order waits for what legal finds out."""
    places = {debtor.account_number: debtor.place for debtor in debtors}
    approved = OrderCredit.objects.filter(status="approved", delivered=False)
    numbers = approved.values_list("account__account_number", "account")
    found = sorted((places[number], pk) for number, pk in numbers if number in places)
    if found:
        reason = "有消息称客户主要股东股权被冻结，法务核实前暂停发货。"
        holds.set_hold(found[-1][1], actor=users["xu.fang"], reason=reason)


def _reserve(debtors: Sequence[Debtor], accounts: Mapping[str, Account], users: Users) -> None:
    """The ERP reserves an amount for an order that it is about to send."""
    for debtor in debtors:
        found = reservations.check(
            accounts[debtor.account_number].pk,
            amount=Decimal(36_800),
            actor=users["erp"],
            order_number=f"YD{debtor.place + 1:04}",
            reserve=True,
        )
        if found.judgement.outcome is Outcome.APPROVED:
            return


# --- supervision


def supervise(today: date, users: Users) -> None:
    """The alerts and the measures of a night; somebody has seen to one of each."""
    measures.start_due(today)
    alerts.watch(today)
    alert = CreditAlert.objects.order_by("pk").first()
    if alert is not None:
        comment = "已与客户财务核对，属项目集中交货，预计月底回款。"
        alerts.acknowledge(alert.pk, comment=comment, actor=users["xu.fang"])
    plan = OverdueMeasure.objects.filter(kind=OverdueMeasure.Kind.COLLECTION_PLAN).first()
    if plan is not None:
        result = "已与客户商定分三期付清，客户经理每周跟进一次。"
        measures.finish(plan.pk, result=result, actor=users["wang.jun"])


# --- collections


def collect(today: date, users: Users) -> None:
    """What was done about the overdue customers, what they promised, and where it ends in court."""
    cases = _longest_first(today)
    for place, (case, days) in enumerate(cases[:WITH_STEPS]):
        _take_steps(case, days, today, users, left_out=place % 3)
    _promises([case for case, _days in cases], today, users)
    _contest([case for case, _days in cases[:WITH_STEPS]], today, users)
    _give_up(today, users)


def _longest_first(today: date) -> list[tuple[CollectionCase, int]]:
    cases = list(CollectionCase.objects.open().select_related("account__manager"))
    owed = past_due({case.account_id for case in cases}, today)
    ranked = [(case, owed[case.account_id].oldest_days) for case in cases]
    return sorted(ranked, key=lambda row: (-row[1], row[0].pk))


def _take_steps(
    case: CollectionCase, days: int, today: date, users: Users, *, left_out: int
) -> None:
    """The steps that these days have brought; the last ones of some are still to be taken."""
    reached = [step for step in STEPS if step[0] <= days]
    for due, kind, outcome, note, letter in reached[: len(reached) - left_out]:
        legal_step = kind == "formal_demand"
        collections.record_action(
            case.pk,
            kind=kind,
            done_on=today - timedelta(days=min(days, 150) - due),
            outcome=outcome,
            note=note,
            letter=letter,
            contact=case.account.contacts.filter(has_left=False).order_by("pk").first(),
            actor=users["he.li"] if legal_step else case.account.manager or users["wang.jun"],
        )


def _promises(cases: Sequence[CollectionCase], today: date, users: Users) -> None:
    """One promise was kept, one was broken, one is still open."""
    done: set[int] = set()
    spans = [  # made and due this many days from today, whether money came in between
        (-30, -6, True, "承诺月底前付清部分货款，付款申请已提交。"),
        (-28, -7, False, "口头承诺两周内付清，称在等下游回款。"),
        (-2, 9, None, "财务总监来电，承诺下周付款并发来付款计划。"),
    ]
    for made, due, paid, note in spans:
        made_on, pay_by = today + timedelta(days=made), today + timedelta(days=due)
        for case in cases:
            received = Payment.objects.filter(
                account=case.account_id, received_on__gte=made_on, received_on__lte=pay_by
            )
            came = sum((payment.amount for payment in received), Decimal(0))
            if case.pk in done or (paid is not None and bool(came) != paid):
                continue
            owed = Invoice.objects.filter(account=case.account_id).unpaid()
            most = sum((invoice.open_amount for invoice in owed), Decimal(0))
            promises.promise(
                case.pk,
                amount=min(came or most, most).quantize(Decimal(1), rounding="ROUND_DOWN"),
                made_on=made_on,
                pay_by=pay_by,
                actor=case.account.manager or users["wang.jun"],
                note=note,
            )
            done.add(case.pk)
            break


def _contest(cases: Sequence[CollectionCase], today: date, users: Users) -> None:
    """One customer contests a part of an invoice; against another one we go to court."""
    if len(cases) < 3:
        return
    contested, sued = cases[-1], cases[1]
    late = Invoice.objects.filter(account=contested.account_id).overdue(today)
    invoice = late.order_by("-open_amount", "pk")[0]
    disputes.open_dispute(
        invoice.pk,
        amount=(invoice.open_amount / 2).quantize(CENT),
        reason="quality",
        note="客户称其中一批伺服电机噪声超标，要求换货后再付该部分货款。",
        actor=contested.account.manager or users["wang.jun"],
    )
    owed = list(Invoice.objects.filter(account=sued.account_id).overdue(today)[:3])
    total = sum((each.open_amount for each in owed), Decimal(0))
    suit = legal.open_legal_case(
        sued.account_id,
        invoices=owed,
        claim_amount=(total * 104 / 100).quantize(CENT),
        actor=users["he.li"],
    )
    legal.move_on(
        suit.pk,
        status="filed",
        on=today - timedelta(days=5),
        expected=suit.status,
        court="上海市浦东新区人民法院",
        case_number=f"（{today.year}）沪0115民初20417号",
        actor=users["he.li"],
    )


def _give_up(today: date, users: Users) -> None:
    """Finance proposes to write off the oldest debt; nobody has signed yet."""
    oldest = Invoice.objects.overdue(today).filter(disputed=False).order_by("due_on", "pk")[0]
    write_offs.propose(
        oldest.pk,
        amount=oldest.open_amount,
        reason="客户该项目公司已注销，多次催收无果，无可执行财产，申请核销。",
        actor=users["xu.fang"],
    )


# --- statements of account


def send_statements(
    debtors: Sequence[Debtor], accounts: Mapping[str, Account], today: date, users: Users
) -> None:
    """The statements of last month: one confirmed, one contested, some not answered yet."""
    until = today.replace(day=1) - timedelta(days=1)
    since = until.replace(day=1)
    answers = {
        1: (Statement.Outcome.CONFIRMED, "核对无误，已盖章回传。"),
        3: (Statement.Outcome.CONFIRMED, ""),
        plans.DISPUTED: (Statement.Outcome.DISPUTED, "有一张发票我方未收到货，请核实。"),
    }
    sent_on = min(until + timedelta(days=3), today)
    for debtor in (*debtors[:6], debtors[plans.DISPUTED]):
        account = accounts[debtor.account_number]
        statement = statements.send_statement(
            account,
            since=since,
            until=until,
            sent_on=sent_on,
            sent_to=f"{account.short_name}财务部",
            actor=users["hu.bin"],
        )
        if answer := answers.get(debtor.place):
            statements.answer_statement(
                statement,
                outcome=answer[0],
                answered_on=min(sent_on + timedelta(days=6), today),
                answered_by="财务部 王会计",
                note=answer[1],
                actor=users["hu.bin"],
            )
