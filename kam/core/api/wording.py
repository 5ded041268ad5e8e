"""What is wrong with an object, in words for who sends it; msgspec's own are for programmers."""

import re
from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from msgspec import inspect

_KINDS: dict[str, str | Promise] = {
    "str": gettext_lazy("text in quotes"),
    "int": gettext_lazy("a whole number"),
    "float": gettext_lazy("a number"),
    "decimal": gettext_lazy('a figure such as "1250.00"'),
    "date": gettext_lazy("a date as YYYY-MM-DD"),
    "bool": gettext_lazy("true or false"),
    "array": gettext_lazy("a list"),
    "object": gettext_lazy("an object"),
    "null": "null",
}


def worded(message: str, path: str, item_type: type | None) -> str:
    """The message of a msgspec error about the member at `path` ("lines.0.status")."""
    for pattern, say in _SAYINGS:
        if found := pattern.fullmatch(message):
            return say(found)
    if message.startswith("Invalid enum value") and item_type is not None:
        choices = ", ".join(_choices(inspect.type_info(item_type), path.split(".")))
        return _("Give one of: %(choices)s.") % {"choices": choices}
    return message


def _kinds(names: str) -> str:
    return " / ".join(str(_KINDS.get(name, name)) for name in names.split(" | "))


def _unlike_pattern(found: re.Match[str]) -> str:
    if "A-Z" in found[1]:
        return _("A currency is three capital letters, such as USD.")
    return _('Write the figure in plain digits with a point, such as 1250.00 or "1250.00".')


_SAYINGS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
    (re.compile(pattern, re.DOTALL), say)
    for pattern, say in (
        (r"Object missing required field `.*`", lambda _found: _("This field is required.")),
        (r"Object contains unknown field `.*`", lambda _found: _("There is no such field.")),
        (
            r"Invalid RFC3339 encoded date",
            lambda _found: _("Give a day that exists, as YYYY-MM-DD."),
        ),
        (
            r"Expected `(.+)`, got `(.+)`",
            lambda found: (
                _("This must be %(wanted)s, and is %(given)s.")
                % {"wanted": _kinds(found[1]), "given": _kinds(found[2])}
            ),
        ),
        (
            r"Expected `str` of length <= (\d+)",
            lambda found: _("At most %(most)s characters.") % {"most": found[1]},
        ),
        (r"Expected `str` of length >= 1", lambda _found: _("This may not be empty.")),
        (
            r"Expected `int` <= (-?\d+)",
            lambda found: _("At most %(most)s.") % {"most": found[1]},
        ),
        (
            r"Expected `int` >= (-?\d+)",
            lambda found: _("At least %(least)s.") % {"least": found[1]},
        ),
        (r"Expected `str` matching regex '(.*)'", _unlike_pattern),
    )
]


def _choices(info: Any, path: list[str]) -> list[str]:
    """The values that the type of the member at `path` allows."""
    if isinstance(info, inspect.UnionType):
        return [choice for part in info.types for choice in _choices(part, path)]
    if isinstance(info, inspect.ListType):
        return _choices(info.item_type, path[1:])
    if isinstance(info, inspect.StructType):
        inner = [field.type for field in info.fields if field.encode_name == path[0]]
        return [choice for part in inner for choice in _choices(part, path[1:])]
    if isinstance(info, inspect.LiteralType):
        return [str(value) for value in info.values]
    if isinstance(info, inspect.EnumType):
        return [str(member.value) for member in info.cls]
    return []
