from __future__ import annotations

import secrets
from collections.abc import Collection

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from kam.core import audit
from kam.core.errors import RuleViolation
from staff.models import User
from staff.roles import ROLES


@transaction.atomic
def sync_roles() -> list[str]:
    """Give every role's group exactly the permissions of the table; names those that changed."""
    known = _known_permissions()
    changed = []
    for role, names in ROLES.items():
        if missing := sorted(names - known.keys()):
            raise RuleViolation(
                "unknown_permission", f"{role}: there is no permission {', '.join(missing)}."
            )
        group, _created = Group.objects.get_or_create(name=role)
        wanted = {known[name] for name in names}
        if set(group.permissions.values_list("pk", flat=True)) != wanted:
            group.permissions.set(wanted)
            changed.append(role)
    return changed


def _known_permissions() -> dict[str, int]:
    """Every permission by "<app>.<codename>"; the apps' own are made first where missing."""
    for label in sorted({name.split(".")[0] for names in ROLES.values() for name in names}):
        create_permissions(apps.get_app_config(label), verbosity=0)
    rows = Permission.objects.values_list("content_type__app_label", "codename", "pk")
    return {f"{app}.{codename}": pk for app, codename, pk in rows}


@transaction.atomic
def create_user(
    username: str,
    *,
    roles: Collection[str],
    actor: User | None,
    password: str = "",
    full_name: str = "",
    email: str = "",
) -> tuple[User, str]:
    """Make a member of staff with these roles; returns the user and the password.

    Without a password a random one is made, to be handed over and changed.
    """
    if unknown := sorted(set(roles) - ROLES.keys()):
        raise RuleViolation(
            "unknown_role",
            _("Unknown role: %(roles)s. Known: %(known)s.")
            % {"roles": ", ".join(unknown), "known": ", ".join(ROLES)},
        )
    _refuse_taken(username)
    password = password or secrets.token_urlsafe(12)
    user = User(username=username, full_name=full_name, email=email)
    try:
        user.clean_fields(exclude=["password"])
        validate_password(password, user)
    except ValidationError as error:
        raise RuleViolation("invalid_user", " ".join(error.messages)) from error
    user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name__in=roles))
    audit.record(
        user, "staff.user_created", actor=actor, changes={"roles": ["", ", ".join(sorted(roles))]}
    )
    return user, password


def _refuse_taken(username: str) -> None:
    if User.objects.filter(username=username).exists():
        raise RuleViolation(
            "user_exists", _("There is already a user %(user)s.") % {"user": username}
        )
