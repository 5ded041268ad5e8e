"""The demo company's staff: a user for every role, all with one password."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from staff.models import Team, User
from staff.roles import ROLES

PASSWORD = "kam-demo-2026"  # noqa: S105 - for fictional data only, and printed by `make run`

PEOPLE = [  # username, full name, role
    ("wang.jun", "王军", "ka_director"),
    ("li.na", "李娜", "account_manager"),
    ("zhang.wei", "张伟", "account_manager"),
    ("chen.jing", "陈静", "account_manager"),
    ("zhao.lei", "赵磊", "account_manager"),
    ("sun.yan", "孙燕", "account_manager"),
    ("zhou.hao", "周浩", "account_manager"),
    ("liu.yang", "刘洋", "developer"),
    ("huang.min", "黄敏", "researcher"),
    ("xu.fang", "徐芳", "finance"),
    ("hu.bin", "胡斌", "finance"),
    ("ma.chao", "马超", "credit_committee"),
    ("deng.hui", "邓辉", "credit_committee"),
    ("pan.yue", "潘越", "credit_committee"),
    ("he.li", "何丽", "legal"),
    ("guo.tao", "郭涛", "deputy_gm"),
    ("lin.feng", "林峰", "gm"),
    ("gao.jie", "高洁", "admin_staff"),
    ("luo.peng", "罗鹏", "sysadmin"),
]
SERVICE_USER = "erp"
TEAMS = {  # name: leader, members
    "华东大客户组": ("li.na", ["zhang.wei", "chen.jing"]),
    "北方大客户组": ("zhao.lei", ["sun.yan", "zhou.hao"]),
}


def make_people() -> dict[str, User]:
    """The users by username, with their roles and teams; existing ones stay as they are."""
    password = make_password(PASSWORD)  # hashed once: it is slow by design
    for username, full_name, _role in PEOPLE:
        User.objects.get_or_create(
            username=username,
            defaults={
                "full_name": full_name,
                "email": f"{username}@kam.example",
                "password": password,
                "is_staff": username == "luo.peng",
            },
        )
    User.objects.get_or_create(
        username=SERVICE_USER,
        defaults={"full_name": "ERP 接口", "is_service": True, "password": "!"},
    )
    users = {user.username: user for user in User.objects.all()}
    groups = {group.name: group for group in Group.objects.filter(name__in=ROLES)}
    for username, _full_name, role in PEOPLE:
        users[username].groups.add(groups[role])
    for name, (leader, members) in TEAMS.items():
        team, _ = Team.objects.get_or_create(name=name, defaults={"leader": users[leader]})
        team.members.add(*[users[member] for member in members])
    return users
