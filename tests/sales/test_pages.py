"""Pages of the ledger in the browser's view: what is shown, and to whom."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kam.core.models import AuditEntry
from sales.models import ExchangeRate
from tests.factories import make_account, make_order, make_product, make_user


@pytest.fixture
def in_english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def diana_logged_in(in_english, diana):
    in_english.force_login(diana)
    return in_english


@pytest.fixture
def ledger(k1):
    make_order(k1, "2026-03-02", "1234.5", order_number="SO/1", promised_on="2026-03-05",
               delivered_on="2026-03-09")  # fmt: skip
    make_order(k1, "2026-04-01", "-34.5", order_number="SO/2")
    make_order(k1, "2026-04-02", "7", order_number="SO/3", status="cancelled")
    make_order(None, "2026-05-01", "10", order_number="WALK-IN-1")


def test_orders_are_listed_with_the_total_of_the_page(diana_logged_in, ledger):
    response = diana_logged_in.get("/orders/")

    assert response.status_code == 200
    for text in ("SO/1", "1,234.50", "4 days late", "Return", "Walk-in sale", "1,210.00"):
        assert text in response.text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("search=SO/1", {"SO/1"}),
        ("search=华锐", {"SO/1", "SO/2", "SO/3"}),
        ("search=nobody", set()),
        ("account=K1&month=2026-04", {"SO/2", "SO/3"}),
        ("since=2026-04-01&until=2026-04-01", {"SO/2"}),
        ("status=cancelled", {"SO/3"}),
        ("late=on", {"SO/1"}),
    ],
)
def test_the_list_is_narrowed(diana_logged_in, ledger, query, shown):
    response = diana_logged_in.get(f"/orders/?{query}")

    assert response.status_code == 200
    assert {row.order_number for row in response.context["page"].rows} == shown


@pytest.mark.parametrize("query", ["since=soon", "status=lost", "month=2026"])
def test_a_wrong_filter_is_named(diana_logged_in, ledger, query):
    response = diana_logged_in.get(f"/orders/?{query}")
    assert response.status_code == 422
    assert response.context["form"].errors


def test_the_list_is_paged(diana_logged_in, k1):
    for number in range(60):
        make_order(k1, "2026-01-01", order_number=f"N{number:02}")

    first = diana_logged_in.get("/orders/?account=K1")
    second = diana_logged_in.get(f"/orders/?{first.context['next_query']}")

    rows = [*first.context["page"].rows, *second.context["page"].rows]
    assert len({row.order_number for row in rows}) == len(rows) == 60
    assert diana_logged_in.get("/orders/?cursor=nonsense").status_code == 400


def test_an_order_shows_its_lines_its_conversion_and_its_delay(diana_logged_in, k1):
    make_order(
        k1, "2026-03-02", order_number="SO/9", currency="USD", exchange_rate=Decimal("7.1"),
        lines=[(make_product("LAMP", name="Lamp"), "2", "1000")], promised_on="2026-03-05",
        delivered_on="2026-03-06",
    )  # fmt: skip

    response = diana_logged_in.get("/orders/SO/9/")

    assert response.status_code == 200
    for text in ("LAMP", "2,000.00", "1 USD = 7.1 CNY", "1 day late", "华锐科技有限公司"):
        assert text in response.text


def test_the_panel_shows_late_orders_the_months_and_the_last_orders(diana_logged_in, k1):
    today = timezone.localdate()
    make_order(k1, today, "250", order_number="NEW", status="open",
               promised_on=today - timedelta(days=3))  # fmt: skip

    fragment = diana_logged_in.get("/accounts/K1/orders/", headers={"HX-Request": "true"})

    assert fragment.status_code == 200
    assert "<html" not in fragment.text
    for text in ("3 days late", 'data-chart="monthly"', "250.00", f"month={today:%Y-%m}"):
        assert text in fragment.text
    assert "<html" in diana_logged_in.get("/accounts/K1/orders/").text


def test_the_panel_of_an_account_without_orders_says_so(diana_logged_in, k1):
    assert "No orders yet." in diana_logged_in.get("/accounts/K1/orders/").text


def test_products_are_searched_and_lead_to_their_orders(diana_logged_in, k1):
    make_order(k1, lines=[(make_product("LA/MP", name="Lamp"), "2", "10")], order_number="SO/9")
    make_product("CABLE")

    listing = diana_logged_in.get("/products/?search=lam")
    detail = diana_logged_in.get("/products/LA/MP/")

    assert "LA/MP" in listing.text
    assert "CABLE" not in listing.text
    assert "SO/9" in detail.text


def test_walk_in_sales_and_other_managers_orders_do_not_exist_for_anna(
    in_english, anna, k1, ledger
):
    make_order(make_account(account_number="K2"), order_number="OTHER")
    in_english.force_login(anna)

    listed = {row.order_number for row in in_english.get("/orders/").context["page"].rows}

    assert listed == {"SO/1", "SO/2", "SO/3"}
    for hidden in ("WALK-IN-1", "OTHER", "NOTHING"):
        assert in_english.get(f"/orders/{hidden}/").status_code == 404
    assert in_english.get("/accounts/K2/orders/").status_code == 404
    assert in_english.get("/orders/?account=K2").status_code == 404


@pytest.mark.parametrize("path", ["/orders/", "/orders/SO/1/", "/accounts/K1/orders/", "/products/",
                                  "/products/P1/", "/exchange-rates/"])  # fmt: skip
def test_who_may_not_see_orders_is_refused(client, sysadmin, ledger, path):
    assert client.get(path).status_code == 302
    client.force_login(sysadmin)
    assert client.get(path).status_code == 403


@pytest.mark.parametrize(
    "path", ["/orders/", "/accounts/K1/orders/", "/products/P1/", "/products/"]
)
def test_the_number_of_queries_does_not_grow(diana_logged_in, k1, path):
    def count():
        with CaptureQueriesContext(connection) as queries:
            assert diana_logged_in.get(path).status_code == 200
        return len(queries)

    make_order(k1)
    count()
    one = count()
    for number in range(9):
        make_order(k1)
        make_order(make_account())
        make_product(f"Z{number}")
    assert count() == one


def rate(**fields):
    return {"currency": "usd", "valid_from": "2026-03-01", "rate": "7.1234", **fields}


def test_finance_adds_a_rate_and_corrects_it(in_english, fiona):
    in_english.force_login(fiona)

    assert in_english.post("/exchange-rates/", rate()).status_code == 302
    assert in_english.post("/exchange-rates/", rate(rate="7.2")).status_code == 302

    stored = ExchangeRate.objects.get()
    assert (stored.currency, stored.rate) == ("USD", Decimal("7.2"))
    changes = AuditEntry.objects.filter(action="sales.exchange_rate_set").order_by("pk")
    assert changes.last().changes == {"rate": ["7.12340000", "7.2"]}
    assert "7.2" in in_english.get("/exchange-rates/").text


@pytest.mark.parametrize(
    "bad",
    [{"currency": "CNY"}, {"currency": "U1D"}, {"rate": "0"}, {"rate": "-1"}, {"rate": "NaN"},
     {"rate": "1.123456789"}, {"valid_from": "soon"}, {"currency": ""}],
)  # fmt: skip
def test_a_wrong_rate_is_named_and_not_stored(in_english, fiona, bad):
    in_english.force_login(fiona)

    response = in_english.post("/exchange-rates/", rate(**bad))

    assert response.status_code == 422
    assert response.context["form"].errors
    assert not ExchangeRate.objects.exists()


def test_rates_are_added_only_with_the_permission(client, db):
    client.force_login(make_user("rita", "researcher"))
    assert client.get("/exchange-rates/").status_code == 200
    assert client.post("/exchange-rates/", rate()).status_code == 403
