"""Errors outside of REST views, as pages or as problems, after the address."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from kam.core.api.problems import json_problem

API_PREFIX = "/api/"


@csrf_exempt
@login_not_required
def api_not_found(request: HttpRequest) -> HttpResponse:
    """Every address under /api/ that leads nowhere."""
    return json_problem(404, "not_found", _("There is no such address."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 400, "malformed", _("The request is malformed."))


def null_character(request: HttpRequest) -> HttpResponse:
    return _error(request, 400, "malformed", _("The address has a null character in it."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 403, "permission_denied", _("You may not do this."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if not request.path.startswith(API_PREFIX):
        return render(request, "403_csrf.html", status=403)
    return json_problem(403, "csrf", _("The CSRF token is missing or wrong."))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 404, "not_found", _("There is nothing here, or nothing of yours."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Our own fault. The page does not use the database, which may be the cause."""
    detail = _("Something went wrong on our side; it has been written to the log.")
    if request.path.startswith(API_PREFIX):
        return json_problem(500, "server_error", detail)
    return render(request, "500.html", {"detail": detail}, status=500)


def _error(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return json_problem(status, code, detail)
    context = {"status": status, "detail": detail}
    return render(request, f"{status}.html", context, status=status)
