"""Account list and search against a bare list, over real gunicorn: p50 and the ratio to it.

    python -m devkit.with_services python -m benchmarks.account_list --accounts 1000000

Companies are made up from parts as real ones are: city, trade name, line of business, legal form.
"""

# ruff: noqa: E402
import argparse
import http.client
import io
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from multiprocessing import Pool
from urllib.parse import urlencode

os.environ.setdefault("SECRET_KEY", "benchmark")
os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.account_list_settings"

import django
from pypinyin import lazy_pinyin

django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts import rules
from accounts.models import Account, Industry
from staff.models import Region, User

BOUND = 2.5
CITIES = (  # noqa: SIM905
    "上海 上海 上海 北京 北京 深圳 深圳 广东 广东 广州 广州 山东 山东 浙江 "
    "浙江 江苏 江苏 苏州 杭州 宁波 温州 南京 无锡 成都 四川 重庆 重庆 武汉 "
    "湖北 长沙 湖南 西安 陕西 天津 大连 沈阳 青岛 济南 郑州 河南 合肥 安徽 "
    "福建 厦门 泉州 南昌 江西 昆明 云南 贵州 广西 海南 河北 山西"
).split()
SYLLABLES = list(
    "华锐天工宏达金龙盛世恒通瑞丰泰和嘉兴隆昌永利德信诚义仁智礼国泰民安东方西岳南山北辰中科"
    "创新远景鸿运祥云海星辰光耀明珠宝玉凤凰麒麟飞鹰骏马腾跃启航帆顺达成功卓越精英才俊杰伟业"
    "基石磐固铁钢铜银铝锌锂钛硅碳氢氧森林木材竹松柏杨柳桃李杏梅兰菊荷莲芳香雅致清新纯净洁美"
)
BUSINESSES = (  # noqa: SIM905
    "科技 科技 科技发展 贸易 贸易 国际贸易 电子 电子科技 机械 机械设备 化工 "
    "新材料 医药 医疗器械 食品 农业 服饰 纺织 建材 建筑工程 装饰 物流 "
    "供应链管理 信息技术 软件 网络科技 汽车零部件 模具 塑胶制品 包装 印刷 "
    "家具 玩具 礼品 文化传媒 教育咨询 环保 能源 光伏 半导体"
).split()
FORMS = ["有限公司"] * 8 + ["股份有限公司", "集团有限公司", "厂", "有限责任公司"]
COLUMNS = [
    "account_number", "name", "short_name", "credit_code", "phone", "region_id", "industry_id",
    "size_class", "motive", "manager_id", "tier", "review_due_on", "updated_at",
    "name_sort", "name_initials", "name_key", "phone_key", "search_text", "search_grams", "scatter",
]  # fmt: skip
# Deriving the columns of a million companies takes Python a quarter of an hour: beyond these,
# companies are branches of the first ones, each with a name, number and place of its own.
HEAD_OFFICES = 100_000
BRANCHES = "苏州 宁波 厦门 青岛 大连 武汉 成都 西安 长沙".split()  # noqa: SIM905
OPEN_BRANCHES = """
INSERT INTO accounts_account (account_number, name, short_name, credit_code, phone, region_id,
    industry_id, size_class, motive, manager_id, tier, review_due_on, updated_at, name_sort,
    name_initials, name_key, phone_key, search_text, search_grams, scatter)
SELECT number, name || %(name)s, short_name, credit_code, phone, (region_id + %(turn)s) %% 30 + 1,
    industry_id, size_class, motive, nullif(manager_id, 1), tier, review_due_on,
    updated_at + %(turn)s * interval '37 minutes', name_sort || ' ' || %(sort)s,
    name_initials || %(initials)s, name_key || %(key)s, phone_key,
    replace(search_text, lower(account_number), lower(number)) || E'\\n' || %(text)s,
    search_grams || %(grams)s || ARRAY(
        SELECT lower(substr(number, i, n)) FROM unnest(ARRAY[2, 4]) n, generate_series(1, 9 - n) i
    ),
    ('x' || left(md5(number), 8))::bit(32)::bigint
FROM accounts_account, LATERAL (
    SELECT 'K' || lpad((ltrim(account_number, 'K')::int + %(first)s)::text, 7, '0')
) AS branch (number)
WHERE account_number < %(end)s
"""

# All but those that a constraint stands on: the rows are told apart by them.
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename = 'accounts_account'
    AND indexname NOT IN (SELECT conname FROM pg_constraint
                          WHERE conrelid = 'accounts_account'::regclass)
"""


@cache
def _read(hanzi: str) -> str:
    return lazy_pinyin(hanzi)[0]


def fill_quickly() -> None:
    """Read names hanzi by hanzi: a company's real reading takes its neighbours into account."""
    rules.syllables = lambda name: tuple(map(_read, name))  # type: ignore[assignment]


def row(number: int) -> list[str]:
    draw = random.Random(number)
    trade = "".join(draw.choices(SYLLABLES, k=draw.choice([2, 2, 2, 3, 4])))
    city, business = draw.choice(CITIES), draw.choice(BUSINESSES)
    name = f"{city}{trade}{business}{draw.choice(FORMS)}"
    code = "91" + "".join(draw.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=16))
    phone = f"0{draw.randrange(10, 99)}-{draw.randrange(10**7, 10**8)}"
    facts = {
        "account_number": f"K{number:07}",
        "name": name,
        "short_name": trade + business[:2],
        "credit_code": code,
        "phone": phone,
    }
    derived = rules.derived_fields(**facts, english_name="")
    derived["search_grams"] = "{" + ",".join(derived["search_grams"]) + "}"  # type: ignore[arg-type]
    derived["search_text"] = str(derived["search_text"]).replace("\n", "\\n")
    values = facts | {
        "region_id": draw.randrange(1, 31),
        "industry_id": draw.randrange(1, 21),
        "size_class": draw.choice(["fortune_500", "large", "sme", "sme", "sme", ""]),
        "motive": draw.choice(["consumer", "manufacturer", "trader", "agent", ""]),
        # The first manager has 300 accounts at any size; 2 % have none.
        "manager_id": 1 if number < 300 else draw.choice(["\\N", *range(2, 51)]),
        "tier": draw.choices(["strategic", "key", "ordinary"], [2, 100, 9898])[0],
        "review_due_on": date(2026, 6, 1) + timedelta(days=draw.randrange(400)),
        "updated_at": f"2026-{draw.randrange(1, 11):02}-{draw.randrange(1, 28):02} 00:00+08",
        **derived,
    }
    return [str(values[name]) for name in COLUMNS]


def lines(span: range) -> str:
    return "".join("\t".join(row(number)) + "\n" for number in span)


def open_branches(total: int) -> None:
    """Accounts beyond the head offices, a branch of each at a time."""
    for turn, first in enumerate(range(HEAD_OFFICES, total, HEAD_OFFICES)):
        name = BRANCHES[turn % len(BRANCHES)] + "分公司"
        derived = rules.derived_fields(
            account_number="", name=name, short_name="", english_name="", credit_code="", phone=""
        )
        parameters = {
            "turn": turn,
            "first": first,
            "end": f"K{min(total - first, HEAD_OFFICES):07}",
            "name": name,
            "sort": derived["name_sort"],
            "initials": derived["name_initials"],
            "key": derived["name_key"],
            "text": derived["search_text"],
            "grams": derived["search_grams"],
        }
        with connection.cursor() as cursor:
            cursor.execute(OPEN_BRANCHES, parameters)


@contextmanager
def indexes_built_afterwards(cursor: CursorWrapper) -> Iterator[None]:
    """Load rows without the indexes and references of accounts, then build what migrations made."""
    cursor.execute(INDEXES)
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    cursor.execute("SET session_replication_role = replica")  # no look-up of each reference
    yield
    cursor.execute("RESET session_replication_role")
    cursor.execute("SET maintenance_work_mem = '2GB'")
    for _name, definition in indexes:
        cursor.execute(definition)


def fill(total: int) -> None:
    Region.objects.bulk_create(Region(name=f"大区{i}") for i in range(1, 31))
    Industry.objects.bulk_create(Industry(name=f"行业{i}") for i in range(1, 21))
    User.objects.bulk_create(User(username=f"m{i}") for i in range(1, 51))
    constants = {
        field.column: field.get_db_prep_save(field.get_default(), connection)
        for field in Account._meta.concrete_fields
        if field.column not in {*COLUMNS, "id", "created_at"} and not field.null
    }
    with connection.cursor() as cursor, indexes_built_afterwards(cursor):
        for name, value in constants.items():
            cursor.execute(f'ALTER TABLE accounts_account ALTER "{name}" SET DEFAULT %s', [value])
        cursor.execute("ALTER TABLE accounts_account ALTER created_at SET DEFAULT now()")
        copy = f"COPY accounts_account ({', '.join(COLUMNS)}) FROM STDIN"
        derived = min(total, HEAD_OFFICES)
        spans = [range(i, min(i + 5000, derived)) for i in range(0, derived, 5000)]
        with Pool(2, fill_quickly) as pool:
            for text in pool.imap(lines, spans):
                cursor.copy_expert(copy, io.StringIO(text))
        open_branches(total)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE, FREEZE) accounts_account")
    connection.close()


def session(username: str, role: str) -> str:
    user = User.objects.get_or_create(username=username)[0]
    user.groups.add(Group.objects.get(name=role))
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return str(store.session_key)


@contextmanager
def server() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", "kam.wsgi", "--bind", f"127.0.0.1:{port}",
        "--worker-class", "gthread", "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip
    process = subprocess.Popen(command, env={**os.environ, "LOG_LEVEL": "WARNING"})
    try:
        for _attempt in range(600):
            time.sleep(0.2)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield port
    finally:
        process.terminate()
        process.wait(20)


def fetch(port: int, address: str, key: str) -> tuple[float, str]:
    connection_ = http.client.HTTPConnection("127.0.0.1", port)
    begin = time.perf_counter()
    connection_.request(
        "GET", address, headers={"Cookie": f"sessionid={key}", "Accept-Language": "zh-hans"}
    )
    response = connection_.getresponse()
    body = response.read().decode()
    taken = time.perf_counter() - begin
    connection_.close()
    if response.status != 200:
        raise SystemExit(f"{address}: {response.status}")
    return taken, body


def deep(port: int, query: str, key: str, pages: int) -> str:
    """The address of a page after so many clicks on "next"."""
    address = f"/accounts/?{query}"
    for _page in range(pages):
        found = re.search(r'rel="next" href="([^"]+)"', fetch(port, address, key)[1])
        if not found:
            break
        address = "/accounts/" + found[1].replace("&amp;", "&")
    return address


SEARCHES = {
    "two hanzi, rare": "麒麟",
    "two hanzi, common (city)": "上海",
    "two hanzi, common (legal form)": "有限",
    "two hanzi, middling": "光伏",
    "one hanzi": "锂",
    "four hanzi": "锂硅科技",
    "pinyin, one syllable": "hua",
    "pinyin, two syllables": "huarui",
    "pinyin, long": "shanghaihuarui",
    "pinyin letters in every name": "an",
    "initials, two": "hr",
    "initials, four": "shhr",
    "initials, common": "yxgs",
    "account number": "K0012345",
    "part of a number": "12345",
    "credit code": "91A2",
    "two words": "上海 玩具",
    "two common words": "科技 有限公司",
    "nothing found": "鑫鑫鑫",
    "nothing found, letters": "zzqx",
}  # fmt: skip
LISTS = {
    "by name": {},
    "by number": {"sort": "number"},
    "by tier": {"sort": "tier"},
    "by last change, newest": {"sort": "-updated"},
    "by review": {"sort": "review"},
    "tier": {"tier": "key"},
    "region": {"region": "3"},
    "tier and region": {"tier": "key", "region": "3"},
    "tier, region, industry, size": {
        "tier": "key",
        "region": "3",
        "industry": "4",
        "size_class": "large",
    },
    "strategic, by name": {"tier": "strategic"},
    "industry and motive": {"industry": "4", "motive": "agent"},
    "manager": {"manager": "7"},
    "without a manager": {"no_manager": "on"},
    "review due": {"review_due": "on"},
    "search and region": {"search": "上海", "region": "3"},
    "search, region and tier": {"search": "科技", "region": "3", "tier": "key"},
}


def measure(total: int, *, rounds: int, only: str = "") -> None:
    boss, manager = session("boss", "gm"), session("m1", "account_manager")
    with server() as port:
        cases = [(name, f"/accounts/?{urlencode(data)}", boss) for name, data in LISTS.items()]
        cases += [
            (f"search: {n}", f"/accounts/?{urlencode({'search': t})}", boss)
            for n, t in SEARCHES.items()
        ]
        cases += [
            ("own accounts of a manager", "/accounts/", manager),
            ("own accounts, search", "/accounts/?search=%E7%A7%91%E6%8A%80", manager),
            ("own accounts, initials", "/accounts/?search=yxgs", manager),
            ("page 40 by name", deep(port, "", boss, 40), boss),
            (
                "page 40 of a common search",
                deep(port, urlencode({"search": "有限"}), boss, 40),
                boss,
            ),
            (
                "page 20 of a middling search",
                deep(port, urlencode({"search": "光伏"}), boss, 20),
                boss,
            ),
            ("page 10 of tier and region", deep(port, "tier=key&region=3", boss, 10), boss),
        ]
        cases = [case for case in cases if only in case[0]]
        times: dict[str, list[float]] = {"bare": [], **{name: [] for name, _a, _k in cases}}
        for turn in range(rounds + 3):
            for name, address, key in [("bare", "/bare/", boss), *cases]:
                taken, _body = fetch(port, address, key)
                if turn >= 3:
                    times[name].append(taken)
    bare = statistics.median(times["bare"])
    print(f"{total:,} accounts; bare list {bare * 1000:.1f} ms; p50, ratio (bound {BOUND})")
    for name, taken in times.items():
        middle = statistics.median(taken)
        mark = "" if middle <= BOUND * bare else "  <-- above the bound"
        print(f"  {name:36} {middle * 1000:7.1f} ms {middle / bare:5.2f}{mark}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    if not Account.objects.exists():
        begin = time.perf_counter()
        fill(options.accounts)
        print(f"filled in {time.perf_counter() - begin:.0f} s", flush=True)
    if (there := Account.objects.count()) != options.accounts:
        raise SystemExit(f"An earlier run left {there:,} accounts: empty the database first.")
    measure(options.accounts, rounds=options.rounds, only=options.only)
