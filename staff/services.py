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
from kam.core.models import ApiToken
from kam.core.tokens import revoke
from staff.models import Team, User
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


@transaction.atomic
def end_access(user_id: int, *, actor: User | None, reason: str = "") -> User:
    """Let somebody in no more, from this moment on: login, open sessions and tokens.

    A session holds only as long as the password it began with, so an unusable one ends them all.
    Ending it again changes nothing. No actor: the system. Refused: own_access, superuser.
    """
    user = User.objects.select_for_update(of=("self",)).get(pk=user_id)
    if not user.is_active:
        return user
    if actor and actor.pk == user.pk:
        raise RuleViolation("own_access", _("Nobody ends their own access."))
    if user.is_superuser:
        message = _("%(user)s administers the system; that is to be taken away first.")
        raise RuleViolation("superuser", message % {"user": user})
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    audit.record(user, "staff.access_ended", actor=actor, reason=reason)
    for token in ApiToken.objects.live().filter(user=user).order_by("pk"):
        revoke(token.pk, actor=actor)
    return user


@transaction.atomic
def change_leader(team_id: int, *, leader: User, actor: User, reason: str = "") -> Team:
    """Let somebody else lead a team, and see what its members see."""
    team = Team.objects.select_for_update(of=("self",)).get(pk=team_id)
    if changes := audit.diff(team, {"leader": leader}):
        team.leader = leader
        team.save(update_fields=["leader"])
        audit.record(team, "staff.leader_changed", actor=actor, changes=changes, reason=reason)
    return team


def _refuse_taken(username: str) -> None:
    if User.objects.filter(username=username).exists():
        raise RuleViolation(
            "user_exists", _("There is already a user %(user)s.") % {"user": username}
        )
