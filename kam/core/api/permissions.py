from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from kam.core.models import ApiToken

if TYPE_CHECKING:
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """What a REST view declares, per method; what it does not declare is refused.

    A token needs the scope of `required_scopes = {"GET": "orders:read"}`, or one of several
    where a tuple is declared; a person with a session (Swagger) needs the permission of
    `required_permissions = {"GET": "sales.view_order"}`.
    """

    message: str | Promise = _("The token lacks the scope for this call.")
    code = "missing_scope"

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        method = (request.method or "").upper()
        if not hasattr(view, method.lower()) or method.lower() not in view.http_method_names:
            raise MethodNotAllowed(method)
        method = "GET" if method == "HEAD" else method
        if isinstance(request.auth, ApiToken):
            accepted = accepted_scopes(view, method)
            if accepted:
                needed = {"scopes": " / ".join(accepted)}
                self.message = _("This call needs a token with the scope %(scopes)s.") % needed
            return not set(request.auth.scopes).isdisjoint(accepted)
        permission = getattr(view, "required_permissions", {}).get(method)
        return permission is not None and request.user.has_perm(permission)


def accepted_scopes(view: Any, method: str) -> tuple[str, ...]:
    """The scopes of which a token needs one to call this method; none: no token may."""
    declared = getattr(view, "required_scopes", {}).get(method, ())
    return (declared,) if isinstance(declared, str) else declared
