from contextlib import suppress
from datetime import date
from functools import cache

import pghistory.models
import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import services
from accounts.models import (
    Account,
    AccountMerge,
    Contact,
    Event,
    Qualification,
    ServiceMember,
)
from accounts.services import duplicates
from accounts.services import merge as merging
from accounts.services.qualification import create_prospect, decide
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from sales.models import Order
from staff.models import Region
from tests.factories import make_account, make_contact, make_order

TRACES = (AuditEntry, AccountMerge, pghistory.models.Event, pghistory.models.Context)


@cache
def _every_row():
    """A query for the rows of all tables at once, as text."""
    parts = []
    for model in apps.get_models():
        if issubclass(model, TRACES) or issubclass(model, pghistory.models.Events):
            continue
        table = model._meta.db_table
        part = f"SELECT '{table}' AS place, (to_jsonb(each) - 'updated_at')::text AS content"
        part += f' FROM "{table}" AS each'
        if model is Event:
            part += " WHERE kind NOT IN ('accounts.account_merged', 'accounts.merge_undone')"
        parts.append(part)
    return " UNION ALL ".join(parts) + " ORDER BY place, content"


def everything():
    """Every row of every table but the traces a merge leaves on purpose."""
    with connection.cursor() as cursor:
        cursor.execute(_every_row())
        return cursor.fetchall()


def merge(survivor, absorbed, actor, **options):
    return merging.merge_accounts(survivor, absorbed, actor=actor, **options)


@pytest.fixture
def pair(diana, anna):
    """K1 (Anna's) and OLD, which turns out to be the same customer."""
    survivor = make_account(
        account_number="K1", name="华锐科技有限公司", manager=anna, phone="021-1234567"
    )
    absorbed = make_account(
        account_number="OLD",
        name="上海华锐科技有限公司",
        phone="021-7654321",
        address="上海市",
        dealing_since=date(2019, 4, 1),
    )
    for account in (survivor, absorbed):
        make_order(account, "2026-01-05", "100")
        make_contact(account)
        Event.objects.create(account=account, kind="accounts.account_created")
        ServiceMember.objects.create(
            account=account, user=anna, role="sales", since=date(2026, 1, 1)
        )
    make_account(account_number="SUB", parent=absorbed)
    return survivor, absorbed


def test_a_merge_moves_everything_and_fills_what_was_empty(pair, diana):
    survivor, absorbed = pair

    done = merge(survivor, absorbed, diana, reason="same company")

    survivor.refresh_from_db()
    absorbed.refresh_from_db()
    assert Order.objects.filter(account=survivor).count() == 2
    assert Contact.objects.filter(account=survivor).count() == 2
    assert Account.objects.get(account_number="SUB").parent == survivor
    assert (survivor.address, survivor.phone) == ("上海市", "021-1234567")
    assert survivor.dealing_since == date(2019, 4, 1)
    assert survivor.name == "华锐科技有限公司"
    assert absorbed.merged_into == survivor
    assert Account.objects.ids_by_number(["OLD"]) == {"OLD": survivor.pk}
    assert done.filled == {"address": ["", "上海市"], "dealing_since": [None, "2019-04-01"]}


@pytest.mark.parametrize("stage", ["prospect", "rejected"])
def test_who_takes_up_a_customer_becomes_one_until_it_is_undone(diana, stage):
    survivor = make_account(account_number="K1", stage=stage)
    absorbed = make_account(account_number="OLD")

    done = merge(survivor, absorbed, diana)
    survivor.refresh_from_db()
    assert survivor.stage == "customer"
    merging.undo_merge(done.pk, actor=diana)

    survivor.refresh_from_db()
    assert survivor.stage == stage


def test_a_customer_that_takes_up_a_prospect_stays_one(diana):
    survivor = make_account(account_number="K1")
    prospect = create_prospect(account_number="P1", name="x", actor=diana)
    merge(survivor, prospect, diana)
    asked = Qualification.objects.get(account=survivor)

    with pytest.raises(RuleViolation) as refused:
        decide(asked.pk, accept=False, reasons="x", expected=asked.updated_at, actor=diana)

    assert refused.value.code == "customer_already"
    survivor.refresh_from_db()
    assert survivor.stage == "customer"


def test_orders_sent_during_a_merge_go_to_their_own_archive_when_sent_again_after_it(api, diana):
    client = api("orders:write")
    survivor, absorbed = make_account(account_number="K1"), make_account(account_number="OLD")
    line = {"product_code": "P1", "quantity": 1, "unit_price": "5"}
    orders = [
        {"order_number": number, "account_number": "OLD", "ordered_on": "2026-01-05", **more}
        for number, more in [("O1", {"lines": [line]}), ("O2", {"lines": [line], "version": 3})]
    ]

    def replay():
        answer = client.post("/api/v1/orders/bulk/", {"orders": orders}, "application/json").json()
        return {name: answer[name] for name in ("created", "updated", "unchanged")}

    done = merge(survivor, absorbed, diana)
    assert replay() == {"created": 2, "updated": 0, "unchanged": 0}
    assert survivor.orders.count() == 2
    merging.undo_merge(done.pk, actor=diana)

    assert replay() == {"created": 0, "updated": 2, "unchanged": 0}
    assert absorbed.orders.count() == 2
    assert replay() == {"created": 0, "updated": 0, "unchanged": 2}


def test_what_stands_in_the_way_of_the_undoing_is_said_in_words(client, diana):
    survivor, grand = make_account(account_number="K1"), make_account(account_number="GRAND")
    absorbed = make_account(account_number="OLD", parent=grand)
    below = make_account(account_number="SUB", parent=absorbed)
    done = merge(survivor, absorbed, diana)
    services.set_parent(survivor.pk, parent=None, actor=diana)
    services.set_parent(grand.pk, parent=below, actor=diana)
    client.force_login(diana)

    told = client.post(
        f"/accounts/merges/{done.pk}/undo/", follow=True, headers={"Accept-Language": "en"}
    )

    assert "Change the parent companies back first" in told.text
    assert "accounts.Account" not in told.text
    absorbed.refresh_from_db()
    assert absorbed.merged_into == survivor  # nothing was half undone


def test_the_page_of_a_merge_says_in_words_what_was_filled(client, diana, anna, pair):
    survivor, absorbed = pair
    region = Region.objects.create(name="East")
    Account.objects.filter(pk=absorbed.pk).update(region=region, size_class="sme")
    absorbed.refresh_from_db()
    done = merge(survivor, absorbed, diana)
    client.force_login(diana)

    text = client.get(f"/accounts/merges/{done.pk}/", headers={"Accept-Language": "en"}).text

    assert "<td>East</td>" in text
    assert "<td>Small or medium enterprise</td>" in text


def test_the_chosen_fields_are_taken_over_and_search_finds_them(pair, diana):
    survivor, absorbed = pair

    merge(survivor, absorbed, diana, fields_from=["name", "phone"])

    found = Account.objects.live().search("上海华锐")
    assert [(account.name, account.phone) for account in found] == [
        ("上海华锐科技有限公司", "021-7654321")
    ]


def test_what_the_survivor_has_already_stays_and_is_named(pair, diana):
    survivor, absorbed = pair
    same = absorbed.service_team.get()

    done = merge(survivor, absorbed, diana)

    assert done.left == {"accounts.ServiceMember.account": [same.pk]}
    assert survivor.service_team.count() == 1


def test_one_clash_among_many_keeps_back_only_itself(diana, anna, boris, fiona, pair):
    survivor, absorbed = pair
    for user in (boris, fiona, diana):
        ServiceMember.objects.create(
            account=absorbed, user=user, role="sales", since=date(2026, 1, 1)
        )

    done = merge(survivor, absorbed, diana)

    assert len(done.moved["accounts.ServiceMember.account"]) == 3
    assert survivor.service_team.count() == 4


def test_both_archives_and_the_audit_tell_of_it(pair, diana):
    survivor, absorbed = pair

    done = merge(survivor, absorbed, diana, reason="same company")
    merging.undo_merge(done.pk, actor=diana)

    for account in pair:
        kinds = set(account.events.values_list("kind", flat=True))
        assert {"accounts.account_merged", "accounts.merge_undone"} <= kinds
        entry = AuditEntry.objects.get(subject_id=account.pk, action="accounts.account_merged")
        assert (entry.actor, entry.reason) == (diana, "same company")


def test_merge_and_undo_leave_every_row_as_it_was(pair, diana):
    before = everything()

    done = merge(*pair, diana, fields_from=["name", "phone"])
    assert everything() != before
    merging.undo_merge(done.pk, actor=diana)

    assert everything() == before


def test_what_came_after_the_merge_stays_with_the_survivor(pair, diana):
    survivor, absorbed = pair
    done = merge(survivor, absorbed, diana)
    later = make_order(survivor, "2026-02-01", "7")
    Account.objects.filter(pk=survivor.pk).update(address="苏州市")

    merging.undo_merge(done.pk, actor=diana)

    assert set(survivor.orders.values_list("pk", flat=True)) > {later.pk}
    assert absorbed.orders.count() == 1
    survivor.refresh_from_db()
    assert survivor.address == "苏州市"  # edited since: not taken back


def test_merges_in_a_chain_are_undone_in_reverse_order_only(pair, diana):
    first, second = pair
    third = make_account(account_number="K3")
    before = everything()
    inner = merge(first, second, diana)
    outer = merge(third, first, diana)
    assert Account.objects.ids_by_number(["OLD"]) == {"OLD": third.pk}

    with pytest.raises(RuleViolation) as refused:
        merging.undo_merge(inner.pk, actor=diana)
    assert refused.value.code == "later_merge"
    merging.undo_merge(outer.pk, actor=diana)
    merging.undo_merge(inner.pk, actor=diana)

    assert everything() == before


def test_undoing_twice_is_refused(pair, diana):
    done = merge(*pair, diana)
    merging.undo_merge(done.pk, actor=diana)

    with pytest.raises(RuleViolation) as refused:
        merging.undo_merge(done.pk, actor=diana)

    assert refused.value.code == "already_undone"


@pytest.mark.parametrize("which", ["same", "absorbed again", "into absorbed"])
def test_what_cannot_be_merged(pair, diana, which):
    survivor, absorbed = pair
    third = make_account(account_number="K3")
    if which == "same":
        chosen, code = (survivor, survivor), "same_account"
    else:
        merge(survivor, absorbed, diana)
        chosen, code = (third, absorbed), "merged"
        if which == "into absorbed":
            chosen = (absorbed, third)

    with pytest.raises(RuleViolation) as refused:
        merge(*chosen, diana)

    assert refused.value.code == code


@pytest.mark.parametrize("below", [1, 2, 3])
def test_a_survivor_below_the_absorbed_one_closes_no_circle(diana, below):
    head = make_account(account_number="HEAD")
    absorbed = make_account(account_number="OLD", parent=head)
    survivor = absorbed
    for level in range(below):
        survivor = make_account(account_number=f"L{level}", parent=survivor)
    before = everything()

    done = merge(survivor, absorbed, diana)

    survivor.refresh_from_db()
    assert survivor.parent == head
    merging.undo_merge(done.pk, actor=diana)
    assert everything() == before


def test_an_absorbed_one_below_the_survivor_gives_it_no_parent(diana):
    survivor = make_account(account_number="K1")
    between = make_account(account_number="MID", parent=survivor)
    absorbed = make_account(account_number="OLD", parent=between)

    merge(survivor, absorbed, diana)

    survivor.refresh_from_db()
    assert survivor.parent is None


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    parents=st.lists(st.integers(0, 5), min_size=6, max_size=6),
    pairs=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=4),
    texts=st.lists(st.sampled_from(["", "a", "b"]), min_size=6, max_size=6),
    main=st.lists(st.booleans(), min_size=6, max_size=6),
    different=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=4),
)
def test_any_merges_undone_in_reverse_leave_every_row_as_it_was(
    diana, parents, pairs, texts, main, different
):
    accounts: list[Account] = []
    for text, parent, is_primary in zip(texts, parents, main, strict=True):
        above = accounts[parent] if parent < len(accounts) else None
        accounts.append(make_account(parent=above, phone=text, owners=text))
        make_contact(accounts[-1], is_primary=is_primary)
    for one, other in different:
        duplicates.dismiss({accounts[one].pk, accounts[other].pk}, actor=diana)
    before = everything()

    done = []
    for one, other in pairs:
        with suppress(RuleViolation):  # the same twice, or merged already
            done.append(merge(accounts[one], accounts[other], diana, fields_from=["phone"]))
    for entry in reversed(done):
        merging.undo_merge(entry.pk, actor=diana)

    assert everything() == before


def test_the_number_of_statements_does_not_depend_on_the_rows(diana):
    def statements(count):
        survivor, absorbed = make_account(), make_account()
        for _ in range(count):
            make_order(absorbed, "2026-01-05", "1")
        with CaptureQueriesContext(connection) as captured:
            merge(survivor, absorbed, diana)
        return len(captured)

    assert statements(1) == statements(10)


def main_contacts():
    main = Contact.objects.filter(is_primary=True).order_by("pk")
    return list(main.values_list("account__account_number", "name"))


@pytest.mark.parametrize(
    ("of_survivor", "of_absorbed", "remains"),
    [
        (True, True, [("K1", "王芳")]),
        (True, False, [("K1", "王芳")]),
        (False, True, [("K1", "李雷")]),
        (False, False, []),
    ],
)
def test_one_main_contact_remains_the_survivors_if_it_has_one(
    diana, of_survivor, of_absorbed, remains
):
    survivor, absorbed = make_account(account_number="K1"), make_account(account_number="OLD")
    make_contact(survivor, name="王芳", is_primary=of_survivor)
    make_contact(absorbed, name="李雷", is_primary=of_absorbed)
    before = main_contacts()

    done = merge(survivor, absorbed, diana)
    assert main_contacts() == remains
    merging.undo_merge(done.pk, actor=diana)

    assert main_contacts() == before


def test_who_became_the_main_contact_after_the_merge_stays_it_when_it_is_undone(diana):
    survivor, absorbed = make_account(account_number="K1"), make_account(account_number="OLD")
    make_contact(survivor, name="王芳", is_primary=True)
    make_contact(absorbed, name="李雷", is_primary=True)
    done = merge(survivor, absorbed, diana)
    services.add_contact(survivor.pk, fields={"name": "韩梅梅", "is_primary": True}, actor=diana)

    merging.undo_merge(done.pk, actor=diana)

    assert main_contacts() == [("OLD", "李雷"), ("K1", "韩梅梅")]


def test_what_was_called_different_from_one_is_different_from_the_survivor(diana):
    survivor, absorbed, other = (make_account(name="华锐科技有限公司") for _ in range(3))
    duplicates.dismiss([absorbed.pk, other.pk], actor=diana)
    duplicates.dismiss([survivor.pk, absorbed.pk], actor=diana)
    suggested = duplicates.groups(Account.objects.all())

    done = merge(survivor, absorbed, diana)
    assert duplicates.groups(Account.objects.all()) == []
    merging.undo_merge(done.pk, actor=diana)

    assert duplicates.groups(Account.objects.all()) == suggested
    assert len(suggested) == 1


def test_a_pair_called_different_twice_is_carried_once_and_survives_the_undoing(diana):
    survivor, absorbed, other = (make_account(name="华锐科技有限公司") for _ in range(3))
    for account in (survivor, absorbed):
        duplicates.dismiss([account.pk, other.pk], actor=diana)
    before = everything()

    done = merge(survivor, absorbed, diana)
    merging.undo_merge(done.pk, actor=diana)

    assert done.dismissals == []
    assert everything() == before
