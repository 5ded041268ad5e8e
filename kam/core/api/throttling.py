from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from kam.core.models import ApiToken, RequestCount

if TYPE_CHECKING:
    from rest_framework.views import APIView


_COUNT = f"""
INSERT INTO {RequestCount._meta.db_table} AS stored (token_id, minute, count) VALUES (%s, %s, 1)
ON CONFLICT (token_id) DO UPDATE SET
    minute = excluded.minute,
    count = CASE WHEN stored.minute = excluded.minute THEN stored.count + 1 ELSE 1 END
RETURNING count
"""  # noqa: S608


class TokenThrottle(BaseThrottle):
    """At most API_REQUESTS_PER_MINUTE calls per token and clock minute, then 429.

    Counted in PostgreSQL, one row per token; when counting fails, the call goes through.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.auth, ApiToken) or not settings.API_REQUESTS_PER_MINUTE:
            return True
        minute = timezone.now().replace(second=0, microsecond=0)
        try:
            with connection.cursor() as cursor:
                cursor.execute(_COUNT, [request.auth.pk, minute])
                (count,) = cursor.fetchone()
        except DatabaseError:
            return True
        return bool(count <= settings.API_REQUESTS_PER_MINUTE)

    def wait(self) -> float:
        """Seconds until the next clock minute."""
        return 60 - timezone.now().second
