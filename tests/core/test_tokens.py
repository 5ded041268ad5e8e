"""Keys of REST clients: stored hashed, shown once, ended by expiry, revocation or leaving."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from kam.core import tokens
from kam.core.models import ApiToken, AuditEntry
from staff.models import User
from tests.factories import make_service_user, make_token, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.sample_api")]
URL = "/api/v1/sample/entries/"


def status(key):
    return Client().get(URL, headers={"Authorization": f"Bearer {key}"}).status_code


def make_by_command(capsys, *args):
    call_command("create_api_token", *args)
    return capsys.readouterr().out


def test_the_command_prints_only_the_key_and_makes_the_service_user(capsys):
    out = make_by_command(capsys, "erp", "--scope", "orders:read", "--scope", "tiers:read")

    assert out.count("\n") == 1
    assert status(out.strip()) == 200
    token = ApiToken.objects.get()
    assert token.user.username == "erp"
    assert token.user.is_service
    assert not token.user.has_usable_password()
    assert token.scopes == ["orders:read", "tiers:read"]
    assert 364 <= (token.expires_at - timezone.now()).days <= 365
    assert out.strip() not in (token.digest, token.prefix)
    assert AuditEntry.objects.filter(action="core.token_issued").count() == 1


def test_the_command_refuses_unknown_scopes_and_people(capsys):
    make_user("anna")

    with pytest.raises(CommandError, match="orders:eat"):
        make_by_command(capsys, "erp", "--scope", "orders:eat")
    with pytest.raises(CommandError, match="anna"):
        make_by_command(capsys, "anna", "--scope", "orders:read")
    assert not ApiToken.objects.exists()
    assert not User.objects.filter(username="erp").exists()


@pytest.mark.parametrize("days", ["0", "-1", "100000"])
def test_the_command_refuses_odd_life_spans(capsys, days):
    with pytest.raises(CommandError, match="3650"):
        make_by_command(capsys, "erp", "--scope", "orders:read", "--days", days)


def test_an_expired_revoked_or_stranger_key_is_refused(sysadmin):
    key = make_token("orders:read")
    token = ApiToken.objects.get()
    assert status(key) == 200
    assert status(key[:-1] + ("a" if key[-1] != "a" else "b")) == 401

    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert status(key) == 401
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(seconds=60))
    assert status(key) == 200

    User.objects.filter(pk=token.user_id).update(is_active=False)
    assert status(key) == 401
    User.objects.filter(pk=token.user_id).update(is_active=True, is_service=False)
    assert status(key) == 401
    User.objects.filter(pk=token.user_id).update(is_service=True)

    tokens.revoke(token.pk, actor=sysadmin)
    assert status(key) == 401
    assert AuditEntry.objects.get(action="core.token_revoked").actor == sysadmin


def test_the_last_use_is_written_at_most_once_a_minute():
    key = make_token("orders:read")
    status(key)
    first = ApiToken.objects.get().last_used_at
    status(key)
    assert ApiToken.objects.get().last_used_at == first

    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    status(key)
    assert ApiToken.objects.get().last_used_at > first


def test_the_secret_is_nowhere_in_the_database():
    user = make_service_user()
    key = make_token("orders:read", user=user)

    values = str(ApiToken.objects.values().get()) + str(list(AuditEntry.objects.values()))

    assert key.split("_", 2)[2] not in values
