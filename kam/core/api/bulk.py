"""Bulk upserts: read thousands of objects, each on its own, so that one bad one spoils nothing.

    body = read_bulk(request, member="orders", item_type=OrderIn, key="order_number")
    outcome = services.sync_orders(body.items, outcome=body.outcome, atomic=body.atomic, …)
    return answer(outcome)

A service that is asked for all or nothing raises BulkRejected inside its transaction.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from kam.core.api.body import read_body
from kam.core.api.parameters import choice_parameter
from kam.core.api.parsers import decode_json, malformed
from kam.core.bulk import BulkOutcome, BulkRejected, RowError

__all__ = ["BulkBody", "BulkOutcome", "BulkRejected", "RowError", "answer", "read_bulk"]

MAX_OBJECTS = 5_000
_MESSAGE = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)
_NAMED = re.compile(r"(missing required|contains unknown) field `(?P<name>.*)`")
_NUL = b"\\u0000"


class TooMany(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_many"
    default_detail = gettext_lazy("At most 5,000 objects a call.")


@dataclass(slots=True)
class BulkBody[Item]:
    """The well-formed objects with their places in the call; `outcome` refuses the others.

    An object is decoded when its turn comes, once: a call may hold 400,000 lines of orders, and
    whoever takes the objects one by one need not have them all at the same time.
    """

    items: Iterable[tuple[int, Item]]
    outcome: BulkOutcome
    atomic: bool
    options: dict[str, bool]


def read_bulk[Item](
    request: Request,
    *,
    member: str,
    item_type: type[Item],
    key: str,
    options: Collection[str] = (),
) -> BulkBody[Item]:
    """Decode `{member: [objects], option: bool…}`; numbers typed Decimal are exact.

    key: the attribute with the natural key. Of several objects with one key the last counts,
    the earlier ones are rejected. Who takes the objects raises BulkRejected when one was
    rejected and `atomic` is asked for.
    """
    raws, chosen = _envelope(read_body(request._request), member, options)
    atomic = choice_parameter(request, "atomic", ("true", "false")) == "true"
    outcome = BulkOutcome(received=len(raws))
    names = _keys(raws, key)
    latest = {name: index for index, name in enumerate(names)}

    def items() -> Iterator[tuple[int, Item]]:
        decoder = msgspec.json.Decoder(item_type)
        for index, (raw, name) in enumerate(zip(raws, names, strict=True)):
            if name and latest[name] != index:
                detail = _("The same key comes again later in this call; the last one counts.")
                outcome.reject(RowError(index, name, key, "duplicate_in_request", detail))
                continue
            item = _decode(decoder, raw, index, name)
            if isinstance(item, RowError):
                outcome.reject(item)
            else:
                yield index, item

    return BulkBody(items(), outcome, atomic, chosen)


def answer(outcome: BulkOutcome) -> Response:
    """200 with the counts and every error."""
    return Response(outcome.as_dict())


def _envelope(
    body: bytes, member: str, options: Collection[str]
) -> tuple[list[msgspec.Raw], dict[str, bool]]:
    try:
        body.decode()
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        raise _wrong("", _("The body must be an object."), "invalid") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(error) from error
    if member not in members:
        raise _wrong(member, _("This member is required."), "required")
    for name in members:
        if name != member and name not in options:
            raise _wrong(name, _("There is no such member."), "unknown_field")
    raws = _typed(members.pop(member), list[msgspec.Raw], member)
    if len(raws) > MAX_OBJECTS:
        raise TooMany
    return raws, {name: _typed(raw, bool, name) for name, raw in members.items()}


def _typed(raw: msgspec.Raw, wanted: Any, name: str) -> Any:
    try:
        return msgspec.json.decode(raw, type=wanted)
    except msgspec.ValidationError as error:
        raise _wrong(name, str(error), "invalid") from None


def _wrong(name: str, detail: str, code: str) -> ValidationError:
    return ValidationError({name or "non_field_errors": [ErrorDetail(detail, code=code)]})


def _decode[Item](
    decoder: msgspec.json.Decoder[Item], raw: msgspec.Raw, index: int, name: str
) -> Item | RowError:
    """The object, or why it is none."""
    try:
        if _NUL in bytes(raw) and (where := _path_of_nul(decode_json(bytes(raw)))) is not None:
            detail = _("Null characters are not allowed.")
            return RowError(index, name, where, "invalid", detail)
        return decoder.decode(raw)
    except (msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        where, code, detail = _explained(str(error))
        return RowError(index, name, where, code, detail)


def _explained(message: str) -> tuple[str, str, str]:
    """Field, code and message of a msgspec error: "… - at `$.lines[0].quantity`"."""
    match = _MESSAGE.match(message)
    what, path = (match["what"], match["path"] or "") if match else (message, "")
    path = path.replace("[", ".").replace("]", "").removeprefix(".")
    if named := _NAMED.search(what):
        path = f"{path}.{named['name']}".removeprefix(".")
        return path, "required" if named[1].startswith("missing") else "unknown_field", what
    return path, "invalid", what


def _keys(raws: list[msgspec.Raw], key: str) -> list[str]:
    """The natural key of each object, whatever else is wrong with it; "" if that is bad too."""
    decoder = msgspec.json.Decoder(msgspec.defstruct("Keyed", [(key, Any, "")]))

    def name(raw: msgspec.Raw) -> str:
        try:
            value = getattr(decoder.decode(raw), key)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ""
        return value.replace("\0", "")[:255] if isinstance(value, str) else ""

    return list(map(name, raws))


def _path_of_nul(value: Any, path: str = "") -> str | None:
    """Where a decoded value has a NUL character; None when nowhere."""
    if isinstance(value, str):
        return path if "\0" in value else None
    inner: Any = ()
    if isinstance(value, Mapping):
        inner = value.items()
        if any("\0" in name for name in value):
            return path
    elif isinstance(value, list):
        inner = enumerate(value)
    for name, element in inner:
        found = _path_of_nul(element, f"{path}.{name}".removeprefix("."))
        if found is not None:
            return found
    return None
