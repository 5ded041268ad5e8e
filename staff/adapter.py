"""How people log in (django-allauth): by user name or e-mail, nobody signs up from outside."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.urls import reverse


class StaffAccountAdapter(DefaultAccountAdapter):
    """Users are made by administrators."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Who works with accounts begins the day with what waits for them."""
        works = request.user.is_authenticated and request.user.has_perm("accounts.view_account")
        return reverse("home:today") if works else str(super().get_login_redirect_url(request))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """allauth brings back users the backend refused, to say that they are inactive."""
        user = super().authenticate(request, **credentials)
        return None if user is not None and user.is_service else user


_PERMISSIONS = """
    SELECT type.app_label || '.' || permission.codename
    FROM auth_permission permission JOIN django_content_type type ON type.id = content_type_id
    WHERE permission.id IN (
        SELECT permission_id FROM staff_user_user_permissions WHERE user_id = %(user)s
        UNION ALL
        SELECT permission_id FROM auth_group_permissions JOIN staff_user_groups USING (group_id)
        WHERE user_id = %(user)s
    )
"""


class StaffBackend(AuthenticationBackend):
    """People only: a service user acts through the REST API and never logs in."""

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and not user.is_service

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """A person's own ones and those of their roles by one query: every page asks for them."""
        if not user_obj.is_active or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            with connection.cursor() as cursor:
                cursor.execute(_PERMISSIONS, {"user": user_obj.pk})
                user_obj._perm_cache = {name for (name,) in cursor.fetchall()}
        return user_obj._perm_cache


class StaffMfaAdapter(DefaultMFAAdapter):
    """Keeps the secrets of second factors encrypted with a key that follows from SECRET_KEY."""

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _fernet().decrypt(encrypted_text.encode()).decode()


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"staff.mfa:" + str(key).encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
