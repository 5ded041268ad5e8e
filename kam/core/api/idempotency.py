"""`Idempotency-Key` on POST: the first answer is replayed byte for byte for 24 hours.

See docs/adr/0002-api-conventions.md. A call that is still running holds a PostgreSQL session
advisory lock; a killed worker loses its connection and with it the lock.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.request import Request

from kam.core.api.body import read_body
from kam.core.models import ApiToken, IdempotentResponse

KEPT_FOR = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("Content-Type", "Location", "Retry-After")


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reuse"
    default_detail = _("This Idempotency-Key was used for another request.")


class StillRunning(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "idempotency_in_progress"
    default_detail = _("The first request with this Idempotency-Key is still running.")


@dataclass(frozen=True, slots=True)
class Call:
    """A POST with a key: the same call is the same method, address with query, unpacked body."""

    token: ApiToken
    key: str
    digest: str


def call_of(request: Request) -> Call | None:
    """The call under its key; None without the header, and for people, who have no token."""
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method != "POST" or not isinstance(request.auth, ApiToken):
        return None
    if not _KEY.fullmatch(key):
        raise ParseError(
            _("Idempotency-Key must be 1 to 255 visible ASCII characters."),
            code="invalid_idempotency_key",
        )
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    digest.update(read_body(request._request))
    return Call(request.auth, key, digest.hexdigest())


@contextmanager
def exclusive(token: ApiToken, key: str) -> Iterator[None]:
    """Hold the key of this token, or raise StillRunning."""
    number = int.from_bytes(hashlib.sha256(f"{token.pk}:{key}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise StillRunning
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def kept_answer(call: Call) -> HttpResponse | None:
    """The first answer, if there was one within 24 hours; KeyReused if to another request."""
    kept = IdempotentResponse.objects.filter(
        token=call.token, key=call.key, created_at__gt=timezone.now() - KEPT_FOR
    ).first()
    if kept is None:
        return None
    if kept.request_digest != call.digest:
        raise KeyReused
    response = HttpResponse(bytes(kept.body), status=kept.status, headers=kept.headers)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def keep(call: Call, response: HttpResponseBase) -> None:
    """Keep a rendered answer; an error of our own (5xx) is not kept, so it can be tried again."""
    if response.status_code >= 500 or not isinstance(response, HttpResponse):
        return
    IdempotentResponse.objects.update_or_create(
        token=call.token,
        key=call.key,
        defaults={
            "request_digest": call.digest,
            "status": response.status_code,
            "headers": {h: response.headers[h] for h in _KEPT_HEADERS if h in response.headers},
            "body": response.content,
            "created_at": timezone.now(),
        },
    )


def purge() -> int:
    """Forget answers older than 24 hours; returns how many."""
    old = IdempotentResponse.objects.filter(created_at__lte=timezone.now() - KEPT_FOR)
    return old.delete()[0]
