"""What an ERP would write to talk to us: a thin client of the REST contract, and its documents."""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.test import Client

BASE = "/api/v1"
SCOPES = [
    "accounts:read",
    "accounts:write",
    "orders:read",
    "orders:write",
    "receivables:write",
    "credit:read",
    "credit:check",
    "tiers:read",
    "tiers:run",
    "complaints:write",
    "webhooks:manage",
]
AS_OF = date(2026, 6, 30)


@dataclass
class Api:
    """One REST client: its token goes with every call."""

    token: str | None
    client: Client = field(default_factory=Client)

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
        """`path` is below /api/v1, or an address that an answer gave (`next`)."""
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        address = path.removeprefix("http://testserver")
        if not address.startswith(BASE):
            address = BASE + address
        return self.client.generic(
            method,
            address,
            body,
            content_type=headers.pop("Content-Type", "application/json"),
            headers=headers,
        )

    def get(self, path: str, /, **params: Any) -> Any:
        return self.call("GET", f"{path}?{urlencode(params)}" if params else path)

    def send(self, method: str, path: str, document: Any, **headers: str) -> Any:
        return self.call(method, path, json.dumps(document).encode(), **headers)

    def post(self, path: str, document: Any, **headers: str) -> Any:
        return self.send("POST", path, document, **headers)

    def all(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Every row of a list, page after page."""
        rows: list[dict[str, Any]] = []
        response = self.get(path, **params)
        while True:
            page = ok(response)
            rows += page["results"]
            if page["next"] is None:
                return rows
            response = self.call("GET", page["next"])

    def bulk(self, kind: str, objects: list[Any], query: str = "", **more: Any) -> dict[str, Any]:
        """An accepted bulk call; whatever it answers, its counts must add up."""
        answer: dict[str, Any] = ok(self.post(f"/{kind}/bulk/{query}", {kind: objects, **more}))
        counted = sum(answer[name] for name in ("created", "updated", "unchanged", "rejected"))
        assert answer["received"] == len(objects) == counted, answer
        assert len({error["index"] for error in answer["errors"]}) == answer["rejected"], answer
        return answer

    def orders(self, *objects: Any, **more: Any) -> dict[str, Any]:
        return self.bulk("orders", list(objects), **more)

    def accounts(self, *objects: Any) -> dict[str, Any]:
        return self.bulk("accounts", list(objects))

    def load(self, *objects: dict[str, Any]) -> None:
        """Store orders that a test is not about, with the accounts they name."""
        answer = self.orders(*objects, create_missing_accounts=True)
        assert answer["rejected"] == 0, answer


def ok(response: Any) -> Any:
    assert response.status_code == 200, (response.status_code, response.text)
    return response.json()


def problem(response: Any, *statuses: int) -> dict[str, Any]:
    """The RFC 9457 document of a refusal with one of these statuses."""
    assert response.status_code in statuses, (response.status_code, response.text[:500])
    assert response.headers["Content-Type"].startswith("application/problem+json")
    document: dict[str, Any] = response.json()
    assert {"type", "title", "status", "code", "detail", "errors"} <= document.keys(), document
    assert document["status"] == response.status_code
    assert isinstance(document["code"], str)
    assert document["code"]
    assert isinstance(document["errors"], list)
    for error in document["errors"]:
        assert {"field", "index", "code", "detail"} <= error.keys(), error
    return document


def only_error(answer: dict[str, Any]) -> dict[str, Any]:
    """The one error of a bulk answer whose objects are all good but one."""
    assert answer["rejected"] == 1, answer
    (error,) = answer["errors"]
    assert {"index", "key", "field", "code", "detail"} <= error.keys(), error
    return error


def account(number: str, **fields: Any) -> dict[str, Any]:
    return {"account_number": number, "name": f"Company {number}", **fields}


def line(quantity: Any = 1, unit_price: Any = "100.00", **fields: Any) -> dict[str, Any]:
    return {"product_code": "P-1", "quantity": quantity, "unit_price": unit_price, **fields}


def order(
    number: str,
    account_number: str | None = "K1",
    amount: Any = "100.00",
    ordered_on: date | str = AS_OF,
    **fields: Any,
) -> dict[str, Any]:
    """An order of one line over `amount`; a return when the amount is negative."""
    sign = -1 if str(amount).startswith("-") else 1
    return {
        "order_number": number,
        "account_number": account_number,
        "ordered_on": str(ordered_on),
        "lines": [line(sign, str(amount).lstrip("-"))],
        **fields,
    }
