"""Bulk upserts: read thousands of objects, each on its own, so that one bad one spoils nothing.

    body = read_bulk(request, member="orders", item_type=OrderIn, key="order_number")
    outcome = services.sync_orders(body.items, outcome=body.outcome, atomic=body.atomic, …)
    return answer(outcome)

A service that is asked for all or nothing raises BulkRejected inside its transaction.

No step takes more memory than a few times the object at hand, whatever the body holds: what is
of the wrong type or one too many is refused by the decoder before Python objects are made of it.
"""

import codecs
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from kam.core.api.body import MAX_OBJECT, read_body
from kam.core.api.figures import figures_of
from kam.core.api.parameters import choice_parameter
from kam.core.api.parsers import malformed
from kam.core.api.wording import worded
from kam.core.bulk import BulkOutcome, BulkRejected, RowError

__all__ = ["BulkBody", "BulkOutcome", "BulkRejected", "RowError", "answer", "read_bulk"]

MAX_OBJECTS = 5_000
_MESSAGE = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)
_NAMED = re.compile(r"(missing required|contains unknown) field `(?P<name>.*)`")
_OBJECT = re.compile(rb"[ \t\r\n]*\{")
_NUL = b"\\u0000"
_LONGEST_KEY = 255
_LONGEST_MESSAGE = 500
_SLICE = 1 << 20  # bytes


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
        decode = _decoder_of(item_type)
        for index, (raw, name) in enumerate(zip(raws, names, strict=True)):
            if name and latest[name] != index:
                detail = _("The same key comes again later in this call; the last one counts.")
                outcome.reject(RowError(index, name, key, "duplicate_in_request", detail))
                continue
            item = decode(raw, index, name)
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
    """The objects, not decoded yet, and the options that are given."""
    fields = [(name, bool | msgspec.UnsetType, msgspec.UNSET) for name in options]
    envelope = msgspec.defstruct(
        "Envelope", [(member, msgspec.Raw), *fields], forbid_unknown_fields=True
    )
    _check_syntax(body)
    try:
        members = msgspec.structs.asdict(msgspec.json.decode(body, type=envelope))
        raws = _objects_decoder().decode(members.pop(member))
    except msgspec.ValidationError as error:
        raise _wrong_envelope(error, member) from None
    objects = [raw for raw in msgspec.structs.astuple(raws) if raw is not None]
    return objects, {name: on for name, on in members.items() if on is not msgspec.UNSET}


@cache
def _objects_decoder() -> msgspec.json.Decoder[Any]:
    """An array of at most 5,000 objects; a list would be filled to its end before it is refused."""
    places: list[Any] = [(f"object_{place}", msgspec.Raw, None) for place in range(MAX_OBJECTS)]
    array = msgspec.defstruct("Objects", places, array_like=True, forbid_unknown_fields=True)
    return msgspec.json.Decoder(array)


def _check_syntax(body: bytes) -> None:
    try:
        _check_utf8(body)
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(error) from error
    if not _OBJECT.match(body):
        raise _wrong("", _("The body must be an object."), "invalid")


def _check_utf8(body: bytes) -> None:
    """A slice at a time: a decoded text may take four times the memory of its bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(body), _SLICE):
        decoder.decode(body[start : start + _SLICE])
    decoder.decode(b"", final=True)


def _wrong_envelope(error: msgspec.ValidationError, member: str) -> APIException:
    if "array` of at most length" in str(error):
        return TooMany()
    where, code, detail = _explained(error)
    if code == "required":
        return _wrong(member, _("This member is required."), code)
    if code == "unknown_field":
        return _wrong(where, _("There is no such member."), code)
    return _wrong(where or member, detail, code)


def _wrong(name: str, detail: str, code: str) -> ValidationError:
    return ValidationError({name or "non_field_errors": [ErrorDetail(detail, code=code)]})


def _decoder_of[Item](
    item_type: type[Item],
) -> Callable[[msgspec.Raw, int, str], Item | RowError]:
    """What makes an object of its bytes, its place and its key, or says why it is none."""
    decoder = msgspec.json.Decoder(item_type)
    check_figures = figures_of(item_type)

    def decode(raw: msgspec.Raw, index: int, name: str) -> Item | RowError:
        octets = memoryview(raw)
        if len(octets) > MAX_OBJECT:
            return RowError(index, name, "", "too_large", _("An object is larger than 4 MB."))
        try:
            item = decoder.decode(raw)
            check_figures(raw)
        except (msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
            where, code, detail = _explained(error, item_type)
            if "\0" in where:  # in the name of an unknown field
                return _nul(index, name, where.partition("\0")[0].rpartition(".")[0])
            return RowError(index, name, where, code, detail)
        if _NUL in bytes(octets):
            path = _path_of_nul(msgspec.to_builtins(item))
            if path is not None:
                return _nul(index, name, path)
        return item

    return decode


def _nul(index: int, name: str, where: str) -> RowError:
    return RowError(index, name, where, "invalid", _("Null characters are not allowed."))


def _explained(error: Exception, item_type: type | None = None) -> tuple[str, str, str]:
    """Field, code and wording of a msgspec error: "… - at `$.lines[0].quantity`"."""
    message = str(error)
    if len(message) > _LONGEST_MESSAGE:  # the name of an unknown field may have any length
        message = f"{message[: _LONGEST_MESSAGE // 2]}…{message[-_LONGEST_MESSAGE // 2 :]}"
    match = _MESSAGE.match(message)
    what, path = (match["what"], match["path"] or "") if match else (message, "")
    path = path.replace("[", ".").replace("]", "").removeprefix(".")
    if named := _NAMED.search(what):
        path = f"{path}.{named['name']}".removeprefix(".")
        code = "required" if named[1].startswith("missing") else "unknown_field"
        return path, code, worded(what, path, item_type)
    return path, "invalid", worded(what, path, item_type)


def _keys(raws: list[msgspec.Raw], key: str) -> list[str]:
    """The natural key of each object, whatever else is wrong with it; "" if that is bad too."""
    decoder = msgspec.json.Decoder(msgspec.defstruct("Keyed", [(key, msgspec.Raw)]))

    def name(raw: msgspec.Raw) -> str:
        try:
            quoted = memoryview(getattr(decoder.decode(raw), key))
            value = msgspec.json.decode(quoted[: 12 * _LONGEST_KEY], type=str)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ""
        return value.replace("\0", "")[:_LONGEST_KEY]

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
