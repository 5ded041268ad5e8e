"""The demo customers: archives with contacts and service teams, groups of companies, duplicates."""

from datetime import date, timedelta
from random import Random

from pypinyin import lazy_pinyin

from accounts.models import Account, Contact, Industry, ServiceMember, SizeClass
from accounts.models.contact import BuyingRole
from accounts.rules import review_due_on
from accounts.services import record_event
from kam.home.demo import names
from kam.home.demo.archive_texts import archive_texts
from staff.models import Region, User

COMPANIES = 236
DUPLICATES = 4
NAMED_BY_HAND = {  # place in the ranking of sales: brand
    0: "岚域",
    1: "皓衡",
    2: "霁川",
}
GROUPS = {0: (30, 31, 44), 1: (40, 62), 5: (70, 71), 9: (85, 120), 14: (131,), 20: (150, 151)}
MANAGERS = ["li.na", "zhang.wei", "chen.jing", "zhao.lei", "sun.yan", "zhou.hao"]
TEAM_USERS = {
    ServiceMember.Role.TECHNICAL: "liu.yang",
    ServiceMember.Role.FINANCE: "xu.fang",
    ServiceMember.Role.SPONSOR: "wang.jun",
}
POSITIONS = [
    ("采购部", "采购经理", BuyingRole.BUYER),
    ("总经理办公室", "总经理", BuyingRole.DECISION_MAKER),
    ("技术部", "总工程师", BuyingRole.INFLUENCER),
    ("生产部", "车间主任", BuyingRole.USER),
    ("财务部", "财务总监", BuyingRole.APPROVER),
    ("总经理办公室", "秘书", BuyingRole.GATEKEEPER),
]
INTERESTS = ["羽毛球", "钓鱼", "书法", "围棋", "摄影", "马拉松", "茶艺", "登山", "足球"]
EDUCATION = ["机械工程本科", "自动化硕士", "工商管理硕士", "电气工程本科", "会计学本科"]
SIZES = [SizeClass.FORTUNE_500, SizeClass.LARGE, SizeClass.SME]


def make_companies(rng: Random, today: date, users: dict[str, User]) -> list[Account]:
    """The accounts in the order of their planned sales, the largest first; then the duplicates."""
    regions = {name: Region.objects.get_or_create(name=name)[0] for name in names.REGIONS}
    industries = {name: Industry.objects.get_or_create(name=name)[0] for name in names.INDUSTRIES}
    brands = [brand for brand in names.brands(rng) if brand not in NAMED_BY_HAND.values()]
    accounts = []
    for rank in range(COMPANIES):
        named = names.company(rng, NAMED_BY_HAND.get(rank, brands[rank]))
        account = _account(rng, named, rank=rank, today=today)
        account.region = regions[named.region]
        account.industry = industries[named.industry]
        account.manager = None if rank % 40 == 39 else users[rng.choice(MANAGERS)]
        accounts.append(account)
    accounts += [_duplicate(accounts[rank], rank) for rank in (33, 58, 97, 160)[:DUPLICATES]]
    for account in accounts:
        account.derive()
    accounts = Account.objects.bulk_create(accounts)
    _make_groups(accounts)
    _make_contacts(rng, accounts, today)
    _make_teams(accounts[:24], users, today)
    record_event(
        [account.pk for account in accounts], "accounts.account_created", actor=users["gao.jie"]
    )
    return accounts


def _account(rng: Random, named: names.CompanyName, *, rank: int, today: date) -> Account:
    years = rng.randint(2, 15)
    reviewed = today - timedelta(days=rng.randint(1, 170) if rank % 9 else rng.randint(181, 400))
    pinyin = "".join(lazy_pinyin(named.short_name[:2]))
    return Account(
        account_number=f"K{rank + 1001}",
        name=named.name,
        short_name=named.short_name,
        english_name=f"{pinyin.title()} {'Group' if rank in GROUPS else 'Co., Ltd.'}",
        credit_code=names.credit_code(rng, named.area_code),
        address=f"{named.city}市高新区{rng.choice(['创业', '科技', '兴业', '望江', '迎宾'])}路"
        f" {rng.randint(8, 988)} 号",
        phone=f"{named.dialling_code}-5550{rng.randint(1000, 9999)}",
        website=f"https://www.{pinyin}.example",
        owners=f"{names.person(rng)}、{names.person(rng)}",
        legal_representative=names.person(rng),
        size_class=SIZES[0 if rank < 2 else 1 if rank < 40 else 2],
        business_kind=f"{named.industry}的研发、生产与销售",
        motive=rng.choices(["manufacturer", "trader", "agent", "consumer"], [70, 18, 9, 3])[0],
        dealing_since=today - timedelta(days=365 * years + rng.randint(0, 364)),
        reviewed_on=reviewed,
        review_due_on=review_due_on(reviewed),
        **archive_texts(
            rng, city=named.city, region=named.region, industry=named.industry, years=years
        ),
    )


def _duplicate(original: Account, rank: int) -> Account:
    """The same company entered once more, as it happens: other brackets, no legal form, spaces."""
    city = original.address.partition("市")[0]
    return Account(
        account_number=f"T{rank + 9001}",
        name=f"（{city}）{original.name.removeprefix(city)}" if rank % 2 else f"{original.name} ",
        short_name=original.short_name,
        phone=original.phone if rank % 3 else "",
        credit_code="" if rank % 2 else original.credit_code,
        region=original.region,
        industry=original.industry,
        manager=original.manager,
        reviewed_on=original.reviewed_on,
        review_due_on=original.review_due_on,
    )


def _make_groups(accounts: list[Account]) -> None:
    children = []
    for parent, ranks in GROUPS.items():
        for rank in ranks:
            accounts[rank].parent = accounts[parent]
            children.append(accounts[rank])
    Account.objects.bulk_update(children, ["parent"])


def _make_contacts(rng: Random, accounts: list[Account], today: date) -> None:
    contacts = []
    for rank, account in enumerate(accounts):
        count = 6 if rank < 3 else rng.randint(3, 5) if rank < 25 else rng.randint(1, 3)
        for place, (department, position, role) in enumerate(POSITIONS[:count]):
            name = names.person(rng)
            login = "".join(lazy_pinyin(name))
            contacts.append(
                Contact(
                    account=account,
                    name=name,
                    department=department,
                    position=position,
                    buying_role=role,
                    phone=account.phone,
                    mobile=f"100{rng.randint(10_000_000, 99_999_999)}",
                    email=f"{login}@k{rank + 1001}.example",
                    wechat=login,
                    birthday=today - timedelta(days=rng.randint(28 * 365, 58 * 365)),
                    interests=rng.choice(INTERESTS),
                    education=rng.choice(EDUCATION),
                    is_primary=place == 0,
                    has_left=place == 2 and rank % 17 == 5,
                )
            )
    Contact.objects.bulk_create(contacts)


def _make_teams(accounts: list[Account], users: dict[str, User], today: date) -> None:
    since = today - timedelta(days=300)
    ServiceMember.objects.bulk_create(
        ServiceMember(account=account, user=users[username], role=role, since=since)
        for account in accounts
        for role, username in TEAM_USERS.items()
    )
