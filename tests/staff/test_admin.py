"""Django's administration: users, roles, teams and regions, for the system administrator."""

import pytest
from django.contrib.auth.models import Group

from kam.core import audit_words
from kam.core.models import AuditEntry
from staff.models import Region, Team

pytestmark = pytest.mark.django_db


def test_anonymous_go_to_the_one_login_page(client):
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/auth/login/?next=/admin/"
    assert client.get("/admin/login/?next=/admin/").url == "/auth/login/?next=/admin/"


def test_who_manages_users_sees_these_and_nothing_else(client, sysadmin):
    client.force_login(sysadmin)

    models = [
        (model["app_label"] if "app_label" in model else app["app_label"], model["object_name"])
        for app in client.get("/admin/").context["app_list"]
        for model in app["models"]
    ]

    assert sorted(models) == [
        ("auth", "Group"),
        ("staff", "Region"),
        ("staff", "Team"),
        ("staff", "User"),
    ]


def test_others_are_refused_even_with_is_staff(client, anna):
    anna.is_staff = True
    anna.save()
    client.force_login(anna)

    assert client.get("/admin/", follow=True).status_code == 403
    assert client.get("/admin/staff/user/", follow=True).status_code == 403


def test_a_change_of_roles_is_written_down(client, sysadmin, anna):
    client.force_login(sysadmin)
    director = Group.objects.get(name="ka_director")

    data = {"username": "anna", "full_name": "Anna Li", "is_active": "on", "groups": [director.pk]}
    response = client.post(f"/admin/staff/user/{anna.pk}/change/", data)

    assert response.status_code == 302
    entry = AuditEntry.objects.get(action="staff.user_changed")
    assert entry.actor == sysadmin
    assert entry.changes == {
        "full_name": ["Anna", "Anna Li"],
        "roles": ["account_manager", "ka_director"],
    }


def test_a_change_of_teams_and_regions_is_written_down(client, sysadmin, anna, boris, diana):
    client.force_login(sysadmin)
    team = {"name": "East", "leader": diana.pk, "members": [anna.pk]}

    client.post("/admin/staff/team/add/", team)
    address = f"/admin/staff/team/{Team.objects.get().pk}/change/"
    client.post(address, team | {"leader": anna.pk, "members": [anna.pk, boris.pk]})
    client.post("/admin/staff/region/add/", {"name": "East"})
    client.post(f"/admin/staff/region/{Region.objects.get().pk}/change/", {"name": "West"})

    entries = AuditEntry.objects.filter(action__regex="team|region").order_by("pk")
    assert [(entry.action, entry.actor, entry.changes) for entry in entries] == [
        (
            "staff.team_created",
            sysadmin,
            {"name": ["", "East"], "leader": ["", "Diana"], "members": ["", "Anna"]},
        ),
        (
            "staff.team_changed",
            sysadmin,
            {"leader": ["Diana", "Anna"], "members": ["Anna", "Anna, Boris"]},
        ),
        ("staff.region_created", sysadmin, {"name": ["", "East"]}),
        ("staff.region_changed", sysadmin, {"name": ["East", "West"]}),
    ]
    assert all(audit_words.action(entry.action) != entry.action for entry in entries)


def test_nobody_is_made_a_superuser_or_deleted_here(client, sysadmin, anna):
    client.force_login(sysadmin)
    data = {"username": "anna", "is_active": "on", "is_superuser": "on", "is_staff": "on"}

    client.post(f"/admin/staff/user/{anna.pk}/change/", data)

    anna.refresh_from_db()
    assert (anna.is_superuser, anna.is_staff) == (False, False)
    assert client.post(f"/admin/staff/user/{anna.pk}/delete/").status_code == 403


def test_roles_are_read_only(client, sysadmin):
    client.force_login(sysadmin)
    role = Group.objects.get(name="gm")

    assert client.get(f"/admin/auth/group/{role.pk}/change/").status_code == 200
    assert client.post(f"/admin/auth/group/{role.pk}/change/", {"name": "x"}).status_code == 403
    assert client.get("/admin/auth/group/add/").status_code == 403
