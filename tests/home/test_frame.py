"""What surrounds every page: navigation, languages, keyboard hints, the menu of the user."""

import re

import pytest

from tests.factories import make_user

pytestmark = pytest.mark.django_db


def user_with(*permissions):
    return make_user("nora", perms=permissions, full_name="诺拉")


def test_the_title_of_a_page_is_its_heading_too(client):
    client.force_login(user_with())

    page = client.get("/me/", headers={"Accept-Language": "en"}).text

    assert "<title>About me · KAM</title>" in page
    assert '<h1 class="page-title">About me</h1>' in page


def test_the_navigation_shows_only_what_one_may_open(client):
    client.force_login(user_with("staff.manage_users"))

    page = client.get("/me/").text

    assert 'data-key="m"' in page
    assert 'data-key="k"' not in page


def test_the_entry_of_the_open_page_is_marked(client):
    client.force_login(user_with("staff.manage_users"))

    page = client.get("/").text

    assert re.search(r'href="/" data-key="h" aria-current="page"', page)
    assert page.count("aria-current") == 1


def test_the_language_is_switched_by_a_form_and_kept(client):
    client.force_login(user_with())

    client.post("/language/", {"language": "en", "next": "/me/"})

    assert '<html lang="en">' in client.get("/me/").text
    client.post("/language/", {"language": "zh-hans", "next": "/me/"})
    assert '<html lang="zh-hans">' in client.get("/me/").text


def test_the_head_of_the_user_menu_names_the_roles(client):
    client.force_login(make_user("diana", "ka_director"))

    fragment = client.get("/me/", headers={"HX-Request": "true", "Accept-Language": "en"}).text

    assert "Key-account director" in fragment
    assert "<html" not in fragment


def test_the_frame_costs_no_query_beyond_session_user_and_permissions(
    client, django_assert_num_queries
):
    client.force_login(user_with("staff.manage_users"))

    # session, user, permissions; the badges are asked for afterwards
    with django_assert_num_queries(3):
        client.get("/")


@pytest.mark.parametrize(
    ("address", "back"),
    [
        ("/accounts/filters/", "/accounts/"),
        ("/auth/password/change/", "/me/"),
        ("/auth/2fa/", "/me/"),
    ],
)
def test_a_page_that_no_menu_names_leads_back(client, diana, address, back):
    client.force_login(diana)
    page = client.get(address).text
    above_the_title = page.split('class="page-pretitle"')[1].split("</div>")[0]
    assert f'href="{back}"' in above_the_title
