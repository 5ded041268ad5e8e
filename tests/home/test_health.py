import pytest
from django.db import OperationalError, connection


@pytest.mark.django_db
def test_health_needs_no_login(client):
    response = client.get("/health/")

    assert response.status_code == 200
    assert response.json() == {"database": "ok", "redis": "ok"}


@pytest.mark.django_db
def test_a_dead_redis_is_told_but_does_not_take_the_site_down(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    response = client.get("/health/")

    assert response.status_code == 200
    assert response.json() == {"database": "ok", "redis": "down"}


@pytest.mark.django_db
def test_a_dead_database_is_503(client):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("the server is gone")

    with connection.execute_wrapper(refuse):
        response = client.get("/health/")

    assert response.status_code == 503
    assert response.json()["database"] == "down"
