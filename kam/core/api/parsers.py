from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

import msgspec
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

from kam.core.api.body import MAX_OBJECT, ObjectTooLarge, read_body

_decoder = msgspec.json.Decoder(float_hook=Decimal)


def decode_json(body: bytes) -> Any:
    """JSON with every number exact: int or Decimal, never a float; NaN and Infinity refused."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(error) from error


def malformed(error: Exception) -> ParseError:
    """400: the body is not JSON in UTF-8."""
    return ParseError(_("The body is not valid JSON in UTF-8: %s") % error, code="malformed")


class DecimalJSONParser(BaseParser):
    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """One object; bulk calls read their bodies by `kam.core.api.bulk`."""
        body = read_body((parser_context or {})["request"]._request)
        if len(body) > MAX_OBJECT:
            raise ObjectTooLarge
        return decode_json(body)
