from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
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


_ROW_ID = re.compile(r"[0-9]{1,18}")


def row_id(text: str) -> int:
    """The id of a row that a parameter or a field holds; 0, which no row has, where it is none."""
    return int(text) if _ROW_ID.fullmatch(text) else 0


def page_before(request: HttpRequest) -> str:
    """The page of ours on which a form says it stood; "" where it names none."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if wanted.startswith("/") and is_ours else ""


@contextmanager
def refusals_shown(request: HttpRequest) -> Iterator[None]:
    """For buttons: a refusal is shown on the next page, and the rest of the block does not run."""
    try:
        yield
    except RuleViolation as violation:
        messages.error(request, violation.message)
