"""The policy that a database without any gets when it is migrated."""

import pytest
from django.apps import apps
from django.db import connections
from django.db.models.signals import post_migrate

from tiering.models import TierPolicy

pytestmark = pytest.mark.django_db(databases=["default", "other"])


@pytest.fixture(scope="module", autouse=True)
def other_database(django_db_setup):
    """Another database: in truth a schema that shadows the table of policies."""
    settings = connections["default"].settings_dict
    connections.databases["other"] = {
        **settings,
        "OPTIONS": {"options": "-csearch_path=other,public"},
    }
    yield
    connections["other"].close()
    del connections["other"]
    del connections.databases["other"]


@pytest.fixture
def other(db):
    with connections["other"].cursor() as cursor:
        cursor.execute("CREATE SCHEMA other")
        cursor.execute(
            "CREATE TABLE tiering_tierpolicy (LIKE public.tiering_tierpolicy INCLUDING ALL)"
        )
    return "other"


def migrated(using):
    config = apps.get_app_config("tiering")
    post_migrate.send(sender=config, app_config=config, verbosity=0, interactive=False, using=using)


def test_it_goes_to_the_database_that_was_migrated_once(other):
    migrated(other)
    migrated(other)

    assert [policy.version for policy in TierPolicy.objects.using(other)] == [1]
    assert TierPolicy.objects.count() == 1  # the one of the default database
