import random

import pytest
from django.urls import reverse

from accounts import paging
from accounts.models import Account, Industry
from staff.models import Region
from tests.factories import make_account

LIST = "/accounts/"


def numbers(response):
    return [row.account_number for row in response.context["page"].rows]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("上海科技", True),
        ("华锐", True),  # two hanzi
        ("锐", True),
        ("锐华", False),
        ("华锐（上海）", True),
        ("ＫＨ－０１", True),  # full width
        ("kh-01", True),
        ("h-0", True),
        ("KH-02", False),
        ("huarui", True),
        ("rui shang", True),
        ("HuaRui", True),
        ("ruihua", False),
        ("hrsh", True),  # initials
        ("rshk", True),
        ("hrsz", False),
        ("nord handel", True),
        ("华锐 kejik", False),
        ("华锐 keji", True),  # mixed
        ("91310000", True),
        ("%", False),  # neither letters nor digits: nothing to be found
        ("_____", False),
        ("' OR 1=1", False),
    ],
)
def test_search_finds_parts_of_names_codes_pinyin_and_initials(client, diana, text, found):
    make_account(
        account_number="KH-01",
        name="华锐（上海）科技有限公司",
        english_name="Nord Handel Ltd.",
        credit_code="91310000MA1FL0AB1X",
    )
    client.force_login(diana)

    response = client.get(LIST, {"search": text})

    assert numbers(response) == (["KH-01"] if found else [])


def test_what_people_write_is_text_and_never_markup(client, diana):
    region = Region.objects.create(name="<i>华东</i>")
    make_account(name="<script>alert(1)</script>{name}%s", manager=diana, region=region)
    client.force_login(diana)

    page = client.get(LIST).text

    assert "&lt;script&gt;alert(1)&lt;/script&gt;{name}%s" in page
    assert "&lt;i&gt;华东&lt;/i&gt;" in page
    assert "<script>alert" not in page


@pytest.fixture
def many(anna):
    south, north = Region.objects.create(name="华南"), Region.objects.create(name="华北")
    toys = Industry.objects.create(name="玩具")
    draw = random.Random(7)
    accounts = [
        make_account(
            name=f"{draw.choice(['上海', '安徽', '深圳'])}{draw.choice(['华锐', '天工'])}{i}公司",
            tier=draw.choice(["strategic", "key", "ordinary", "ordinary"]),
            region=draw.choice([south, north, None]),
            industry=draw.choice([toys, None]),
            review_due_on=draw.choice(["2026-01-01", "2999-01-01", None]),
            manager=anna if i % 3 == 0 else None,
        )
        for i in range(47)
    ]
    merged = accounts.pop()
    Account.objects.filter(pk=merged.pk).update(merged_into=accounts[0])
    return accounts


def walk(client, data):
    """The account numbers of every page forward, then of every page back from the last one.

    Asked for as htmx does, so that only the table is rendered.
    """
    part = {"HX-Request": "true"}
    forward, response = [], client.get(LIST, data, headers=part)
    forward.append(numbers(response))
    while query := response.context["next_query"]:
        response = client.get(f"{LIST}?{query}", headers=part)
        forward.append(numbers(response))
    backward = [numbers(response)]
    while query := response.context["previous_query"]:
        response = client.get(f"{LIST}?{query}", headers=part)
        backward.append(numbers(response))
    return forward, [page for page in backward if page][::-1]


@pytest.mark.parametrize("sample", [2**32, 1], ids=["many are found", "few are found"])
@pytest.mark.parametrize("who", ["diana", "anna"])
@pytest.mark.parametrize("filters", [{}, {"search": "华锐"}, {"tier": "ordinary"}])
def test_paging_shows_each_visible_account_exactly_once_in_both_directions(
    client, many, request, monkeypatch, sample, who, filters
):
    monkeypatch.setattr(paging, "PAGE_SIZE", 6)
    monkeypatch.setattr(paging, "SAMPLE", sample)
    monkeypatch.setattr(paging, "SMALL", 0)
    paging._left.cache_clear()
    user = request.getfixturevalue(who)
    client.force_login(user)
    expected = {
        account.account_number
        for account in many
        if (who == "diana" or account.manager_id == user.pk)
        and filters.get("search", "") in account.name
        and filters.get("tier", account.tier) == account.tier
    }

    for order in [*paging.SORTS, *(f"-{name}" for name in paging.SORTS)]:
        forward, backward = walk(client, {**filters, "sort": order})

        shown = [number for page in forward for number in page]
        assert len(shown) == len(set(shown)), order
        assert set(shown) == expected, order
        assert [number for page in backward for number in page] == shown, order


@pytest.mark.parametrize(
    ("order", "key"),
    [
        ("name", lambda a: (a.name_sort, a.pk)),
        ("number", lambda a: a.account_number),
        (
            "tier",
            lambda a: (["strategic", "key", "ordinary"].index(a.tier), a.name_sort, a.pk),
        ),
        ("updated", lambda a: a.updated_at),
    ],
)
def test_the_list_is_sorted_as_asked(client, diana, many, order, key):
    client.force_login(diana)
    expected = [a.account_number for a in sorted(many, key=key)]

    assert numbers(client.get(LIST, {"sort": order})) == expected
    assert numbers(client.get(LIST, {"sort": f"-{order}"})) == expected[::-1]


@pytest.mark.parametrize("cursor", ["x", "W10", "!!!", "WyJpIiwwXQ", "A" * 3000, "WyJpIiwwLDEsMl0"])
def test_a_broken_cursor_shows_the_first_page(client, diana, k1, cursor):
    client.force_login(diana)

    response = client.get(LIST, {"cursor": cursor})

    assert response.status_code == 200
    assert numbers(response) == ["K1"]


def test_filters_combine_and_show_as_chips_that_take_them_away(client, diana, many):
    client.force_login(diana)
    region = Region.objects.get(name="华南")

    response = client.get(LIST, {"region": region.pk, "tier": "key", "sort": "number"})

    expected = [a.account_number for a in many if a.region == region and a.tier == "key"]
    assert sorted(numbers(response)) == sorted(expected)
    chips = response.context["filters"].chips()
    assert [chip.value for chip in chips][1] == "华南"
    assert chips[1].query == "tier=key&sort=number"


def test_accounts_without_a_manager_or_due_for_review_are_found(client, diana, many):
    client.force_login(diana)

    unmanaged = client.get(LIST, {"no_manager": "on"})
    due = client.get(LIST, {"review_due": "on"})

    assert set(numbers(unmanaged)) == {a.account_number for a in many if not a.manager_id}
    assert set(numbers(due)) == {a.account_number for a in many if a.review_due_on == "2026-01-01"}


def test_the_group_filter_takes_in_subsidiaries_of_subsidiaries(client, diana, k1):
    child = make_account(account_number="K1-1", parent=k1)
    make_account(account_number="K1-1-1", parent=child)
    make_account(account_number="K2")
    client.force_login(diana)

    response = client.get(LIST, {"parent": "K1"})

    assert set(numbers(response)) == {"K1", "K1-1", "K1-1-1"}


@pytest.mark.parametrize(
    "data",
    [
        {"tier": "gold"},
        {"region": "x"},
        {"manager": "99999999999999999999"},
        {"parent": "nope"},
        {"sort": "secret"},
        {"search": "a\x00b"},
        {"search": "a" * 5000},
    ],
)
def test_nonsense_in_the_address_is_no_server_error(client, diana, k1, data):
    client.force_login(diana)
    assert client.get(LIST, data).status_code < 500


def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
    client, diana, django_assert_max_num_queries, django_assert_num_queries
):
    client.force_login(diana)
    make_account(name="华锐0", region=Region.objects.create(name="r0"), manager=diana)
    client.get(LIST, {"search": "华锐"})  # what is kept in memory is read with the first
    with django_assert_max_num_queries(20) as one:
        client.get(LIST, {"search": "华锐"})
    for i in range(1, 10):
        make_account(name=f"华锐{i}", region=Region.objects.create(name=f"r{i}"), manager=diana)

    with django_assert_num_queries(len(one.captured_queries)):
        response = client.get(LIST, {"search": "华锐"})

    assert len(numbers(response)) == 10


def test_a_search_that_finds_too_many_to_sort_says_so(client, diana, monkeypatch, many):
    monkeypatch.setattr(paging, "SAMPLE", 2**32)
    monkeypatch.setattr(paging, "PAGE_SIZE", 5)
    client.force_login(diana)

    response = client.get(LIST, {"search": "公司", "sort": "name"})

    assert response.context["page"].is_unsorted
    assert len(numbers(response)) == 5


@pytest.mark.parametrize(("small", "is_unsorted"), [(0, True), (3500, False)])
def test_a_search_among_the_few_accounts_of_a_region_is_sorted(
    client, diana, monkeypatch, many, small, is_unsorted
):
    monkeypatch.setattr(paging, "SAMPLE", 2**32)
    monkeypatch.setattr(paging, "PAGE_SIZE", 5)
    monkeypatch.setattr(paging, "SMALL", small)
    client.force_login(diana)
    region = Region.objects.get(name="华南")

    for _again in range(2):  # the second time from memory
        response = client.get(LIST, {"search": "公司", "region": region.pk})

        assert response.context["page"].is_unsorted is is_unsorted
        assert len(numbers(response)) == 5


def test_htmx_gets_the_results_only(client, diana, k1):
    client.force_login(diana)

    response = client.get(LIST, headers={"HX-Request": "true"})

    assert "<html" not in response.text
    assert "K1" in response.text


def test_boris_sees_nothing_of_annas_accounts(client, boris, k1):
    client.force_login(boris)
    assert numbers(client.get(LIST)) == []
    assert numbers(client.get(LIST, {"search": "华锐"})) == []


def test_who_keeps_the_system_has_no_business_here(client, sysadmin, k1):
    client.force_login(sysadmin)
    assert client.get(LIST).status_code == 403
    assert client.get(reverse("accounts:filters")).status_code == 403
