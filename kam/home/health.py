"""What a load balancer, a container engine or an engineer at night asks."""

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 while the database answers, else 503.

    A dead Redis is told but is no reason to take the site down: pages work and orders are
    accepted without it.
    """
    services = {"database": _database_answers(), "redis": _redis_answers()}
    states = {name: "ok" if answers else "down" for name, answers in services.items()}
    return JsonResponse(states, status=200 if services["database"] else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _redis_answers() -> bool:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1
        ) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
