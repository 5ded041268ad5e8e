"""The OpenAPI schema: what the conventions of the API add to every operation."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

from kam.core.api.permissions import accepted_scopes

_ALWAYS = {
    "400": "Malformed request",
    "401": "No token, or one that is unknown, expired or revoked",
    "403": "The token lacks the scope",
    "404": "Not there, or not yours",
    "405": "Method not allowed",
    "422": "Well-formed but wrong",
    "429": "Too many calls; see Retry-After",
}
_WRITES = {
    "409": "In conflict with the present state",
    "413": "Too large",
    "415": "Not JSON, or an unknown Content-Encoding",
}
_TEXT = {"type": "string"}
_ERROR = {
    "type": "object",
    "required": ["field", "index", "code", "detail"],
    "properties": {
        "field": _TEXT,
        "index": {"type": "integer", "nullable": True, "description": "Place in the call"},
        "key": {"type": "string", "description": "Natural key of the object, in bulk calls"},
        "code": _TEXT,
        "detail": _TEXT,
    },
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "code", "detail", "errors"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": _TEXT,
        "detail": _TEXT,
        "errors": {"type": "array", "items": _ERROR},
    },
}


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "kam.core.api.authentication.BearerAuthentication"
    name = "bearerAuth"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of a service user: `manage.py create_api_token`.",
        }


class ProblemSchema(AutoSchema):
    """Adds the problems, the scope and the Idempotency-Key."""

    def get_override_parameters(self) -> list[Any]:
        if self.method != "POST":
            return []
        return [
            OpenApiParameter(
                "Idempotency-Key",
                {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
                OpenApiParameter.HEADER,
                description="Repeating the call replays the first answer for 24 hours.",
            )
        ]

    def get_description(self) -> str:  # type: ignore[override]
        scopes = " or ".join(f"`{name}`" for name in accepted_scopes(self.view, self.method))
        needs = f"Scope: {scopes}." if scopes else ""
        return "\n\n".join(filter(None, [super().get_description(), needs]))

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(*args, **kwargs)
        component = ResolvedComponent("Problem", ResolvedComponent.SCHEMA, _PROBLEM, "Problem")
        self.registry.register_on_missing(component)
        content = {"application/problem+json": {"schema": component.ref}}
        problems = _ALWAYS if self.method == "GET" else {**_ALWAYS, **_WRITES}
        for status, description in problems.items():
            responses.setdefault(status, {"description": description, "content": content})
        return responses
