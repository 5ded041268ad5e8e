"""The body of a REST call: gzip aware, limited in size before and after unpacking."""

import zlib

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType

MAX_BODY = 20 * 1024 * 1024  # bytes, unpacked
MAX_OBJECT = 4 * 1024 * 1024  # of a body with one object, and of one object of a bulk call
_DRAIN_UP_TO = 4 * MAX_BODY  # read and dropped, so that the client gets to read our answer
_CHUNK = 64 * 1024
MOST_MEMBERS = 400  # of a gzip file: 20 MB in blocks of bgzip; the rest is copied after each


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = _("The body is larger than 20 MB.")


class ObjectTooLarge(TooLarge):
    default_detail = _("An object is larger than 4 MB.")


def read_body(request: HttpRequest) -> bytes:
    """The unpacked body; read once and kept on the request."""
    if not hasattr(request, "_unpacked_body"):
        request._unpacked_body = _unpacked(request)  # type: ignore[attr-defined]
    return request._unpacked_body  # type: ignore[attr-defined]


def _unpacked(request: HttpRequest) -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise UnsupportedMediaType(
            encoding, detail=_("Content-Encoding must be gzip or absent."), code="unknown_encoding"
        )
    _refuse_too_large(request)
    body = _packed(request)
    return _gunzip(body) if "gzip" in encoding else body


def _packed(request: HttpRequest) -> bytes:
    """As it was sent; what comes in pieces (Transfer-Encoding: chunked) is no body to Django."""
    in_pieces = "Transfer-Encoding" in request.headers
    if not (in_pieces and request.META.get("wsgi.input_terminated")):
        return request.body
    body: bytes = request.META["wsgi.input"].read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise TooLarge
    return body


def _refuse_too_large(request: HttpRequest) -> None:
    announced = request.headers.get("Content-Length", "")
    size = int(announced[:18]) if announced.isdecimal() else 0
    if size <= MAX_BODY:
        return
    left = min(size, _DRAIN_UP_TO)
    while left > 0 and (chunk := request.read(min(left, _CHUNK))):
        left -= len(chunk)
    raise TooLarge


def _gunzip(packed: bytes) -> bytes:
    """All members of a gzip file, refused as soon as they unpack to more than the limit."""
    unpacked = bytearray()
    for _member in range(MOST_MEMBERS):
        stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            unpacked += stream.decompress(packed, MAX_BODY + 1 - len(unpacked))
        except zlib.error as error:
            raise ParseError(_("The gzip data is broken."), code="broken_gzip") from error
        if len(unpacked) > MAX_BODY:
            raise TooLarge
        if not stream.eof:
            raise ParseError(_("The gzip data ends too early."), code="broken_gzip")
        packed = stream.unused_data
        if not packed:
            return bytes(unpacked)
    raise ParseError(_("The gzip data has too many parts."), code="broken_gzip")
