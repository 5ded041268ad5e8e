"""POST /api/v1/products/bulk/ and GET /api/v1/products/."""

import json

import pytest

from sales.models import Product

URL = "/api/v1/products/bulk/"


@pytest.fixture
def erp(api):
    return api("orders:write", "orders:read")


def send(client, *products, query=""):
    body = json.dumps({"products": products})
    return client.post(URL + query, body, content_type="application/json")


def counts(response):
    assert response.status_code == 200, response.text
    answer = response.json()
    return [answer[name] for name in ("received", "created", "updated", "unchanged", "rejected")]


def test_products_are_created_updated_and_left_alone(erp):
    send(erp, {"product_code": "A", "name": "Lamp", "unit": "pc"}, {"product_code": "B"})

    response = send(
        erp,
        {"product_code": "A", "name": "Lamp"},
        {"product_code": "B", "category": "Light"},
        {"product_code": "C"},
        {"product_code": "", "name": "?"},
        {"product_code": "C", "name": "Cable"},
    )

    assert counts(response) == [5, 1, 1, 1, 2]
    codes = [error["code"] for error in response.json()["errors"]]
    assert codes == ["duplicate_in_request", "invalid"]
    stored = list(Product.objects.values_list("code", "name", "category", "unit"))
    assert stored == [("A", "Lamp", "", "pc"), ("B", "", "Light", ""), ("C", "Cable", "", "")]


def test_what_is_left_out_stays_and_what_is_empty_is_emptied(erp):
    send(erp, {"product_code": "A", "name": "Lamp", "unit": "pc"})

    send(erp, {"product_code": "A", "unit": ""})

    assert Product.objects.values_list("name", "unit").get() == ("Lamp", "")


def test_the_same_again_changes_no_row(erp):
    send(erp, {"product_code": "A", "name": "Lamp"})
    before = Product.objects.values().get()

    assert counts(send(erp, {"product_code": "A", "name": "Lamp"})) == [1, 0, 0, 1, 0]
    assert Product.objects.values().get() == before


@pytest.mark.parametrize(
    "bad",
    [{"name": "x" * 201}, {"name": "\0"}, {"unit": 3}, {"price": 1}, {"product_code": "a\nb"}],
)
def test_a_bad_product_spoils_only_itself_unless_atomic(erp, bad):
    rows = [{"product_code": "A"}, {"product_code": "B", **bad}]

    assert send(erp, *rows, query="?atomic=true").status_code == 422
    assert not Product.objects.exists()
    assert counts(send(erp, *rows)) == [2, 1, 0, 0, 1]


def test_products_are_listed_by_code_and_mirrored(erp):
    send(erp, *({"product_code": code} for code in "CAB"))

    first = erp.get("/api/v1/products/?page_size=2").json()
    second = erp.get(first["next"]).json()

    listed = [row["product_code"] for row in first["results"] + second["results"]]
    assert listed == ["A", "B", "C"]
    assert set(first["results"][0]) == {"product_code", "name", "category", "unit", "updated_at"}
    mirrored = erp.get("/api/v1/products/?updated_since=2000-01-01T00:00:00Z").json()
    assert len(mirrored["results"]) == 3
