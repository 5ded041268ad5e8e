"""Serializers and their fields that more than one app uses."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kam.core import money
from kam.core.api.parameters import invalid


@extend_schema_field(OpenApiTypes.STR)
class MoneyField(serializers.Field[Decimal, Any, str, Any]):
    """Money out: a string with 2 decimals, rounded half even only here."""

    def to_representation(self, value: Decimal) -> str:
        return str(money.display(value))


class OneOf(serializers.ChoiceField):
    """One of some words; a refusal names them."""

    def fail(self, key: str, **kwargs: Any) -> Any:
        if key == "invalid_choice":
            message = _("Give one of: %(choices)s.") % {"choices": ", ".join(self.choices)}
            raise serializers.ValidationError(message, code=key)
        super().fail(key, **kwargs)


class StrictSerializer(serializers.Serializer[Any]):
    """A body in which a misspelled member is refused, not left out of account."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise invalid("non_field_errors", _("Send a JSON object."))
        for name in data.keys() - self.fields.keys():
            raise invalid(str(name), _("There is no such field."), "unknown_field")
        return super().to_internal_value(data)
