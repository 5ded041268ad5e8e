"""Keys of REST clients: `kam_<prefix>_<secret>`, stored as a hash, shown once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kam.core import audit
from kam.core.errors import RuleViolation
from kam.core.models import ApiToken
from kam.core.scopes import SCOPES

if TYPE_CHECKING:
    from staff.models import User

MAX_DAYS = 3_650
USED_RESOLUTION = timedelta(minutes=1)  # last_used_at is written at most this often


def digest(key: str) -> str:
    """The SHA-256 that is stored; keys carry 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def service_user(username: str, *, actor: User | None) -> User:
    """The service user of this name, made when missing; a person's name is refused."""
    model: type[User] = get_user_model()
    user = model.objects.filter(username=username).first()
    if user is None:
        user = model(username=username, is_service=True)
        user.set_unusable_password()
        try:
            user.clean_fields(exclude=["password"])
        except ValidationError as error:
            raise RuleViolation("invalid_user", " ".join(error.messages)) from error
        user.save()
        audit.record(user, "core.service_user_created", actor=actor)
    return user


@transaction.atomic
def issue(
    *, user: User, scopes: Iterable[str], actor: User | None, name: str = "", days: int = 365
) -> tuple[ApiToken, str]:
    """Make a token for a service user and return it with its key, which is never shown again."""
    wanted = list(dict.fromkeys(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        known = ", ".join(SCOPES)
        raise RuleViolation(
            "unknown_scope",
            _("Unknown scope: %(scopes)s. Known: %(known)s.")
            % {"scopes": ", ".join(unknown) or "-", "known": known},
        )
    if not user.is_service:
        raise RuleViolation(
            "not_a_service_user",
            _("%(user)s is a person; tokens belong to service users.") % {"user": user.username},
        )
    if not 1 <= days <= MAX_DAYS:
        raise RuleViolation("life_span", _("A token lives 1 to %(max)s days.") % {"max": MAX_DAYS})
    prefix = secrets.token_hex(6)
    key = f"kam_{prefix}_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=prefix,
        digest=digest(key),
        scopes=wanted,
        created_by=actor,
        expires_at=timezone.now() + timedelta(days=days),
    )
    audit.record(token, "core.token_issued", actor=actor, changes={"scopes": ["", wanted]})
    return token, key


@transaction.atomic
def revoke(token_id: int, *, actor: User | None) -> ApiToken:
    """End a token's life now; revoking it again changes nothing."""
    token = ApiToken.objects.select_for_update(of=("self",)).get(pk=token_id)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        audit.record(token, "core.token_revoked", actor=actor)
    return token


def find(key: str, *, at: datetime | None = None) -> ApiToken | None:
    """The live token of an active service user with this key, in one query; None otherwise."""
    parts = key.split("_", 2)
    if len(parts) != 3 or parts[0] != "kam" or not key.isascii() or "\0" in key:
        return None
    token = (
        ApiToken.objects.live(at)
        .filter(prefix=parts[1], user__is_active=True, user__is_service=True)
        .select_related("user")
        .first()
    )
    if token is None or not hmac.compare_digest(token.digest, digest(key)):
        return None
    return token


def note_use(token: ApiToken) -> None:
    """Write when the token was last used, unless that was within the last minute."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at <= now - USED_RESOLUTION:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_RESOLUTION)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
