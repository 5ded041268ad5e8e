"""Roles and users by command."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from kam.core.models import AuditEntry
from staff.models import User
from staff.roles import ROLE_NAMES, ROLES

pytestmark = pytest.mark.django_db


def permissions_of(role):
    rows = Group.objects.get(name=role).permissions.values_list(
        "content_type__app_label", "codename"
    )
    return {f"{app}.{codename}" for app, codename in rows}


def test_after_migrate_the_groups_are_the_table():
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES) == set(ROLE_NAMES)
    assert all(permissions_of(role) == names for role, names in ROLES.items())


def test_sync_roles_mends_what_differs_and_is_safe_to_repeat(capsys):
    Group.objects.get(name="gm").permissions.clear()
    Group.objects.get(name="legal").delete()

    call_command("sync_roles")
    assert capsys.readouterr().out == "Changed: legal, gm\n"
    assert permissions_of("gm") == ROLES["gm"]
    call_command("sync_roles")
    assert capsys.readouterr().out == "Changed: nothing\n"


def test_create_user_prints_a_password_that_works(client, capsys):
    call_command("create_user", "wang", "--role", "finance", "--full-name", "王芳")

    password = capsys.readouterr().out.strip()
    user = User.objects.get()
    assert (user.full_name, [group.name for group in user.groups.all()]) == ("王芳", ["finance"])
    assert user.check_password(password)
    assert AuditEntry.objects.get().changes == {"roles": ["", "finance"]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["wang", "--role", "king"], "king"),
        (["anna", "--role", "gm"], "anna"),
        (["a b", "--role", "gm"], "用户名"),
    ],
)
def test_create_user_refuses_and_says_why(anna, arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("create_user", *arguments)
    assert User.objects.count() == 1
