"""Who holds which role today."""

from __future__ import annotations

from collections.abc import Collection

from staff.models import User


def holders(roles: Collection[str]) -> dict[str, frozenset[int]]:
    """The people who hold each role and may log in; every role has an entry. One query."""
    rows = User.objects.filter(groups__name__in=roles, is_active=True, is_service=False)
    found: dict[str, set[int]] = {role: set() for role in roles}
    for role, person in rows.values_list("groups__name", "pk"):
        found[role].add(person)
    return {role: frozenset(people) for role, people in found.items()}
