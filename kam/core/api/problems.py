"""Errors of the REST API as application/problem+json (RFC 9457)."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import DataError
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from kam.core.bulk import BulkRejected
from kam.core.errors import RuleViolation

CONTENT_TYPE = "application/problem+json"


def problem(
    status: int, code: str, detail: str = "", errors: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The members of a problem; `errors` name fields, and rows where there are several."""
    phrase = HTTPStatus(status).phrase
    return {
        "type": "about:blank",
        "title": phrase,
        "status": status,
        "code": code,
        "detail": detail or phrase,
        "errors": errors or [],
    }


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an exception, or None where it is our own fault (500)."""
    body, headers = _answer(exc)
    if body is None:
        return None
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def json_problem(status: int, code: str, detail: str = "") -> JsonResponse:
    """A problem outside of REST views: addresses that lead nowhere, errors of our own."""
    return JsonResponse(problem(status, code, detail), status=status, content_type=CONTENT_TYPE)


def _answer(exc: Exception) -> tuple[dict[str, Any] | None, dict[str, str]]:
    match exc:
        case RuleViolation():
            return problem(409, exc.code, str(exc.message)), {}
        case BulkRejected():
            detail = _("%(rejected)s of %(received)s objects are wrong; nothing was stored.") % {
                "rejected": exc.outcome.rejected,
                "received": exc.outcome.received,
            }
            return problem(422, "rejected", detail, exc.outcome.as_dict()["errors"]), {}
        case exceptions.ValidationError():
            errors = list(_flat(exc.detail))
            return problem(422, "invalid", _("Some values are not valid."), errors), {}
        case exceptions.APIException():
            return _of_api_exception(exc), _headers(exc)
        case Http404():
            return problem(404, "not_found", _("There is nothing here, or nothing of yours.")), {}
        case PermissionDenied():
            return problem(403, "permission_denied", _("You may not do this.")), {}
        case SuspiciousOperation() | BadRequest():
            return problem(400, "malformed", _("The request is malformed.")), {}
        case DataError() | UnicodeEncodeError() | OverflowError():
            return problem(422, "out_of_range", _("A value is out of range.")), {}
    return None, {}


def _of_api_exception(exc: exceptions.APIException) -> dict[str, Any]:
    detail = exc.detail if isinstance(exc.detail, exceptions.ErrorDetail) else None
    code = (detail.code if detail else None) or exc.default_code
    return problem(exc.status_code, code, _what_to_do(exc) or str(detail or exc.default_detail))


def _what_to_do(exc: exceptions.APIException) -> str:
    """Said instead of what REST framework says, where that does not help on."""
    match exc.get_codes():
        case "not_authenticated":
            return _("Send a token, in the header Authorization: Bearer <token>.")
        case "unsupported_media_type":
            return _("Send JSON, with the header Content-Type: application/json.")
    return ""


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if auth_header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, int(wait)))
    return headers


def _flat(detail: Any, path: str = "", index: int | None = None) -> Iterator[dict[str, Any]]:
    """Each message of a DRF validation error with the path of its field ("lines.0.quantity")."""
    if isinstance(detail, exceptions.ErrorDetail):
        yield {"field": path, "index": index, "code": detail.code, "detail": str(detail)}
    elif isinstance(detail, dict):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _flat(inner, ".".join(filter(None, [path, own])), index)
    elif all(isinstance(inner, exceptions.ErrorDetail) for inner in detail):
        for inner in detail:
            yield from _flat(inner, path, index)
    else:
        for place, inner in enumerate(detail):
            if path or index is not None:
                yield from _flat(inner, f"{path}.{place}", index)
            else:
                yield from _flat(inner, "", place)
