from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from kam.core import tokens
from kam.core.models import ApiToken

if TYPE_CHECKING:
    from staff.models import User


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`: the service user the token belongs to."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _space, key = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = tokens.find(key.strip().decode("latin-1"))
        if token is None:
            raise AuthenticationFailed(
                _("The token is unknown, expired or revoked."), code="invalid_token"
            )
        tokens.note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
