"""A REST client that loads the CFPB complaints sample as the history of complaints.

    python -m benchmarks.cfpb [BASE_URL TOKEN [FILE.csv.gz]]

Companies are the accounts; the product is the category and the issue the title. What is known of
the solution is the day the complaint was sent to the company. Without an address it starts a
server over an empty database, loads everything twice (the second time nothing may change), and
compares the summary with the file: by channel, by product, and by day of receipt. The file is
looked for in CFPB_COMPLAINTS, then in ../shared/data.
"""

import csv
import gzip
import os
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.accounts_receivable import send
from benchmarks.database import scratch_database
from benchmarks.online_retail import Client, Json
from benchmarks.sync import BIND, make_token, web
from devkit.services import services

FILE = Path(os.environ.get("CFPB_COMPLAINTS", "../shared/data/cfpb_complaints_2013_2016.csv.gz"))
SCOPES = ("accounts:write", "complaints:write")
CHANNELS = {
    "Web": "web",
    "Email": "email",
    "Phone": "phone",
    "Postal mail": "post",
    "Fax": "fax",
    "Referral": "referral",
}
HALVES = ("2014-12-31", "2015-01-01")
ROUNDS = 9


def read(path: Path = FILE) -> tuple[list[Json], list[Json]]:
    """Accounts and complaints as objects of the REST contract."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    companies = sorted({row["Company"] for row in rows})
    numbers = {company: f"CFPB-{place:04}" for place, company in enumerate(companies, 1)}
    accounts = [{"account_number": numbers[name], "name": name} for name in companies]
    return accounts, [_complaint(row, numbers) for row in rows]


def _complaint(row: dict[str, str], numbers: dict[str, str]) -> Json:
    received, sent = row["Date received"], row["Date sent to company"]
    timely = "timely" if row["Timely response?"] == "Yes" else "late"
    disputed = ", disputed" if row["Consumer disputed?"] == "Yes" else ""
    return {
        "complaint_number": f"CFPB-{row['Complaint ID']}",
        "account_number": numbers[row["Company"]],
        "channel": CHANNELS[row["Submitted via"]],
        "category": row["Product"],
        "title": row["Issue"],
        "received_at": received,
        "resolved_at": max(received, sent),
        "outcome": timely + disputed,
    }


def load(client: Client, accounts: list[Json], complaints: list[Json]) -> int:
    """Send everything, and then the same again; how many complaints were not as they should be."""
    print(f"  accounts: {send(client, 'accounts', accounts)}")
    wrong = 0
    for turn, counted in (("first", "created"), ("again", "unchanged")):
        began = time.perf_counter()
        answer = send(client, "complaints", complaints)
        took = time.perf_counter() - began
        print(f"  {turn}: {len(complaints):,} complaints in {took:.2f} s: {answer}", flush=True)
        wrong += len(complaints) - answer[counted]
    return wrong


def summary(client: Client, **query: str) -> Counter[str]:
    status, answer = client.call("GET", f"/api/v1/complaints/summary/?{urlencode(query)}")
    counts = Counter({group["key"]: group["count"] for group in answer["groups"]})
    if status != 200 or counts.total() != answer["total"]:
        raise RuntimeError(f"{status}: {answer}")
    return counts


def compare(client: Client, complaints: list[Json]) -> int:
    """How many of the summaries differ from the file."""
    early = [c for c in complaints if c["received_at"] <= HALVES[0]]
    late = [c for c in complaints if c["received_at"] >= HALVES[1]]
    cases = [
        ("channel", {}, complaints),
        ("category", {}, complaints),
        ("channel", {"until": HALVES[0]}, early),
        ("category", {"since": HALVES[1]}, late),
    ]
    wrong = 0
    for column, days, rows in cases:
        found = summary(client, group_by=column, **days)
        expected = Counter(row[column] for row in rows)
        wrong += found != expected
        said = "as in the file" if found == expected else f"not {expected}"
        print(f"  {column} {days or ''}: {dict(found)}, {said}")
    return wrong


def pace(client: Client) -> None:
    """How long a summary takes."""
    for column in ("channel", "category", "tier"):
        times = []
        for _round in range(ROUNDS):
            began = time.perf_counter()
            summary(client, group_by=column)
            times.append(time.perf_counter() - began)
        print(f"  summary by {column}: {statistics.median(times) * 1000:.0f} ms")


def check() -> int:
    """Load into an empty database over real HTTP and compare; 1 when a figure differs."""
    accounts, complaints = read()
    with services("benchmark", throwaway=True) as env:
        url = env.get("DATABASE_URL") or os.environ["DATABASE_URL"]
        with scratch_database(url) as scratch:
            env = {**env, "DATABASE_URL": scratch}
            with web(env):
                client = Client(f"http://{BIND}", make_token(env, SCOPES))
                wrong = load(client, accounts, complaints) + compare(client, complaints)
                pace(client)
    return int(wrong > 0)


def main(base_url: str = "", token: str = "", path: str = "") -> int:
    file = Path(path or FILE)
    if not file.exists():
        print(f"cfpb: not run, there is no {file} (set CFPB_COMPLAINTS)")
        return 0
    if not token:
        return check()
    accounts, complaints = read(file)
    client = Client(base_url, token)
    return int(load(client, accounts, complaints) + compare(client, complaints) > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
