import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account, AccountMerge
from accounts.services import duplicates as finding
from accounts.services import imports
from tests.factories import make_account, make_order, make_user

CODE = "91440300192185379H"
URL = "/accounts/duplicates/"


@pytest.fixture
def ada(client, admin_staff):
    client.force_login(admin_staff)
    return client


def numbers(group):
    return [Account.objects.get(pk=pk).account_number for pk in group.ids]


@pytest.mark.parametrize(
    ("name", "code", "phone", "reasons"),
    [
        ("（上海）华锐　科技股份有限公司", "", "", ["name"]),
        ("上海华锐科技", CODE.lower(), "", ["name", "credit_code"]),
        ("别的公司", "", "+86 21 6288 0001", ["phone"]),
        ("别的公司", CODE, "62880001", ["credit_code"]),
        ("上海华锐", "", "", []),
        ("别的公司", "", "", []),
    ],
)
def test_what_is_similar_and_why(db, name, code, phone, reasons):
    make_account(
        account_number="K1",
        name="上海华锐科技有限公司",
        credit_code=CODE,
        phone="021-62880001",
    )

    found = finding.find_similar(name, code, phone)

    assert [why for _account, why in found] == ([reasons] if reasons else [])


SPELLINGS = [
    CODE.lower(),
    f" {CODE} ",
    CODE.translate({ord("A") + i: 0xFF21 + i for i in range(26)}),
]


@pytest.mark.parametrize("code", SPELLINGS)
def test_a_credit_code_is_kept_in_one_spelling_whoever_enters_it(ada, api, code):
    make_account(account_number="K1", name="甲", credit_code=CODE)

    ada.post("/accounts/new/", {"account_number": "N1", "name": "乙", "create_anyway": "on"})
    seen = Account.objects.get(account_number="N1").updated_at.isoformat()
    edited = {"name": "乙", "credit_code": code, "expected": seen}
    ada.post("/accounts/N1/edit/basic/", edited)
    new = {"account_number": "N2", "name": "丙", "credit_code": code, "create_anyway": "on"}
    ada.post("/accounts/new/", new)
    api("accounts:write").put(
        "/api/v1/accounts/N3/", {"name": "丁", "credit_code": code}, "application/json"
    )
    data = f"number,name,uscc\nN4,戊,{code}\n".encode()
    imports.apply_import(
        imports.start_import("x.csv", data, actor=make_user()).pk, actor=make_user()
    )

    found = [numbers(group) for group in finding.groups(Account.objects.all())]
    assert found == [["K1", "N1", "N2", "N3", "N4"]]


def test_a_code_that_is_too_long_in_half_width_is_refused_in_words(ada):
    answer = ada.post(
        "/accounts/new/", {"account_number": "N1", "name": "乙", "credit_code": "㈱" * 18}
    )

    assert answer.status_code == 422
    assert not Account.objects.exists()


def test_merged_accounts_and_oneself_are_not_similar(db):
    kept = make_account(name="华锐")
    make_account(name="华锐", merged_into=kept)

    assert finding.find_similar("华锐", exclude=kept.pk) == []


def test_groups_say_what_is_shared_and_come_strongest_first(db):
    make_account(account_number="A1", name="甲有限公司")
    make_account(account_number="A2", name="甲股份有限公司")
    make_account(account_number="B1", name="乙", credit_code=CODE, phone="021-62880001")
    make_account(account_number="B2", name="乙", credit_code=CODE, phone="(021) 6288 0001")
    make_account(account_number="C1", name="丙", phone="021-62880002")

    found = finding.groups(Account.objects.all())

    assert [(numbers(group), group.reasons) for group in found] == [
        (["B1", "B2"], ("name", "credit_code", "phone")),
        (["A1", "A2"], ("name",)),
    ]


def test_accounts_called_different_are_not_suggested_again(ada):
    for number in ("A1", "A2"):
        make_account(account_number=number, name="甲")
    assert "A2" in ada.get(URL).text

    ada.post(reverse("accounts:duplicates_dismiss"), {"account": ["A1", "A2"]})

    assert "A2" not in ada.get(URL).text
    make_account(account_number="A3", name="甲")  # a third one is another question
    assert "A3" in ada.get(URL).text


def test_comparing_merging_and_undoing_on_the_pages(ada, diana):
    survivor = make_account(account_number="K1", name="甲", phone="1111111")
    absorbed = make_account(account_number="K2", name="甲", phone="2222222", address="上海市")
    make_order(absorbed)

    compared = ada.get("/accounts/merge/?survivor=K1&absorbed=K2").text
    assert "2222222" in compared
    assert "上海市" in compared
    done = ada.post(
        "/accounts/merge/", {"survivor": "K1", "absorbed": "K2", "fields_from": ["phone"]}
    )

    survivor.refresh_from_db()
    assert (survivor.phone, survivor.address) == ("2222222", "上海市")
    assert "<td>订单</td>" in ada.get(done.url).text
    assert "K2" in ada.get("/accounts/merges/").text
    ada.post(reverse("accounts:merge_undo", args=[AccountMerge.objects.get().pk]))
    absorbed.refresh_from_db()
    assert absorbed.merged_into is None
    assert absorbed.orders.count() == 1


def test_a_merge_with_itself_is_refused_on_the_page(ada):
    make_account(account_number="K1")

    answer = ada.post("/accounts/merge/", {"survivor": "K1", "absorbed": "K1"})

    assert answer.status_code == 422


def test_an_account_that_is_gone_is_404(ada):
    make_account(account_number="K1")
    make_account(account_number="K2", merged_into=Account.objects.get())

    assert ada.get("/accounts/merge/?survivor=K1&absorbed=K2").status_code == 404
    assert ada.get("/accounts/merge/?survivor=K1&absorbed=NONE").status_code == 404


def test_only_who_may_merge_gets_there(client, anna, fiona):
    for person in (anna, fiona):
        client.force_login(person)
        for url in (URL, "/accounts/merge/", "/accounts/merges/"):
            assert client.get(url).status_code == 403


def test_only_visible_accounts_are_compared(client, k1, boris):
    make_account(account_number="K2", name=k1.name)
    leader = make_user("leader", perms=("accounts.view_account", "accounts.merge_account"))
    client.force_login(leader)

    assert "K2" not in client.get(URL).text
    assert client.get("/accounts/merge/?survivor=K1&absorbed=K2").status_code == 404


def test_opening_an_archive_tells_of_look_alikes_but_not_of_others_accounts(client, k1, boris):
    client.force_login(boris)
    text = client.get("/accounts/similar/", {"name": "华锐科技股份有限公司"}).text
    assert "alert" in text
    assert "K1" not in text

    client.force_login(k1.manager)
    assert "K1" in client.get("/accounts/similar/", {"name": "华锐科技股份有限公司"}).text


def test_an_archive_is_not_opened_twice_without_looking(client, k1, boris):
    """The hint while typing needs JavaScript; what is sent is looked at in any case."""
    client.force_login(k1.manager)
    new = {"account_number": "N1", "name": "华锐科技股份有限公司"}

    refused = client.post("/accounts/new/", new)

    assert refused.status_code == 422
    assert "/accounts/K1/" in refused.text
    assert 'name="create_anyway"' in refused.text
    assert not Account.objects.filter(account_number="N1").exists()

    assert client.post("/accounts/new/", new | {"create_anyway": "on"}).status_code == 302
    assert Account.objects.filter(account_number="N1").exists()

    client.force_login(boris)
    told = client.post("/accounts/new/", new | {"account_number": "N2"})
    assert told.status_code == 422
    assert "/accounts/K1/" not in told.text  # of others' accounts only the fact


def test_an_import_names_the_look_alikes_of_new_accounts(ada, admin_staff):
    k1 = make_account(account_number="K1", name="华锐科技有限公司", phone="021-62880001")
    make_account(account_number="GONE", name="华锐", merged_into=k1)
    text = (
        "number,name,phone\nN1,华锐科技股份有限公司,(021) 6288 0001\n"
        "N2,华锐,\nK1,华锐科技有限公司,\n"
    )
    batch = imports.start_import("x.csv", text.encode(), actor=admin_staff)

    shown = ada.get(f"/accounts/import/{batch.pk}/").text
    imports.apply_import(batch.pk, actor=admin_staff)

    batch.refresh_from_db()
    assert [row["alike"] for row in batch.rows] == [[[k1.pk, ["name", "phone"]]], [], []]
    assert shown.count('href="/accounts/K1/"') == 1


def test_an_import_does_not_name_accounts_that_its_reader_may_not_see(client, k1, boris):
    reader = make_user("reader", perms=("accounts.view_account", "accounts.import_account"))
    text = f"number,name\nN1,{k1.name}\n"
    batch = imports.start_import("x.csv", text.encode(), actor=reader)
    client.force_login(reader)

    shown = client.get(f"/accounts/import/{batch.pk}/").text

    batch.refresh_from_db()
    assert batch.rows[0]["alike"] == [[k1.pk, ["name"]]]
    assert "/accounts/K1/" not in shown
    assert "badge bg-yellow-lt" in shown


def test_the_number_of_queries_does_not_depend_on_the_groups(ada):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            ada.get(URL)
        return len(captured)

    for number in range(2):
        make_account(account_number=f"A{number}", name="甲")
    one = queries()
    for number in range(20):
        make_account(account_number=f"B{number}", name=f"乙{number // 2}")
    assert queries() == one
