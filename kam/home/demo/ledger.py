"""The demo sales: products, exchange rates and 24 months of orders, as an ERP would send them.

Each company has a planned share of the sales of twelve months, so that three are strategic,
about twenty are key, and the rest ordinary. Some grow and some fade, so that tiers move.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import exp, pi, sin
from random import Random
from typing import Any

MONTHS = 24
YEAR_SALES = 186_000_000  # CNY, planned, of the last twelve months
WALK_IN_SHARE = 0.06
STRATEGIC = (0.118, 0.081, 0.064)
KEYS = 20
TRENDS = {
    4: "growing",
    9: "growing",
    13: "fading",
    16: "growing",
    18: "fading",
    19: "new",
}  # of keys
CATALOGUE = {  # category: (code prefix, unit, [(name, list price)])
    "传感器": (
        "SN",
        "只",
        [
            ("光电传感器", 186),
            ("接近开关", 92),
            ("压力变送器", 860),
            ("温度变送器", 540),
            ("激光测距传感器", 2380),
            ("视觉传感器", 6900),
            ("编码器", 1180),
            ("液位计", 1450),
        ],
    ),
    "伺服驱动": (
        "SV",
        "台",
        [
            ("伺服电机 400W", 1980),
            ("伺服电机 750W", 2650),
            ("伺服电机 2kW", 4880),
            ("伺服驱动器 A 型", 2280),
            ("伺服驱动器 B 型", 3960),
            ("变频器 5.5kW", 3150),
            ("变频器 22kW", 8600),
            ("步进电机套件", 980),
        ],
    ),
    "控制器": (
        "PL",
        "台",
        [
            ("小型 PLC", 1680),
            ("中型 PLC", 9800),
            ("大型 PLC 主站", 42800),
            ("远程 I/O 模块", 1260),
            ("触摸屏 7 寸", 1450),
            ("触摸屏 15 寸", 4200),
            ("工业交换机", 2680),
            ("运动控制卡", 5400),
            ("边缘网关", 3800),
        ],
    ),
    "气动元件": (
        "PN",
        "件",
        [
            ("标准气缸", 265),
            ("薄型气缸", 198),
            ("电磁阀", 145),
            ("阀岛", 3900),
            ("气源处理组件", 420),
            ("真空发生器", 330),
            ("气爪", 760),
        ],
    ),
    "连接与线缆": (
        "CN",
        "件",
        [
            ("伺服动力线 5m", 320),
            ("编码器线 5m", 210),
            ("工业以太网线 10m", 145),
            ("M12 连接器", 38),
            ("重载连接器", 560),
            ("拖链电缆 100m", 2900),
            ("端子排", 85),
        ],
    ),
    "整机与服务": (
        "SY",
        "套",
        [
            ("六轴机器人", 86000),
            ("四轴机器人", 48500),
            ("直线模组", 7600),
            ("视觉检测工作站", 128000),
            ("电控柜", 36500),
            ("安装调试服务", 6000),
        ],
    ),
}
CURRENCIES = {"USD": Decimal("7.12"), "EUR": Decimal("7.78")}


@dataclass(frozen=True)
class Customer:
    """What one customer is planned to buy."""

    account_number: str | None
    share: float  # of the sales of twelve months
    orders_a_month: float
    trend: str = "steady"  # or "growing", "fading", "gone", "new"
    currency: str = "CNY"

    def weight(self, age: int) -> float:
        """How much of the plan is bought in the month that was `age` months ago."""
        return {
            "steady": 1.0 + 0.012 * (6 - age),
            "growing": 1.9 * exp(-age / 7),
            "fading": 0.45 + age / 16,
            "gone": 0.0 if age < 9 else 1.0,
            "new": 1.4 if age < 8 else 0.0,
        }[self.trend]


def products() -> list[dict[str, Any]]:
    """The catalogue, in the form of the REST contract."""
    return [
        {
            "product_code": f"{prefix}-{place + 1:03}",
            "name": name,
            "category": category,
            "unit": unit,
        }
        for category, (prefix, unit, items) in CATALOGUE.items()
        for place, (name, _price) in enumerate(items)
    ]


def exchange_rates(rng: Random, today: date) -> list[tuple[str, date, Decimal]]:
    """A rate of each foreign currency for every month, (currency, valid from, rate)."""
    return [
        (currency, month_start(today, age), rate + Decimal(rng.randint(-900, 900)) / 10000)
        for currency, rate in CURRENCIES.items()
        for age in range(MONTHS + 1)
    ]


def customers(rng: Random, account_numbers: list[str]) -> list[Customer]:
    """The plan of each account, the largest first, and of the walk-in sales."""
    plans = [Customer(account_numbers[i], STRATEGIC[i], 11.0) for i in range(len(STRATEGIC))]
    rest = account_numbers[len(plans) :]
    for place, number in enumerate(rest):
        if place < KEYS:
            share = 0.0118 + 0.022 * (1 - place / KEYS) ** 2
            trend = TRENDS.get(place, "steady")
            plans.append(
                Customer(number, share, 4.5, trend, ["CNY", "CNY", "CNY", "USD"][place % 4])
            )
        else:
            share = min(0.0072, rng.lognormvariate(-6.9, 0.75))
            trend = rng.choices(
                ["steady", "growing", "fading", "gone", "new"], [52, 13, 15, 14, 6]
            )[0]
            currency = "EUR" if place % 31 == 0 else "CNY"
            plans.append(Customer(number, share, rng.choice([0.3, 0.6, 1.0, 1.6]), trend, currency))
    return [*plans, Customer(None, WALK_IN_SHARE, 45.0)]


def month_start(today: date, age: int) -> date:
    """The first day of the month that was `age` months ago."""
    months = today.year * 12 + today.month - 1 - age
    return date(months // 12, months % 12 + 1, 1)


def orders(rng: Random, plans: list[Customer], today: date) -> list[dict[str, Any]]:
    """Every order of the 24 months up to today, oldest first, in the form of the REST contract."""
    prices = [
        (f"{prefix}-{place + 1:03}", price)
        for prefix, _unit, items in CATALOGUE.values()
        for place, (_name, price) in enumerate(items)
    ]
    wanted = []
    for plan in plans:
        for age in range(MONTHS):
            season = 1 + 0.16 * sin((today.month - age) * pi / 6)
            amount = YEAR_SALES / 12 * plan.share * plan.weight(age) * season
            count = _poisson(rng, plan.orders_a_month) if amount else 0
            for _ in range(count):
                day = today - timedelta(days=int(30.4 * age) + rng.randint(0, 29))
                value = amount / plan.orders_a_month * rng.lognormvariate(-0.045, 0.3)
                wanted.append((day, plan, value))
    wanted.sort(key=lambda row: (row[0], row[1].account_number or ""))
    made: list[dict[str, Any]] = []
    for place, (day, plan, value) in enumerate(wanted):
        order = _order(rng, prices, plan, day, value, today)
        order["order_number"] = f"SO{day:%y%m}{place + 1:05}"
        made.append(order)
        if plan.account_number and rng.random() < 0.02 and order["status"] == "delivered":
            made.append(_return(rng, order, today))
    return made


def _poisson(rng: Random, mean: float) -> int:
    count, product = 0, rng.random()
    while product > exp(-mean):
        count, product = count + 1, product * rng.random()
    return count


def _order(
    rng: Random,
    prices: list[tuple[str, int]],
    plan: Customer,
    day: date,
    value: float,
    today: date,
) -> dict[str, Any]:
    rate = float(CURRENCIES.get(plan.currency, 1))
    lines: list[dict[str, Any]] = []
    for part in _parts(rng, value):
        code, price = rng.choice(_fitting(prices, part))
        quantity = max(1, round(part / price))
        unit_price = Decimal(str(round(price * rng.uniform(0.93, 1.02) / rate, 2)))
        cost = (unit_price * Decimal(str(round(rng.uniform(0.58, 0.78), 2)))).quantize(
            Decimal("0.01")
        )
        lines.append(
            {
                "line_number": len(lines) + 1,
                "product_code": code,
                "quantity": str(quantity),
                "unit_price": str(unit_price),
                "unit_cost": str(cost),
            }
        )
    return {
        "order_number": "",
        "account_number": plan.account_number,
        "ordered_on": day.isoformat(),
        "currency": plan.currency,
        **_delivery(rng, plan, day, today),
        "lines": lines,
    }


def _fitting(prices: list[tuple[str, int]], value: float) -> list[tuple[str, int]]:
    """The products that a sensible quantity of is worth about `value`."""
    fitting = [row for row in prices if 1 <= value / row[1] <= 240]
    return fitting or [min(prices, key=lambda row: abs(value - row[1]))]


def _parts(rng: Random, value: float) -> list[float]:
    weights = [rng.uniform(0.5, 1.5) for _ in range(rng.choices([1, 2, 3, 4], [25, 35, 25, 15])[0])]
    return [value * weight / sum(weights) for weight in weights]


def _delivery(rng: Random, plan: Customer, day: date, today: date) -> dict[str, str | None]:
    """Status and days: walk-in sales are taken along, 1.5 % is cancelled, 8 % comes late."""
    if plan.account_number is None:
        return {"status": "delivered", "promised_on": None, "delivered_on": day.isoformat()}
    promised = day + timedelta(days=rng.randint(5, 25))
    late = rng.random() < 0.08
    due = promised + timedelta(days=rng.randint(1, 18) if late else -rng.randint(0, 4))
    status, delivered = ("delivered", due) if due <= today else ("open", None)
    if rng.random() < 0.015:
        status, delivered = "cancelled", None
    return {
        "status": status,
        "promised_on": promised.isoformat(),
        "delivered_on": max(delivered, day).isoformat() if delivered else None,
    }


def _return(rng: Random, order: dict[str, Any], today: date) -> dict[str, Any]:
    """Part of an order that came back: a negative quantity of its first line."""
    first = order["lines"][0]
    back = max(1, int(first["quantity"]) // rng.randint(2, 5))
    day = min(today, date.fromisoformat(order["ordered_on"]) + timedelta(days=rng.randint(12, 40)))
    return {
        **order,
        "order_number": f"RT{order['order_number'][2:]}",
        "ordered_on": day.isoformat(),
        "status": "delivered",
        "promised_on": None,
        "delivered_on": day.isoformat(),
        "lines": [{**first, "line_number": 1, "quantity": str(-back)}],
    }
