"""What holds for every order: amounts, digests, counts."""

import json
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sales.models import Order, OrderLine
from sales.rules import LineIn, OrderIn, is_news, line_amount, prepare_order
from tests.factories import make_account

quantities = st.decimals(-(10**6), 10**6, places=3)
prices = st.decimals(-(10**6), 10**6, places=4)
rates = st.decimals(Decimal("0.00000001"), 10**4, places=8)
texts = st.text("ab 灯\\\t\n\r'", max_size=12)
codes = st.text("ab灯\\'", max_size=4)
relaxed = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def lines(draw):
    quantity, price = draw(quantities), draw(prices)
    assume(quantity >= 0 or price >= 0)
    return LineIn(
        product_code=draw(st.sampled_from(["P1", "P2", "灯"])),
        quantity=quantity,
        unit_price=price,
        description=draw(texts),
    )


def order(lines, **fields):
    known = {"order_number": "A", "account_number": None, "ordered_on": date(2026, 3, 1)}
    return OrderIn(**{**known, **fields}, lines=lines)


def prepared(one):
    return prepare_order(one, reporting_currency="CNY", stored_rate=lambda *_: None)


@relaxed
@given(quantities, prices, rates)
def test_an_amount_is_the_exact_product_rounded_once_half_even(quantity, price, rate):
    with localcontext(prec=100):
        exact = (quantity * price * rate).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    assert line_amount(quantity, price, rate) == exact


@relaxed
@given(st.lists(lines(), max_size=6))
def test_the_net_amount_is_the_sum_of_the_lines(items):
    expected = sum(
        (line_amount(item.quantity, item.unit_price, Decimal(1)) for item in items), Decimal(0)
    )
    assert prepared(order(items)).net_amount == expected


@relaxed
@given(st.lists(lines(), min_size=1, max_size=6), st.data())
def test_the_digest_knows_what_is_said_and_not_how(items, data):
    numbered = [
        msgspec.structs.replace(item, line_number=number)
        for number, item in enumerate(items, start=1)
    ]
    shuffled = data.draw(st.permutations(numbered))
    first, second = prepared(order(items)), prepared(order(shuffled, currency="CNY"))
    assert first.content_digest == second.content_digest
    assert not is_news(first, second.content_digest, None, moved=False)

    changed = msgspec.structs.replace(items[0], description=items[0].description + "!")
    other = prepared(order([changed, *items[1:]]))
    assert other.content_digest != first.content_digest


@relaxed
@given(codes, texts, codes, texts)
def test_texts_do_not_run_into_each_other_in_the_digest(a, b, c, d):
    assume((a, b) != (c, d))

    def digest(code, text):
        line = LineIn(
            product_code=f"P{code}", quantity=Decimal(1), unit_price=Decimal(1), description=text
        )
        return prepared(order([line])).content_digest

    assert digest(a, b) != digest(c, d)


rows = st.fixed_dictionaries(
    {
        "order_number": st.sampled_from(["A", "B", "C", "", "x" * 61]),
        "account_number": st.sampled_from(["K1", None, "K9"]),
        "ordered_on": st.sampled_from(["2026-03-01", "2026-02-30"]),
        "lines": st.lists(
            st.fixed_dictionaries(
                {
                    "product_code": st.sampled_from(["P1", "P2"]),
                    "quantity": st.sampled_from(["1", "-1", "0.0001", "NaN", 2.5, "9" * 30]),
                    "unit_price": st.sampled_from(["1.5", "-2", 7]),
                }
            ),
            max_size=2,
        ),
    },
    optional={
        "version": st.sampled_from([None, 1, 2]),
        "status": st.sampled_from(["open", "cancelled", "lost"]),
        "colour": st.just("red"),
    },
)


@pytest.fixture
def erp(api):
    make_account(account_number="K1")
    return api("orders:write")


@relaxed
@given(st.lists(rows, max_size=6))
def test_every_row_is_counted_once_and_a_replay_changes_nothing(erp, sent):
    def send():
        body = json.dumps({"orders": sent})
        response = erp.post("/api/v1/orders/bulk/", body, content_type="application/json")
        assert response.status_code == 200, response.text
        answer = response.json()
        counted = ["created", "updated", "unchanged", "rejected"]
        assert answer["received"] == len(sent) == sum(answer[name] for name in counted)
        assert len({error["index"] for error in answer["errors"]}) == answer["rejected"]
        return answer

    def ledger():
        return list(Order.objects.order_by("pk").values()), list(
            OrderLine.objects.order_by("pk").values()
        )

    first, stored = send(), ledger()
    again = send()

    assert again["rejected"] == first["rejected"]
    assert again["created"] == again["updated"] == 0
    assert ledger() == stored
