"""The list of complaints, the monthly summary and the summary over REST, with a million of them.

    python -m devkit.with_services python -m benchmarks.complaint_list --complaints 1000000

Over real gunicorn, p50. The list is measured against a bare list of 50 rows in the same run; the
summaries have bounds in milliseconds.
"""

import argparse
import re
import statistics
import sys
import time

from benchmarks.account_list import BOUND, fetch, server, session

# isort: split
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Account
from complaints.models import Complaint
from staff.models import User

ACCOUNTS = 10_000
MONTH_BOUND, ALL_BOUND = 0.5, 1.5  # seconds
FILL = """
INSERT INTO complaints_complaint (complaint_number, account_id, assignee_id, channel, category,
    cause, severity, tier, status, title, description, contact_text, imported, standard_version,
    received_at, acknowledge_due_at, acknowledged_at, due_at, resolved_at, replied_at, closed_at,
    waiting_since, waited, escalation_level, reopened, outcome, solution, reply, follow_digest,
    updated_at)
SELECT 'TS' || lpad(n::text, 7, '0'), account.id, account.manager_id,
    (ARRAY['phone','email','post','fax','web','person','referral','api'])[1 + n % 8],
    (ARRAY['quality','delivery','service','price','billing','documents','conduct','other'])
        [1 + floor(8 * power(random(), 2))::int],
    CASE WHEN is_open THEN '' ELSE (ARRAY['material','process','equipment','people','inspection',
        'design','supplier','logistics','communication','customer_use','other'])
        [1 + floor(11 * power(random(), 2))::int] END,
    (ARRAY['minor','moderate','severe'])[1 + n % 3],
    (ARRAY['strategic','key','ordinary'])[1 + n % 3],
    CASE WHEN n % 100 = 0 THEN 'registered' WHEN is_open THEN 'investigating' ELSE 'closed' END,
    'Two pallets missing', repeat('What happened, in words. ', 10), '', false, 1, received,
    received + interval '1 day',
    CASE WHEN n % 100 > 0 THEN received + n % 30 * interval '1 hour' END,
    received + interval '5 days',
    CASE WHEN NOT is_open THEN received + n % 7 * interval '1 day' END,
    CASE WHEN NOT is_open THEN received + n % 7 * interval '1 day' END,
    CASE WHEN NOT is_open THEN received + 8 * interval '1 day' END,
    CASE WHEN n % 500 = 50 THEN received + interval '2 days' END,
    interval '0', CASE WHEN is_open THEN n % 3 ELSE 0 END, 0,
    CASE WHEN is_open THEN '' ELSE 'justified' END, 'Sent again.', '', '', received
FROM (
    SELECT n, n % 50 = 0 AS is_open, now() - (%(total)s - n) * interval '95 seconds' AS received
    FROM generate_series(1, %(total)s) AS n
) AS made
JOIN (SELECT id, manager_id, row_number() OVER (ORDER BY id) AS place FROM accounts_account)
    AS account ON account.place = n::bigint * 7919 % %(accounts)s + 1
"""


def fill(total: int) -> None:
    """Accounts of 50 managers, and their complaints over three years; one in fifty is open."""
    managers = User.objects.bulk_create(User(username=f"m{i}") for i in range(1, 51))
    Account.objects.bulk_create(
        (
            Account(account_number=f"K{i:05}", name=f"客户{i}", manager=managers[i % 50])
            for i in range(ACCOUNTS)
        ),
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        text = re.sub(r"%(?!\()", "%%", FILL)
        cursor.execute(text, {"total": total, "accounts": ACCOUNTS})
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM (ANALYZE, FREEZE) complaints_complaint")
    connection.close()


def deep(port: int, query: str, key: str, pages: int) -> str:
    """The address of a page after so many clicks on "next"."""
    address = f"/complaints/?{query}"
    for _page in range(pages):
        found = re.search(r'rel="next" href="([^"]+)"', fetch(port, address, key)[1])
        if not found:
            raise SystemExit(f"{address} has no next page")
        address = "/complaints/" + found[1].replace("&amp;", "&")
    return address


def cases(port: int) -> list[tuple[str, str, str, float]]:
    """Name, address, session and bound in seconds (0: the bound is the bare list's)."""
    boss, manager = session("boss", "gm"), session("m1", "account_manager")
    lists = {
        "open, by deadline": "",
        "all, by receipt": "show=all",
        "past their deadline": "show=late",
        "waiting": "show=waiting",
        "escalated": "show=escalated",
        "channel": "show=all&channel=fax",
        "rare category": "show=all&category=other",
        "severity and status": "show=all&severity=severe&status=closed",
        "of one account": "show=all&account=K00042",
        "by number": "show=all&search=TS0001234",
    }
    found = [(name, f"/complaints/?{query}", boss, 0.0) for name, query in lists.items()]
    found += [
        ("open, page 40", deep(port, "", boss, 40), boss, 0.0),
        ("all, page 40", deep(port, "show=all", boss, 40), boss, 0.0),
        ("a manager's open ones", "/complaints/", manager, 0.0),
        ("a manager's, all", "/complaints/?show=all", manager, 0.0),
    ]
    month = f"{timezone.localdate().replace(day=1):%Y-%m}"
    page = f"/complaints/summary/?month={month}"
    found += [
        ("monthly summary by cause", f"{page}&by=cause", boss, MONTH_BOUND),
        ("monthly summary by product", f"{page}&by=product", boss, MONTH_BOUND),
        ("monthly summary, a manager's", page, manager, MONTH_BOUND),
    ]
    address = "/api/v1/complaints/summary/?group_by="
    return found + [
        (f"REST summary by {column}", f"{address}{column}", boss, ALL_BOUND)
        for column in ("channel", "category", "cause", "severity", "tier", "status")
    ]


def measure(total: int, rounds: int) -> int:
    """Print p50 of every case; how many are above their bound."""
    above = 0
    with server() as port:
        boss = session("boss", "gm")
        listed = cases(port)
        times: dict[str, list[float]] = {"bare": [], **{case[0]: [] for case in listed}}
        for turn in range(rounds + 2):
            for name, address, key, _bound in [("bare", "/bare/", boss, 0.0), *listed]:
                taken, _body = fetch(port, address, key)
                if turn >= 2:
                    times[name].append(taken)
    bare = statistics.median(times["bare"])
    print(f"{total:,} complaints; bare list {bare * 1000:.1f} ms; p50")
    for name, _address, _key, bound in listed:
        middle = statistics.median(times[name])
        limit = bound or BOUND * bare
        above += middle > limit
        mark = "  <-- above its bound" if middle > limit else ""
        ratio = "" if bound else f" {middle / bare:5.2f} x bare"
        print(f"  {name:30} {middle * 1000:7.1f} ms{ratio}{mark}")
    return above


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--complaints", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    if not Complaint.objects.exists():
        begin = time.perf_counter()
        fill(options.complaints)
        print(f"filled in {time.perf_counter() - begin:.0f} s", flush=True)
    if (there := Complaint.objects.count()) != options.complaints:
        raise SystemExit(f"An earlier run left {there:,} complaints: empty the database first.")
    sys.exit(int(measure(options.complaints, options.rounds) > 0))
