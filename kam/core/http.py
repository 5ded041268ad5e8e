from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.request import Request

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
