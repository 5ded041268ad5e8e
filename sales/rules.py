"""What an order is worth and when it is late: pure functions, no Django.

Shapes are those of the REST contract (POST /orders/bulk/, POST /products/bulk/); every door
that writes orders fills the same ones. Rules: docs/policies/sales.md.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation, localcontext
from hashlib import blake2b
from typing import Annotated, Literal

import msgspec

BIGINT_MAX = 2**63 - 1
INTEGER_MAX = 2**31 - 1

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
AccountNumber = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
LineNumber = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]
Version = Annotated[int, msgspec.Meta(ge=-BIGINT_MAX, le=BIGINT_MAX)]
Text = Annotated[str, msgspec.Meta(max_length=200)]
ShortText = Annotated[str, msgspec.Meta(max_length=60)]
Unit = Annotated[str, msgspec.Meta(max_length=20)]
# Without the length, "USD" and a line break after it would match.
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", max_length=3)]


class LineIn(msgspec.Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    """One line of an order as a client sends it."""

    product_code: Key
    quantity: Decimal
    unit_price: Decimal
    line_number: LineNumber | None = None
    description: Text = ""
    unit_cost: Decimal | None = None


class OrderIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One order as a client sends it; `account_number` None is a walk-in sale."""

    order_number: Key
    account_number: AccountNumber | None
    ordered_on: date
    lines: list[LineIn]
    currency: Currency | None = None
    exchange_rate: Decimal | None = None
    status: Literal["open", "delivered", "cancelled"] = "delivered"
    promised_on: date | None = None
    delivered_on: date | None = None
    version: Version | None = None


class ProductIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One product as a client sends it; what is left out stays as it is."""

    product_code: Key
    name: Text | msgspec.UnsetType = msgspec.UNSET
    category: ShortText | msgspec.UnsetType = msgspec.UNSET
    unit: Unit | msgspec.UnsetType = msgspec.UNSET


class FieldError(Exception):
    """One object is wrong: `field` as a path ("lines.3.quantity"), `code` for programs.

    `text` with `values` in it says why; `sales.wording.refusal` translates it.
    """

    def __init__(self, field: str, code: str, text: str, **values: object) -> None:
        super().__init__(text)
        self.field, self.code, self.text, self.values = field, code, text, values


def gettext_noop(text: str) -> str:
    """Marks a text for the translators; it is translated where it is said."""
    return text


@dataclass(frozen=True, slots=True)
class PreparedOrder:
    """A checked order, ready to be stored.

    Of each line: `product_codes` and `line_rows`, all else that is stored (number, description,
    quantity, price, cost, amount) as a row of PostgreSQL's text format. Lists, not objects, and
    bytes, not text, which takes up to four times as much: a call may hold 400,000 lines.
    """

    order_number: str
    account_number: str | None
    ordered_on: date
    currency: str
    exchange_rate: Decimal
    status: str
    promised_on: date | None
    delivered_on: date | None
    version: int | None
    net_amount: Decimal
    content_digest: bytes
    product_codes: list[str]
    line_rows: list[bytes]


# --- numbers -----------------------------------------------------------------
# A context per column: more digits than the column holds, or decimals that would be lost, signal.
_EXACT_COLUMN = [InvalidOperation, Inexact]
_QUANTITY = Context(prec=15, traps=_EXACT_COLUMN)
_PRICE = Context(prec=18, traps=_EXACT_COLUMN)
_RATE = Context(prec=18, traps=_EXACT_COLUMN)
_AMOUNT = Context(prec=18, traps=[InvalidOperation], rounding=ROUND_HALF_EVEN)
_PRODUCT = Context(prec=60, traps=[InvalidOperation])  # 15 + 18 + 18 digits: products are exact
_THREE, _FOUR, _EIGHT = Decimal("0.001"), Decimal("0.0001"), Decimal("0.00000001")
_ONE = Decimal(1)
# PostgreSQL's text format
_NULL = r"\N"
_UNESCAPED = {r"\\": "\\", r"\t": "\t", r"\n": "\n", r"\r": "\r"}
_ESCAPED = str.maketrans({plain: escaped for escaped, plain in _UNESCAPED.items()})
_ESCAPE = re.compile(r"\\.")


def _fit(value: Decimal, unit: Decimal, column: Context, field: str) -> Decimal:
    """`value` in the scale of its column, unless that would lose a digit."""
    try:
        fitted = column.quantize(value, unit)
    except Inexact:
        decimals = -int(unit.as_tuple().exponent)
        raise FieldError(
            field,
            "too_many_decimals",
            gettext_noop("At most %(decimals)d decimals."),
            decimals=decimals,
        ) from None
    except InvalidOperation:
        raise FieldError(field, "out_of_range", gettext_noop("The number is too large.")) from None
    if fitted.is_nan():
        raise FieldError(field, "invalid", gettext_noop("Not a number."))
    return fitted or abs(fitted)  # no minus zero


def fit_amount(value: Decimal, field: str) -> Decimal:
    """An amount as it was sent, with the 4 decimals of its column; FieldError if it has more."""
    return _fit(value, _FOUR, _PRICE, field)


def fit_rate(value: Decimal, field: str) -> Decimal:
    """An exchange rate with the 8 decimals of its column; FieldError if it has more or is 0."""
    rate = _fit(value, _EIGHT, _RATE, field)
    if rate <= 0:
        raise FieldError(field, "out_of_range", gettext_noop("An exchange rate is above 0."))
    return rate


def line_amount(quantity: Decimal, unit_price: Decimal, exchange_rate: Decimal) -> Decimal:
    """Quantity x price in the reporting currency, 4 decimals, half even after the conversion.

    Raises InvalidOperation above 14 digits before the point.
    """
    product = _PRODUCT.multiply(quantity, unit_price)
    if exchange_rate is not _ONE:
        product = _PRODUCT.multiply(product, exchange_rate)
    return _AMOUNT.quantize(product, _FOUR)


# --- orders ------------------------------------------------------------------
def prepare_order(
    order: OrderIn,
    *,
    reporting_currency: str,
    stored_rate: Callable[[str, date], Decimal | None],
) -> PreparedOrder:
    """Check one order and compute its amounts; raises FieldError with the first thing wrong.

    `stored_rate` gives the exchange rate of a currency on a day, or None.
    """
    check_order_number(order.order_number)
    if order.account_number is not None:
        check_key("account_number", order.account_number)
    currency = order.currency or reporting_currency
    rate = _exchange_rate(order, currency, reporting_currency, stored_rate)
    rows, amounts = _prepare_lines(order.lines, rate)
    try:
        with localcontext(_PRODUCT):
            net_amount = _AMOUNT.quantize(sum(amounts, Decimal(0)), _FOUR)
    except InvalidOperation:
        raise FieldError(
            "lines", "out_of_range", gettext_noop("The order's amount is too large.")
        ) from None
    head = (
        order.order_number,
        order.account_number,
        order.ordered_on,
        currency,
        rate,
        order.status,
        order.promised_on,
        order.delivered_on,
    )
    codes = [line.product_code for line in order.lines]
    digest = content_digest(head, codes, rows)
    return PreparedOrder(*head, order.version, net_amount, digest, codes, rows)


def _exchange_rate(
    order: OrderIn,
    currency: str,
    reporting_currency: str,
    stored_rate: Callable[[str, date], Decimal | None],
) -> Decimal:
    rate = order.exchange_rate
    if currency == reporting_currency:
        if rate is not None and rate != _ONE:
            raise FieldError(
                "exchange_rate",
                "invalid",
                gettext_noop("%(currency)s converts to itself at 1."),
                currency=currency,
            )
        return _ONE
    if rate is None:
        rate = stored_rate(currency, order.ordered_on)
    if rate is None:
        raise FieldError(
            "exchange_rate",
            "no_exchange_rate",
            gettext_noop("No exchange_rate given and none stored for %(currency)s on %(day)s."),
            currency=currency,
            day=order.ordered_on,
        )
    return fit_rate(rate, "exchange_rate")


def _prepare_lines(lines: list[LineIn], rate: Decimal) -> tuple[list[bytes], list[Decimal]]:
    """The lines as rows to be stored, and their amounts."""
    rows, amounts = [], []
    numbers = set()
    for position, line in enumerate(lines):
        number = position + 1 if line.line_number is None else line.line_number
        try:
            row, amount = _prepare_line(line, number, rate)
            if number in numbers:
                raise FieldError(
                    "line_number",
                    "duplicate_line_number",
                    gettext_noop("%(name)s is there twice."),
                    name=number,
                )
        except FieldError as error:
            error.field = f"lines.{position}.{error.field}"
            raise
        numbers.add(number)
        rows.append(row)
        amounts.append(amount)
    return rows, amounts


def _prepare_line(line: LineIn, number: int, rate: Decimal) -> tuple[bytes, Decimal]:
    check_key("product_code", line.product_code)
    text = line.description
    if not text.isprintable() or "\\" in text:
        if "\0" in text:
            raise FieldError("description", "invalid", gettext_noop("Contains a NUL character."))
        text = text.translate(_ESCAPED)
    quantity = _fit(line.quantity, _THREE, _QUANTITY, "quantity")
    price = _fit(line.unit_price, _FOUR, _PRICE, "unit_price")
    cost = _NULL
    if line.unit_cost is not None:
        cost = str(_fit(line.unit_cost, _FOUR, _PRICE, "unit_cost"))
    if quantity < 0 and price < 0:
        raise FieldError(
            "quantity", "double_negative", gettext_noop("Quantity and price are both negative.")
        )
    try:
        amount = line_amount(quantity, price, rate)
    except InvalidOperation:
        raise FieldError(
            "quantity", "out_of_range", gettext_noop("The amount is too large.")
        ) from None
    row = f"{number}\t{text}\t{quantity!s}\t{price!s}\t{cost}\t{amount!s}"
    return row.encode(), amount


def description_of(row: bytes) -> str:
    """The description in a row of `PreparedOrder.line_rows`."""
    return _unescaped(row.split(b"\t", 2)[1].decode())


def line_values(row: bytes) -> list[str | None]:
    """All that is in a row of `PreparedOrder.line_rows`, in its order, as text."""
    fields = row.decode().split("\t")
    return [None if field == _NULL else _unescaped(field) for field in fields]


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _UNESCAPED[found[0]], text) if "\\" in text else text


def check_key(field: str, value: str) -> None:
    """A natural key is visible text without blanks around it."""
    if not value.isprintable() or value.strip() != value:
        raise FieldError(
            field,
            "invalid",
            gettext_noop("Leave out blanks at its ends, line breaks and control characters."),
        )


def check_order_number(number: str) -> None:
    """A key that can stand in an address: /orders/<number>/, slashes included."""
    check_key("order_number", number)
    if number == "bulk" or not {".", ".."}.isdisjoint(number.split("/")):
        raise FieldError(
            "order_number",
            "reserved",
            gettext_noop("A number may not be “bulk”, nor have “.” or “..” between slashes."),
        )


def check_product(product: ProductIn) -> None:
    """Raises FieldError when a product cannot be stored."""
    check_key("product_code", product.product_code)


def content_digest(
    head: tuple[object, ...], product_codes: Sequence[str], line_rows: Sequence[bytes]
) -> bytes:
    """16 bytes that are equal exactly when two orders say the same (lines in any order).

    The version is not content: it says how old the content is.
    """
    codes = map(str.encode, product_codes)
    lines = sorted(map(b"\t".join, zip(line_rows, codes, strict=True)))
    return blake2b(b"\n".join([repr(head).encode(), *lines]), digest_size=16).digest()


def is_news(order: PreparedOrder, digest: bytes, version: int | None, *, moved: bool) -> bool:
    """Whether an order says something else than the stored one, given its digest and version.

    An older version never does; a newer one always does, if only its version. `moved`: its
    account number leads to another archive than the stored one's: a merge came or was undone.
    """
    if order.version is not None and version is not None and order.version < version:
        return False
    return moved or order.content_digest != digest or order.version not in (None, version)


# --- deliveries --------------------------------------------------------------
def days_late(*, status: str, promised_on: date | None, delivered_on: date | None, on: date) -> int:
    """Days past the promised one (B2): to the delivery, or to `on` while the order is open.

    0 when in time, when nothing was promised, and for a cancelled order. Source:
    docs/policies/sales.md section 3.
    """
    if promised_on is None or status == "cancelled":
        return 0
    if delivered_on is not None:
        return max((delivered_on - promised_on).days, 0)
    return max((on - promised_on).days, 0) if status == "open" else 0


# --- windows -----------------------------------------------------------------
def year_before(day: date) -> date:
    """The same day of the year before; 28 February for 29 February."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def months_up_to(day: date, months: int) -> list[date]:
    """The first days of the `months` months up to that of `day`, oldest first."""
    last = day.year * 12 + day.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - months + 1, last + 1)]


def month_of(first: date) -> tuple[date, date]:
    """First and last day of the month that begins with `first`."""
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first, following - timedelta(days=1)
