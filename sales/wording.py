"""What is wrong with an object of a bulk call, for who sent it."""

from django.utils.translation import gettext as _

from kam.core.bulk import RowError
from sales.rules import FieldError


def refusal(index: int, key: str, error: FieldError) -> RowError:
    """One object of a call that was not stored, and why, in the language that was asked for."""
    text = _(error.text)
    detail = text % error.values if error.values else text
    return RowError(index, key, error.field, error.code, detail)
