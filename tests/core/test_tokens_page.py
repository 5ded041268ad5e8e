"""The page of API tokens: made, shown once, revoked."""

import pytest

from kam.core import tokens
from kam.core.models import ApiToken, AuditEntry
from kam.core.scopes import SCOPES
from tests.factories import make_token

pytestmark = pytest.mark.django_db
URL = "/tokens/"
FORM = {
    "username": "erp",
    "name": "order sync",
    "scopes": ["orders:read", "orders:write"],
    "days": "90",
}


@pytest.fixture(autouse=True)
def _logged_in(client, sysadmin):
    client.force_login(sysadmin)


def test_a_new_key_is_shown_once(client, sysadmin):
    response = client.post(URL, FORM)

    key = response.context["key"]
    assert response.status_code == 200
    assert key in response.text
    assert "no-store" in response.headers["Cache-Control"]
    token = tokens.find(key)
    assert (token.user.username, token.name) == ("erp", "order sync")
    assert (token.scopes, token.created_by) == (FORM["scopes"], sysadmin)
    assert AuditEntry.objects.get(action="core.token_issued").actor == sysadmin

    assert key not in client.get(URL).text
    assert f"kam_{token.prefix}_…" in client.get(URL).text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["orders:eat"]}, "scopes"),
        ({"days": "0"}, "days"),
        ({"days": "3651"}, "days"),
        ({"days": "9" * 30}, "days"),
        ({"username": ""}, "username"),
        ({"username": "a b"}, "__all__"),
        ({"username": "sys"}, "__all__"),
        ({"name": "x\0"}, "name"),
    ],
)
def test_a_refusal_says_why_and_makes_nothing(client, changed, field):
    response = client.post(URL, {**FORM, **changed})

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not ApiToken.objects.exists()


def test_a_revoked_token_is_dead_and_marked(client):
    key = make_token("orders:read")
    token = ApiToken.objects.get()

    response = client.post(f"{URL}{token.pk}/revoke/", follow=True)

    assert response.redirect_chain == [(URL, 302)]
    assert tokens.find(key) is None
    assert client.get(f"{URL}{token.pk}/revoke/").status_code == 405
    assert client.post(f"{URL}{token.pk + 1}/revoke/").status_code == 404


def test_only_who_manages_tokens_may(client, diana):
    make_token("orders:read")
    client.force_login(diana)

    assert client.get(URL).status_code == 403
    assert client.post(URL, FORM).status_code == 403
    assert client.post(f"{URL}{ApiToken.objects.get().pk}/revoke/").status_code == 403
    assert ApiToken.objects.get().revoked_at is None


def test_the_list_costs_the_same_for_ten_as_for_one(client, django_assert_num_queries):
    make_token("orders:read")
    client.get(URL)
    with django_assert_num_queries(5) as few:
        client.get(URL)
    for _number in range(9):
        make_token("orders:read")
    with django_assert_num_queries(len(few)):
        client.get(URL)


def test_the_form_says_what_each_scope_allows(client):
    page = client.get(URL).text

    assert f"contacts:read · {SCOPES['contacts:read']}" in page
