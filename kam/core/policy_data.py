"""Policies between frozen dataclasses and the JSON that policy rows store.

Numbers with decimals travel as strings, so that nothing passes through a float.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints


class PolicyDataError(ValueError):
    """JSON that does not describe the policy; `where` names the place, as in `bins[1].points`."""

    def __init__(self, where: str, detail: str) -> None:
        super().__init__(f"{where}: {detail}" if where else detail)
        self.where = where
        self.detail = detail


def to_json(value: Any) -> Any:
    """The JSON of a policy: dataclasses as objects, tuples as lists, decimals and dates as strings.

    Raises TypeError for a value that no policy holds (a float, say).
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in fields(value) if f.init}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): to_json(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_json(each) for each in value]
    if value is None or isinstance(value, (str, int)):
        return value
    raise TypeError(f"no policy holds a {type(value).__name__}")


def from_json[T](cls: type[T], data: Any) -> T:
    """The policy that `data` describes; what is left out takes the default of its field.

    Raises PolicyDataError for an unknown or missing name or a value of the wrong kind, and
    whatever the policy itself raises for values that do not fit together.
    """
    loaded: T = _dataclass(cls, data, "")
    return loaded


def _dataclass(cls: Any, data: Any, where: str) -> Any:
    if not isinstance(data, Mapping):
        raise PolicyDataError(where, "an object is needed")
    known = {f.name: f for f in fields(cls) if f.init}
    if unknown := sorted(str(name) for name in data if name not in known):
        raise PolicyDataError(_inside(where, unknown[0]), "there is no such name")
    hints = _hints(cls)
    values = {}
    for name, each in known.items():
        if name in data:
            values[name] = _value(hints[name], data[name], _inside(where, name))
        elif each.default is MISSING and each.default_factory is MISSING:
            raise PolicyDataError(_inside(where, name), "is missing")
    return cls(**values)


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)


def _inside(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _value(hint: Any, data: Any, where: str) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if data is None and types.NoneType in args:
            return None
        return _value(next(arg for arg in args if arg is not types.NoneType), data, where)
    if origin is tuple:
        return _tuple(args[0], data, where)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(args[1], data, where)
    if is_dataclass(hint):
        return _dataclass(hint, data, where)
    return _scalar(hint, data, where)


def _tuple(hint: Any, data: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)):
        raise PolicyDataError(where, "a list is needed")
    return tuple(_value(hint, each, f"{where}[{i}]") for i, each in enumerate(data))


def _mapping(hint: Any, data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise PolicyDataError(where, "an object is needed")
    return {str(key): _value(hint, each, f"{where}.{key}") for key, each in data.items()}


def _scalar(hint: Any, data: Any, where: str) -> Any:
    try:
        return _READ[hint](data) if hint in _READ else hint(data)
    except (ValueError, TypeError, InvalidOperation):
        raise PolicyDataError(where, f"{data!r} is not a {hint.__name__}") from None


def _decimal(data: Any) -> Decimal:
    if isinstance(data, bool) or not isinstance(data, (str, int, Decimal)):
        raise TypeError
    number = Decimal(data)
    if not number.is_finite():
        raise ValueError
    return number


def _exactly(kind: type) -> Callable[[Any], Any]:
    def read(data: Any) -> Any:
        if type(data) is not kind:
            raise TypeError
        return data

    return read


_READ: dict[Any, Callable[[Any], Any]] = {
    Decimal: _decimal,
    int: _exactly(int),
    str: _exactly(str),
    bool: _exactly(bool),
    date: date.fromisoformat,
}
