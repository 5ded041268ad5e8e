"""Query parameters of REST calls, read strictly: a wrong value is 422 and names itself."""

import re
from collections.abc import Collection
from datetime import date, datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def invalid(name: str, detail: str, code: str = "invalid") -> ValidationError:
    """422 naming one parameter or field."""
    return ValidationError({name: [ErrorDetail(detail, code=code)]})


def date_parameter(request: Request, name: str) -> date | None:
    """The day given as YYYY-MM-DD, or None when the parameter is absent or empty."""
    text = request.query_params.get(name, "")
    return read_date(name, text) if text else None


def read_date(name: str, value: object) -> date:
    """YYYY-MM-DD in ASCII digits, the only spelling of a date that is taken over REST."""
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:  # 2026-02-30
        pass
    raise invalid(name, _("Give a day that exists, as YYYY-MM-DD."))


def moment_parameter(request: Request, name: str) -> datetime | None:
    """The moment given in ISO 8601, or None; without an offset it is local time."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    text = text.replace(" ", "+") if "T" in text else text  # an unquoted "+" arrives as a space
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise invalid(name, _("Give a moment as ISO 8601 with offset."))
    try:
        return moment if moment.tzinfo else timezone.make_aware(moment)
    except OverflowError:
        raise invalid(name, _("This moment is out of range.")) from None


def choice_parameter(request: Request, name: str, choices: Collection[str]) -> str:
    """One of `choices`, or "" when the parameter is absent or empty."""
    text = request.query_params.get(name, "")
    if text and text not in choices:
        raise invalid(
            name, _("Give one of: %(choices)s.") % {"choices": ", ".join(choices)}, "invalid_choice"
        )
    return text
