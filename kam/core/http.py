from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest
from rest_framework.request import Request

from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from staff.models import User


class StaffRequest(HttpRequest):
    """What page views get: LoginRequiredMiddleware and HtmxMiddleware have run."""

    user: User
    htmx: HtmxDetails


class StaffApiRequest(Request):
    """What REST views get: a service user by its token, or a person by the session (Swagger)."""

    user: User


@contextmanager
def refusals_shown(request: HttpRequest) -> Iterator[None]:
    """For buttons: a refusal is shown on the next page, and the rest of the block does not run."""
    try:
        yield
    except RuleViolation as violation:
        messages.error(request, violation.message)
