"""Figures sent as text: plain ASCII decimal notation and nothing else that Python would read.

To Decimal "１２", "1_000", " 12 ", "1e3" and "Infinity" are figures too; over REST they are none,
"1250.00" is one. JSON's own numbers are exact and stay as they are.
"""

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Annotated, Any

import msgspec
from msgspec import inspect

_PLAIN = Annotated[str, msgspec.Meta(pattern=r"^[+-]?[0-9]+(\.[0-9]+)?\Z")]
_UNLIKE_PATTERN = "Expected `str` matching"


def figures_of(item_type: type) -> Callable[[msgspec.Raw], None]:
    """What raises msgspec.ValidationError when a Decimal of that type is spelled otherwise.

    For objects that could be decoded: only their figures are looked at.
    """
    figures = _figures(inspect.type_info(item_type))
    if figures is None:
        return lambda _raw: None
    decoder = msgspec.json.Decoder(figures)

    def check(raw: msgspec.Raw) -> None:
        try:
            decoder.decode(raw)
        except msgspec.ValidationError as error:
            # A number out of the range of a float is no matter of spelling.
            if str(error).startswith(_UNLIKE_PATTERN):
                raise

    return check


def _figures(info: inspect.Type) -> Any:
    """The type with only the figures in it, as they are spelled; None when it has none."""
    if isinstance(info, inspect.DecimalType):
        return _PLAIN | float | int
    if isinstance(info, inspect.ListType):
        inner = _figures(info.item_type)
        return None if inner is None else list.__class_getitem__(inner)
    if isinstance(info, inspect.UnionType):
        inner = [part for part in map(_figures, info.types) if part is not None]
        return reduce(or_, inner, None) if inner else None
    if isinstance(info, inspect.StructType):
        found = [(field.encode_name, _figures(field.type)) for field in info.fields]
        fields = [
            (name, figures | msgspec.UnsetType, msgspec.UNSET)
            for name, figures in found
            if figures is not None
        ]
        return msgspec.defstruct("Figures", fields, gc=False) if fields else None
    return None
