"""Serializer fields that more than one app shows."""

from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kam.core import money


@extend_schema_field(OpenApiTypes.STR)
class MoneyField(serializers.Field[Decimal, Any, str, Any]):
    """Money out: a string with 2 decimals, rounded half even only here."""

    def to_representation(self, value: Decimal) -> str:
        return str(money.display(value))
