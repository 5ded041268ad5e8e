"""The OpenAPI description of bulk calls, from the types that `read_bulk` decodes."""

from collections.abc import Collection
from typing import Any

import msgspec
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from kam.core.api.bulk import MAX_OBJECTS

_NULL = {"type": "null"}
ATOMIC = OpenApiParameter("atomic", bool, description="Store all objects or none.")


class RowErrorSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    key = serializers.CharField()
    field = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class BulkAnswerSerializer(serializers.Serializer[Any]):
    received = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = serializers.IntegerField()
    errors = RowErrorSerializer(many=True)  # type: ignore[assignment]


def bulk_request(
    member: str, item_type: type[msgspec.Struct], options: Collection[str] = ()
) -> dict[str, Any]:
    """What `extend_schema(request=…)` takes for `{member: [objects], option: bool…}`."""
    (item,), components = msgspec.json.schema_components([item_type], ref_template="{name}")
    objects = {
        "type": "array",
        "description": "5,000 objects of 4 MB each at most, and 20 MB in all.",
        "maxItems": MAX_OBJECTS,
        "items": _inlined(item, components),
    }
    properties = {member: objects, **{option: {"type": "boolean"} for option in options}}
    return {
        "application/json": {
            "type": "object",
            "required": [member],
            "properties": properties,
            "additionalProperties": False,
        }
    }


def _inlined(schema: Any, components: dict[str, Any]) -> Any:
    """The schema with every reference replaced by what it refers to; numbers as text too."""
    if isinstance(schema, list):
        return [_inlined(part, components) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(components[schema["$ref"]], components)
    if schema.get("format") == "decimal":
        text = {"type": "string", "format": "decimal", "pattern": r"^[+-]?[0-9]+(\.[0-9]+)?$"}
        return {"oneOf": [text, {"type": "number"}]}
    inlined = {name: _inlined(part, components) for name, part in schema.items()}
    return _nullable(inlined) if _NULL in inlined.get("anyOf", []) else inlined


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """As OpenAPI 3.0 says it: without the type "null"."""
    others = [part for part in schema["anyOf"] if part != _NULL]
    rest = {name: part for name, part in schema.items() if name != "anyOf"}
    kind = others[0] if len(others) == 1 else {"anyOf": others}
    return {**kind, **rest, "nullable": True}
