"""The audit trail: written once, read by who may, filtered and paged."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import Error, transaction

from kam.core import audit, audit_words
from kam.core.models import AuditEntry

pytestmark = pytest.mark.django_db
URL = "/audit/"
RECORDED = re.compile(r'\b(?:audit\.record|tell|finish|_changed)\(\s*[\w.]+,\s*"([a-z]+\.[a-z_]+)"')
COMPOSED = re.compile(r'\bf"((?:accounts|approvals|credit|sales|tiering)\.[a-z_]+_)\{')


@pytest.fixture
def entry(k1, anna):
    changes = {"phone": ["", "021-5555"]}
    return audit.record(k1, "accounts.account_changed", actor=anna, changes=changes, reason="new")


def test_an_entry_can_be_neither_changed_nor_deleted(entry):
    with pytest.raises(Error, match="Cannot update or delete"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(reason="")
    with pytest.raises(Error, match="Cannot update or delete"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).delete()


def test_the_system_administrator_sees_that_but_not_what_changed_in_an_archive(
    client, sysadmin, entry
):
    client.force_login(sysadmin)

    text = client.get(URL, headers={"Accept-Language": "en"}).text

    assert '<td title="accounts.account_changed" data-label="Action">Archive changed</td>' in text
    assert "Phone" in text
    assert "021-5555" not in text
    assert entry.subject_name not in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["", ["tiers:read", "orders:read"]], "— → tiers:read, orders:read"),
        (["None", "True"], "— → yes"),
        (["", {"page": 1}], "— → page"),
        ([[["a", "b"], "c"], [[1]]], "a, b, c → 1"),
        (["", "x", ["y"]], "x"),
        ([[], ""], "— → —"),
        (7, "7"),
    ],
)
def test_a_change_of_any_kind_is_said(client, sysadmin, change, said):
    audit.record(sysadmin, "core.token_issued", actor=sysadmin, changes={"scopes": change})
    client.force_login(sysadmin)

    assert said in client.get(URL, headers={"Accept-Language": "en"}).text


def test_a_choice_is_said_by_its_label(client, diana, k1):
    audit.record(k1, "accounts.account_changed", actor=diana, changes={"size_class": ["", "sme"]})
    client.force_login(diana)

    page = client.get("/accounts/K1/history/", headers={"Accept-Language": "en"}).text

    assert "Small or medium enterprise" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"roles": ["", "account_manager, ka_director"]}, "Account manager, Key-account director"),
        ({"service_team": ["Anna (sales)", ""]}, "Anna (Sales) → —"),
        (
            {"columns": [["name", "size_class", "contact_name", "gone"]]},
            "name, size class, Main contact: name, gone",
        ),
        ({"columns": [["order_number", "net_amount"]]}, "order number, net amount (CNY)"),
    ],
)
def test_what_is_no_field_is_said_in_words_too(client, diana, changes, said):
    audit.record(diana, "staff.user_changed", actor=diana, changes=changes)
    diana.user_permissions.add(*_permissions("view_auditentry"))
    client.force_login(diana)

    text = client.get(URL, headers={"Accept-Language": "en"}).text

    assert said in text


def test_who_may_see_accounts_sees_the_values(client, diana, entry):
    diana.user_permissions.add(*_permissions("view_auditentry"))
    client.force_login(diana)

    text = client.get(URL).text

    assert "021-5555" in text
    assert entry.subject_name in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("action=accounts.", True),
        ("action=tiering.", False),
        ("subject=华锐", True),
        ("subject=accounts.account", True),
        ("subject=nobody", False),
        ("actor=anna", True),
        ("actor=boris", False),
    ],
)
def test_filters(client, sysadmin, entry, query, shown):
    client.force_login(sysadmin)

    rows = client.get(f"{URL}?{query}").context["rows"]

    assert bool(rows) is shown


def test_a_page_holds_fifty_and_costs_the_same_for_ten_as_for_one(
    client, sysadmin, entry, anna, k1, django_assert_num_queries
):
    client.force_login(sysadmin)
    client.get(URL)
    with django_assert_num_queries(4) as few:
        client.get(URL)
    for number in range(55):
        audit.record(k1, f"accounts.thing{number}_done", actor=anna)
    with django_assert_num_queries(len(few)):
        response = client.get(URL)

    page = response.context["page"]
    assert len(page.rows) == 50
    assert len(client.get(URL, {"cursor": page.next}).context["page"].rows) == 6
    assert client.get(URL, {"cursor": "x"}).status_code == 404


def test_others_may_not(client, anna, gm):
    for user in (anna, gm):
        client.force_login(user)
        assert client.get(URL).status_code == 403


def test_what_nobody_named_shows_as_it_is_stored(client, sysadmin, anna, k1):
    audit.record(k1, "gone.thing_done", actor=anna, changes={"lost_field": 1})
    AuditEntry.objects.create(action="gone.thing_done", subject_type="gone.Thing", subject_id=7)
    client.force_login(sysadmin)

    text = client.get(URL).text

    assert "gone.thing_done" in text
    assert "Lost_field" in text
    assert "gone.Thing" in text


def test_every_action_that_is_recorded_has_a_name():
    recorded = _in_sources(RECORDED)

    assert len(recorded) > 20
    assert {code for code in recorded if audit_words.action(code) == code} == set()


def test_every_action_whose_name_is_put_together_has_names():
    begun = _in_sources(COMPOSED)
    named = [code for code, _name in audit_words.action_choices()]

    assert len(begun) > 3
    assert {each for each in begun if not any(code.startswith(each) for code in named)} == set()


def _in_sources(pattern):
    return {
        code
        for app in apps.get_app_configs()
        if Path(app.path).is_relative_to(settings.BASE_DIR)
        for source in Path(app.path).rglob("*.py")
        for code in pattern.findall(source.read_text())
    }


def _permissions(codename):
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename=codename)
