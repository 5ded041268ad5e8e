"""The fields of an archive that other systems and files may write, and how one value is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from accounts import rules
from accounts.models import Account

# By name, not by id: "华东", a username, an account number.
REFERENCES = ("region", "industry", "manager", "parent")
# Sent back by clients that change what they read: known, but not theirs to write.
READ_ONLY = (
    "tier",
    "reviewed_on",
    "review_due_on",
    "merged_into",
    "created_at",
    "updated_at",
)
LONGEST_TEXT = 32_000  # what a cell of a spreadsheet holds, so that every archive can be exported
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER_FORM = re.compile(rules.ACCOUNT_NUMBER_PATTERN)


@dataclass(frozen=True, slots=True)
class ArchiveField:
    """One writable field: what kind of value it takes and how long it may be."""

    name: str
    kind: str  # "line", "text" (of many lines), "choice", "date" or "reference"
    longest: int
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BadValueError(Exception):
    code: str
    detail: str


def _archive_field(field: models.Field[Any, Any]) -> ArchiveField:
    if field.name in REFERENCES:
        longest = {"manager": 150, "parent": 40}.get(field.name, 60)
        return ArchiveField(field.name, "reference", longest)
    if isinstance(field, models.DateField):
        return ArchiveField(field.name, "date", 10)
    if field.choices:
        values = tuple(str(value) for value, _label in field.flatchoices)
        return ArchiveField(field.name, "choice", field.max_length or 0, values)
    if isinstance(field, models.TextField):
        return ArchiveField(field.name, "text", LONGEST_TEXT)
    return ArchiveField(field.name, "line", field.max_length or 0)


FIELDS = {
    field.name: _archive_field(field)
    for field in Account._meta.concrete_fields
    if field.editable and not field.primary_key and field.name not in READ_ONLY
}


def clean(field: ArchiveField, value: Any) -> str | date | None:
    """The value as it is kept: "" for no text or reference, None for no date.

    Raises BadValueError: `invalid_type`, `invalid_characters`, `too_long`, `invalid_choice`,
    `invalid_date`, `invalid` (an account number of the wrong form), `reserved`, `required`.
    """
    text = _text(field, value)
    if field.kind == "date":
        return _date(text) if text else None
    if field.kind == "choice" and text and text not in field.choices:
        raise BadValueError(
            "invalid_choice", _("Use one of: %(choices)s.") % {"choices": ", ".join(field.choices)}
        )
    if field.name in ("account_number", "name") and not text:
        raise BadValueError("required", _("This field must not be empty."))
    if field.name == "account_number":
        _check_number(text)
    elif field.kind in ("line", "reference") and len(text.splitlines()) > 1:
        raise BadValueError(
            "invalid_characters",
            _("Only one line fits here. In a CSV, a quotation mark may be missing or too many."),
        )
    return text


def _check_number(text: str) -> None:
    if not _NUMBER_FORM.fullmatch(text):
        raise BadValueError(
            "invalid", _("Use 1 to 40 characters; no blanks, slashes, ?, # and percent signs.")
        )
    if text in rules.RESERVED_NUMBERS:
        raise BadValueError("reserved", _("This word is part of an address: use another number."))


def _text(field: ArchiveField, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadValueError("invalid_type", _("Send text."))
    text = rules.credit_code(value) if field.name == "credit_code" else value.strip()
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise BadValueError("invalid_characters", _("NUL or half a character is not text."))
    if len(text) > field.longest:
        raise BadValueError(
            "too_long", _("At most %(longest)d characters.") % {"longest": field.longest}
        )
    return text


def _date(text: str) -> date:
    try:
        if _ISO_DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:  # 2026-02-30
        pass
    raise BadValueError("invalid_date", _("Give a day that exists, as YYYY-MM-DD."))
