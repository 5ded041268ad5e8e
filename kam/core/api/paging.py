from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from kam.core import keyset
from kam.core.api.parameters import invalid, moment_parameter

DEFAULT_SIZE = 100
MAX_SIZE = 500


class KeysetPagination(BasePagination):
    """`{"next","previous","results"}` in the order of the view's `keyset`, by cursor.

    With `?updated_since=` on a view that has `updated_keyset` (say `("updated_at", "pk")`), the
    rows changed since then in that order, so that a client can mirror the list.
    """

    def paginate_queryset(
        self,
        queryset: QuerySet[Any],  # type: ignore[override]
        request: Request,
        view: Any = None,
    ) -> list[Any]:
        keys = view.keyset
        if view.updated_keyset and (since := moment_parameter(request, "updated_since")):
            keys = view.updated_keyset
            queryset = queryset.filter(**{f"{keys[0]}__gte": since})
        self.request = request
        cursor = request.query_params.get("cursor", "")
        try:
            self.page = keyset.fetch(queryset, keys=keys, cursor=cursor, size=_size(request))
        except keyset.InvalidCursor:
            raise invalid("cursor", _("This cursor is not one of ours.")) from None
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "next": self._link(self.page.next),
                "previous": self._link(self.page.previous),
                "results": data,
            }
        )

    def _link(self, cursor: str) -> str | None:
        if not cursor:
            return None
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": DEFAULT_SIZE}
        parameters: list[tuple[str, dict[str, Any]]] = [
            ("cursor", {"type": "string"}),
            ("page_size", size),
        ]
        if getattr(view, "updated_keyset", ()):
            parameters.append(("updated_since", {"type": "string", "format": "date-time"}))
        return [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in parameters
        ]


def _size(request: Request) -> int:
    text = request.query_params.get("page_size", "")
    if not text:
        return DEFAULT_SIZE
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_SIZE):
        raise invalid("page_size", _("Give a number from 1 to %(max)s.") % {"max": MAX_SIZE})
    return int(text[:9])
