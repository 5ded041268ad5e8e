"""Put the demo data into an empty archive, through the services that everybody uses."""

from datetime import date, timedelta
from random import Random
from typing import Any

import msgspec
from django.db import connection, transaction

from accounts.filters import Filters
from accounts.models import Account
from accounts.services import save_segment
from approvals.models import Request
from approvals.services import sign
from kam.home.demo import (
    companies,
    complaints,
    credit_work,
    grants,
    handing_over,
    ledger,
    notices,
    people_at_customers,
    prospects,
    receivables,
    visits,
)
from kam.home.demo import debtors as plans
from kam.home.demo.people import SERVICE_USER, make_people
from sales.rules import OrderIn, ProductIn
from sales.services.orders import upsert_orders
from sales.services.products import upsert_products
from sales.services.rates import set_exchange_rate
from staff.models import Region, User
from tiering import services as tiering
from tiering.models import TierRun

SEED = 20
RECENT_DAYS = 5
SEGMENTS = [  # owner, name, shared, filters of the account list
    ("wang.jun", "战略客户", True, {"tier": "strategic"}),
    ("wang.jun", "华东重点客户", True, {"tier": "key", "region": "华东"}),
    ("li.na", "待复核档案", False, {"review_due": "on"}),
]


def load(today: date) -> int:
    """Load everything as of `today`; the number of accounts, 0 when there were accounts before.

    All or nothing; the same day gives the same data.
    """
    with transaction.atomic():
        if Account.objects.exists():
            return 0
        rng = Random(SEED)  # noqa: S311 - not a secret
        users = make_people()
        accounts = companies.make_companies(rng, today, users)
        _load_sales(rng, accounts, today, users)
        _load_decisions(accounts, today, users)
        _save_views(users)
    for day in days_to_compute(today):
        tiering.recompute(day, actor=None, trigger=TierRun.Trigger.NIGHTLY)
    with transaction.atomic():
        visits.load(today, users)
        people_at_customers.load(today, users)
        complaints.load(today, users)
        handing_over.load(today, users)
        prospects.load(users)
    notices.tell_a_few()
    return len(accounts)


def days_to_compute(today: date) -> list[date]:
    """The last twelve month-ends, then the last days up to today, ascending."""
    ends = {ledger.month_start(today, age) - timedelta(days=1) for age in range(12)}
    recent = {today - timedelta(days=back) for back in range(RECENT_DAYS + 1)}
    return sorted(ends | recent)


def _load_sales(rng: Random, accounts: list[Account], today: date, users: dict[str, User]) -> None:
    """Orders with the invoices and payments that follow from them; open ones come last, so that
    they are decided beside what is owed.
    """
    erp = users[SERVICE_USER]
    for currency, valid_from, rate in ledger.exchange_rates(rng, today):
        set_exchange_rate(currency=currency, valid_from=valid_from, rate=rate, actor=erp)
    products = msgspec.convert(ledger.products(), list[ProductIn])
    upsert_products(list(enumerate(products)), actor=erp, atomic=True)
    numbers = [account.account_number for account in accounts[: companies.COMPANIES]]
    orders = ledger.orders(rng, ledger.customers(rng, numbers), today)
    chance = Random(SEED)  # noqa: S311 - not a secret
    debtors = plans.debtors(chance, orders, today)
    orders = receivables.sold_for_cash(orders, debtors)
    receivables.take_over_lines(debtors, users)
    to_deliver = [order for order in orders if order["status"] == "open"]
    _sync([order for order in orders if order["status"] != "open"], erp)
    with connection.cursor() as cursor:  # of what comes at once the database knows nothing yet
        cursor.execute("ANALYZE accounts_account, sales_order, sales_orderline")
    receivables.load_documents(chance, debtors, orders, today, erp, users["xu.fang"])
    by_number = {account.account_number: account for account in accounts}
    grants.look_back(chance, debtors, by_number, today, users)
    before = today - timedelta(days=12)
    _sync([order for order in to_deliver if order["ordered_on"] <= before.isoformat()], erp)
    credit_work.watch(before)
    _sync([order for order in to_deliver if order["ordered_on"] > before.isoformat()], erp)
    _work_on_credit(debtors, by_number, today, users)


def _work_on_credit(
    debtors: list[plans.Debtor], accounts: dict[str, Account], today: date, users: dict[str, User]
) -> None:
    grants.apply(debtors, accounts, today, users)
    credit_work.look_after_orders(debtors, accounts, users)
    credit_work.supervise(today, users)
    credit_work.collect(today, users)
    credit_work.send_statements(debtors, accounts, today, users)
    grants.review(today, users)
    grants.plan_year(today, users)


def _sync(orders: list[dict[str, Any]], erp: User) -> None:
    rows = msgspec.convert(orders, list[OrderIn], strict=False)
    upsert_orders(list(enumerate(rows)), actor=erp, atomic=True)


def _save_views(users: dict[str, User]) -> None:
    regions = {region.name: region.pk for region in Region.objects.all()}
    for owner, name, shared, wanted in SEGMENTS:
        data = {key: regions.get(value, value) for key, value in wanted.items()}
        query = Filters(data, user=users[owner]).query
        save_segment(name=name, query=query, is_shared=shared, actor=users[owner])


def _load_decisions(accounts: list[Account], today: date, users: dict[str, User]) -> None:
    """One designation in force and one that waits for an approver."""
    approved = tiering.propose_designation(
        accounts[60].pk,
        tier="key",
        reason="行业技术标准起草单位，带动同类客户采购（技术拓展客户）。",
        effective_from=today - timedelta(days=40),
        expires_on=today + timedelta(days=325),
        actor=users["zhang.wei"],
    )
    asked = Request.objects.of(approved).get()
    sign(
        asked.pk,
        actor=users["lin.feng"],
        decision="approve",
        comment="同意，一年后复审。",
        seen=asked.digest,
    )
    tiering.propose_designation(
        accounts[90].pk,
        tier="key",
        reason="新厂明年投产，预计采购额增长两倍。",
        effective_from=today,
        expires_on=today + timedelta(days=180),
        actor=users["sun.yan"],
    )
