from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class ApprovalsConfig(AppConfig):
    name = "approvals"
    label = "approvals"

    def ready(self) -> None:
        from approvals import audit_words, route_kind, today
        from kam.core.audit_words import register

        route_kind.register_own()
        today.register_own()
        register(audit_words.ACTIONS)
        post_migrate.connect(_ship_default_routes, sender=self)


def _ship_default_routes(using: str, **kwargs: Any) -> None:
    """After every migrate each registered kind has a route."""
    from approvals import services

    if "approvals_band" in connections[using].introspection.table_names():
        services.ship_default_routes()
