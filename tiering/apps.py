from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate


class TieringConfig(AppConfig):
    name = "tiering"
    label = "tiering"

    def ready(self) -> None:
        from accounts import limits
        from kam.core.audit_words import register
        from tiering import approval_kinds, audit_words, notices, standards, timeline, today

        timeline.register_own()
        today.register_own()
        notices.register_own()
        approval_kinds.register_own()
        register(audit_words.ACTIONS)
        limits.provide(standards.limits)
        post_migrate.connect(_ship_default_policy, sender=self)
        post_migrate.connect(_ship_default_standard, sender=self)
        post_migrate.connect(_open_missing_requests, sender=self)


def _ship_default_policy(using: str, **kwargs: Any) -> None:
    """A database without any policy gets the shipped one: nothing can be worked out without."""
    from tiering import services

    if "tiering_tierpolicy" in connections[using].introspection.table_names():
        services.ship_default_policy(using=using)


def _ship_default_standard(using: str, **kwargs: Any) -> None:
    """A database without any service standard gets the shipped one: every tier has a promise."""
    from tiering import standards

    if "tiering_servicestandard" in connections[using].introspection.table_names():
        standards.ship_default(using=using)


def _open_missing_requests(using: str, **kwargs: Any) -> None:
    """A proposal waits for signatures, so it has a request: also one made before there were any.

    Here and not in a migration, for the request follows the routes, which are shipped after it.
    """
    from tiering import services

    tables = set(connections[using].introspection.table_names())
    if using == DEFAULT_DB_ALIAS and {"tiering_tierpolicy", "approvals_request"} <= tables:
        services.open_missing_requests()
