"""Logging in: by user name or e-mail, people only, with limits that need no Redis."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.backends import ModelBackend
from django.test import Client
from django.utils import timezone

from staff.adapter import StaffMfaAdapter
from staff.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
LOGIN = "/auth/login/"


@pytest.fixture
def person(db):
    return make_user("wang", email="wang@example.com")


def log_in(client, login, password=PASSWORD):
    return client.post(LOGIN, {"login": login, "password": password})


@pytest.mark.parametrize("login", ["wang", "wang@example.com"])
def test_by_user_name_or_email(client, person, login):
    response = log_in(client, login)

    assert (response.status_code, response.url) == (302, "/")
    assert client.get("/").status_code == 200


def test_a_wrong_password_is_refused(client, person):
    assert log_in(client, "wang", "wrong").status_code == 200
    assert client.get("/").status_code == 302


def test_a_service_user_never_logs_in(client):
    make_user("erp", is_service=True)

    assert log_in(client, "erp").status_code == 200
    assert client.get("/").status_code == 302


def test_who_has_left_cannot_log_in(client, person):
    User.objects.update(is_active=False)

    log_in(client, "wang")

    assert client.get("/").status_code == 302


def test_who_is_logged_in_is_led_on(client, person):
    client.force_login(person)

    assert client.get(LOGIN).url == "/"


def test_nobody_signs_up(client):
    client.post("/auth/signup/", {"username": "x", "password1": PASSWORD, "password2": PASSWORD})

    assert not User.objects.exists()


def test_guessing_is_slowed_down(client, person):
    for n in range(5):
        log_in(client, "wang", f"wrong-{n}")

    assert log_in(client, "wang").status_code == 200  # the right password is not even tried
    assert client.get("/").status_code == 302
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
        assert log_in(client, "wang").status_code == 302
        assert client.get("/").status_code == 200


def test_a_few_slips_lock_nobody_out(client, person):
    for n in range(4):
        log_in(client, "wang", f"wrong-{n}")

    assert log_in(client, "wang").status_code == 302


def test_guesses_at_one_user_leave_the_others_alone(client, person):
    make_user("li")
    for n in range(5):
        log_in(client, "wang", f"wrong-{n}")

    assert log_in(client, "li").status_code == 302


def test_a_page_leads_to_the_login_and_back(client, person):
    assert client.get("/tokens/").url == "/auth/login/?next=/tokens/"


def test_the_language_is_the_users_choice(client, person):
    assert 'lang="zh-hans"' in client.get(LOGIN).text

    client.post("/language/", {"language": "en"})

    assert 'lang="en"' in client.get(LOGIN).text


def test_a_customer_who_comes_here_is_led_to_the_complaint_form(client, db):
    assert 'href="/complain/"' in client.get(LOGIN).text
    assert client.get("/complain/").status_code == 200


def test_second_factors_are_kept_encrypted_and_survive_a_new_secret(settings):
    adapter = StaffMfaAdapter()
    kept = adapter.encrypt("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DP" not in kept

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert adapter.decrypt(kept) == "JBSWY3DPEHPK3PXP"


def test_forms_without_a_csrf_token_are_refused(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)

    assert client.post("/tokens/", {}).status_code == 403


@pytest.mark.parametrize("is_active", [True, False])
def test_what_a_person_may_do_comes_from_their_roles_and_themselves_by_one_query(
    django_assert_num_queries, is_active
):
    made = make_user(role="sysadmin", perms=("accounts.view_account",), is_active=is_active)
    person = User.objects.get(pk=made.pk)

    with django_assert_num_queries(int(is_active)):
        names = person.get_all_permissions()

    assert names == ModelBackend().get_all_permissions(made)
    assert ({"staff.manage_users", "accounts.view_account"} <= names) is is_active


def test_a_refused_page_is_one_line_in_the_log(client, person, caplog):
    client.force_login(person)

    assert client.get("/tokens/").status_code == 403

    (line,) = caplog.records
    assert line.name.startswith("django_structlog")
    assert line.exc_info is None
