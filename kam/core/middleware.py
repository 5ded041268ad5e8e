import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

from kam.core.error_views import null_character, page_not_found


class NullCharacterMiddleware:
    """Refuse null characters in addresses: PostgreSQL cannot hold them, so nothing can match."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info:
            return page_not_found(request, ValueError())
        if "%00" in request.META.get("QUERY_STRING", ""):
            return null_character(request)
        return self.get_response(request)


_SECRET = re.compile(r"[A-Za-z0-9_-]{43,}")  # 256 random bits and more, as in `secrets`


class RequestLogMiddleware(RequestMiddleware):
    """Logs requests without the secrets that stand in the address of some, such as calendars."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return _SECRET.sub("…", f"{request.method} {request.get_full_path()}")
