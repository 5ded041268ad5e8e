"""Plain functions that make valid rows; override what the test is about. Nothing random."""

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from accounts.models import Account, Contact
from kam.core import tokens
from kam.core.money import amount as rounded
from sales.models import Order, OrderLine, Product
from staff.models import User

PASSWORD = "a-long-test-password"
_numbers = count(1)


def make_user(
    username: str = "", role: str | None = None, perms: tuple[str, ...] = (), **fields: Any
) -> User:
    """A user with the permissions of `role` and those of `perms` ("app.codename")."""
    user = User.objects.create_user(
        username or f"user{next(_numbers)}", password=PASSWORD, **fields
    )
    if role:
        user.groups.add(Group.objects.get(name=role))
    for perm in perms:
        app, codename = perm.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return user


def make_service_user(username: str = "") -> User:
    return User.objects.create(username=username or f"service{next(_numbers)}", is_service=True)


def make_token(*scopes: str, user: User | None = None, **fields: Any) -> str:
    """The key of a new token of a service user."""
    _token, key = tokens.issue(
        user=user or make_service_user(), scopes=scopes, actor=None, **fields
    )
    return key


def make_account(**fields: Any) -> Account:
    number = fields.pop("account_number", None) or f"A{next(_numbers):05}"
    return Account.objects.create(account_number=number, **{"name": f"测试公司{number}", **fields})


def make_contact(account: Account, **fields: Any) -> Contact:
    return Contact.objects.create(account=account, **{"name": "王芳", **fields})


def make_product(code: str = "", **fields: Any) -> Product:
    return Product.objects.create(code=code or f"P{next(_numbers):05}", **fields)


def make_order(
    account: Account | None,
    ordered_on: date | str | None = None,
    amount: Decimal | str | int = "100.00",
    *,
    lines: list[tuple[Product, str, str]] | None = None,
    **fields: Any,
) -> Order:
    """An order of one line with this net amount (negative: a return), or of the given lines.

    lines: (product, quantity, unit price) each. Amounts are in the reporting currency.
    """
    if isinstance(ordered_on, str):
        ordered_on = date.fromisoformat(ordered_on)
    if lines is None:
        value = Decimal(amount)
        product = Product.objects.filter(code="P1").first() or make_product("P1")
        lines = [(product, "-1" if value < 0 else "1", str(abs(value)))]
    amounts = [rounded(Decimal(quantity) * Decimal(price)) for _product, quantity, price in lines]
    order = Order.objects.create(
        account=account,
        ordered_on=ordered_on or timezone.localdate(),
        order_number=fields.pop("order_number", None) or f"O{next(_numbers):06}",
        net_amount=sum(amounts, Decimal(0)),
        **{"currency": "CNY", "content_digest": b"\0" * 16, **fields},
    )
    for number, ((product, quantity, price), line_amount) in enumerate(
        zip(lines, amounts, strict=True), start=1
    ):
        OrderLine.objects.create(
            order=order,
            line_number=number,
            product=product,
            quantity=Decimal(quantity),
            unit_price=Decimal(price),
            amount=line_amount,
        )
    return order
