"""A REST client that sends the IBM Accounts Receivable sample, as an ERP would.

    python -m benchmarks.accounts_receivable [BASE_URL TOKEN [FILE.csv.gz]]

Each row is an invoice and the payment that settled it in full on its settled date. Without an
address it starts a server over an empty database, and compares what the system then says with
what is known of the data. The file is looked for in IBM_RECEIVABLES, then in ../shared/data.
"""

import csv
import gzip
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import msgspec

from benchmarks.database import scratch_database
from benchmarks.online_retail import Client, Json
from benchmarks.sync import BIND, make_token, web
from devkit.services import services

FILE = Path(os.environ.get("IBM_RECEIVABLES", "../shared/data/ibm_accounts_receivable.csv.gz"))
AS_OF = "2013-06-30"
MOST = 5_000
SCOPES = ("accounts:write", "receivables:write", "credit:read")
EXPECTED = {
    "buckets": {"not_due": (72, "4284.29"), "1-30": (12, "835.56")},
    "total": (84, "5119.85"),
    "paid late": 877,
    "worst payer": ("2621-XCLEH", "19.60"),
}
# The page of how customers pay: the worst payer stands first, the sum of late invoices last.
PAYERS = "/credit/receivables/payers/?since=2012-01-01&until=2014-12-31"


def read(path: Path = FILE) -> tuple[list[Json], list[Json], list[Json]]:
    """Accounts, invoices and payments as objects of the REST contract."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = sorted({row["customerID"] for row in rows})
    accounts = [{"account_number": number, "name": number} for number in numbers]
    invoices = [
        {
            "invoice_number": row["invoiceNumber"],
            "account_number": row["customerID"],
            "issued_on": row["InvoiceDate"],
            "due_on": row["DueDate"],
            "amount": row["InvoiceAmount"],
            "disputed": row["Disputed"] == "Yes",
        }
        for row in rows
    ]
    payments = [
        {
            "payment_number": f"P-{row['invoiceNumber']}",
            "account_number": row["customerID"],
            "received_on": row["SettledDate"],
            "amount": row["InvoiceAmount"],
            "allocations": [
                {"invoice_number": row["invoiceNumber"], "amount": row["InvoiceAmount"]}
            ],
        }
        for row in rows
    ]
    return accounts, invoices, payments


def send(client: Client, kind: str, objects: list[Json]) -> Json:
    """Send objects in calls as large as the contract allows; the sums of the answers."""
    total = dict.fromkeys(["received", "created", "updated", "unchanged", "rejected"], 0)
    for first in range(0, len(objects), MOST):
        body = gzip.compress(msgspec.json.encode({kind: objects[first : first + MOST]}))
        path = f"/api/v1/{kind}/bulk/"
        status, answer = client.call("POST", path, body, **{"Content-Encoding": "gzip"})
        if status != 200:
            raise RuntimeError(f"{status}: {answer}")
        for name in total:
            total[name] += answer[name]
        for error in answer["errors"][:10]:
            print(f"  {error}")
    return total


def load(client: Client, path: Path = FILE) -> None:
    """Send everything, and then the same again: nothing may change."""
    documents = dict(zip(("accounts", "invoices", "payments"), read(path), strict=True))
    for turn in ("first", "again"):
        for kind, objects in documents.items():
            began = time.perf_counter()
            answer = send(client, kind, objects)
            took = time.perf_counter() - began
            counts = ", ".join(f"{count} {name}" for name, count in answer.items() if count)
            print(f"  {turn}: {kind} in {took:.2f} s: {counts}", flush=True)
            if answer["unchanged" if turn == "again" else "created"] != len(objects):
                raise RuntimeError(f"{kind} were not all stored as sent")


def aging(client: Client) -> dict[str, Any]:
    status, answer = client.call("GET", f"/api/v1/receivables/aging/?as_of={AS_OF}")
    if status != 200:
        raise RuntimeError(f"{status}: {answer}")
    cells = {name: (aged["count"], aged["amount"]) for name, aged in answer["buckets"].items()}
    total = (answer["total"]["count"], answer["total"]["amount"])
    return {"buckets": {name: cell for name, cell in cells.items() if cell[0]}, "total": total}


def payers(page: str) -> dict[str, Any]:
    """How many invoices were paid late, and who pays latest on average, of the page in English."""
    number = re.search(r'<a href="/accounts/([^/]+)/">', page)
    figures = re.findall(r'<td class="num[^"]*"[^>]*>(?:<a [^>]*>)?([\d.,]+)', page)
    if number is None:
        raise RuntimeError("nobody is listed as a payer")
    return {"paid late": int(figures[-1].replace(",", "")), "worst payer": (number[1], figures[2])}


def manage(env: dict[str, str], *arguments: str) -> str:
    """What a command of manage.py prints."""
    command = [sys.executable, "manage.py", *arguments]
    environment = {**os.environ, **env, "SECRET_KEY": "benchmark"}
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout


def as_finance(env: dict[str, str], path: str) -> str:
    """A page in English, by somebody of finance who logs in for it."""
    password = manage(env, "create_user", "fiona", "--role", "finance").split()[-1]
    browser = build_opener(HTTPCookieProcessor())
    browser.addheaders = [("Accept-Language", "en")]
    login = f"http://{BIND}/auth/login/"
    form = browser.open(login).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token, "no form to log in"
    fields = {"login": "fiona", "password": password, "csrfmiddlewaretoken": token[1]}
    browser.open(login, urlencode(fields).encode())
    page: str = browser.open(f"http://{BIND}{path}").read().decode()
    return page


def check() -> int:
    """Load into an empty database over real HTTP and compare; 1 when a figure differs."""
    with services("benchmark", throwaway=True) as env:
        url = env.get("DATABASE_URL") or os.environ["DATABASE_URL"]
        with scratch_database(url) as scratch:
            env = {**env, "DATABASE_URL": scratch}
            manage(env, "collectstatic", "--noinput")  # for the page
            with web(env):
                client = Client(f"http://{BIND}", make_token(env, SCOPES))
                load(client)
                found = aging(client) | payers(as_finance(env, PAYERS))
    for name, expected in EXPECTED.items():
        print(f"  {name}: {found[name]}{'' if found[name] == expected else f', not {expected}'}")
    return int(found != EXPECTED)


def main(base_url: str = "", token: str = "", path: str = "") -> int:
    file = Path(path or FILE)
    if not file.exists():
        print(f"accounts_receivable: not run, there is no {file} (set IBM_RECEIVABLES)")
        return 0
    if not token:
        return check()
    client = Client(base_url, token)
    load(client, file)
    print(f"  {aging(client)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
