"""Plain functions for credit lines and for orders as the ERP sends them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account
from credit.models import CreditLine, CreditParty, GroupMove
from credit.services import groups
from credit.services.orders import orders_written
from kam.core.bulk import BulkOutcome
from sales import listeners
from sales.rules import LineIn, OrderIn
from sales.services import orders
from staff.models import User
from tests.factories import make_service_user, make_user


def grant(account: Account, limit: Decimal | str | int, **fields: Any) -> CreditLine:
    """An opening line, the only one that needs no signed request."""
    today = timezone.localdate()
    values = {
        "limit": Decimal(limit),
        "currency": "CNY",
        "terms_days": 30,
        "valid_from": today - timedelta(days=10),
        "valid_until": today + timedelta(days=300),
        "reason": "测试",
    }
    if "approved_by" not in fields:
        fields["approved_by"] = make_user(role="deputy_gm")
    return CreditLine.objects.create(account=account, **values | fields)


def form_group(head: Account) -> set[int]:
    """Have the group of a head with a line follow the archive, as when the line is signed."""
    return groups.follow(head.credit_lines.in_force(timezone.localdate()).get())


def put_in_group(account: Account, head: Account | None) -> None:
    """Put an account in a credit group on the word of somebody of finance, whatever it covers."""
    finance = make_user(role="finance")
    CreditParty.objects.get_or_create(account=account)
    GroupMove.objects.create(account=account, group=head, confirmed_by=finance)
    CreditParty.objects.filter(pk=account.pk).update(group=head)


def order(number: str = "O1", amount: str = "100", account: str | None = "K1", **fields: Any):
    """An open order of one line, as the ERP sends it."""
    line = LineIn(product_code="P1", quantity=Decimal(1), unit_price=Decimal(amount))
    values = {"status": "open", "ordered_on": date(2026, 3, 1), "lines": [line]}
    return OrderIn(order_number=number, account_number=account, **values | fields)


def send(*sent: OrderIn, actor: User | None = None, **options: Any) -> BulkOutcome:
    """Have the ERP send these orders in one call."""
    actor = actor or make_service_user()
    return orders.upsert_orders(list(enumerate(sent)), actor=actor, **options)


def in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no order is stored at once."""
    monkeypatch.setitem(listeners._listeners, orders_written, None)
