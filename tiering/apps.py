from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class TieringConfig(AppConfig):
    name = "tiering"
    label = "tiering"

    def ready(self) -> None:
        from kam.core.audit_words import register
        from tiering import audit_words, timeline

        timeline.register_own()
        register(audit_words.ACTIONS)
        post_migrate.connect(_ship_default_policy, sender=self)


def _ship_default_policy(using: str, **kwargs: Any) -> None:
    """A database without any policy gets the shipped one: nothing can be worked out without."""
    from tiering import services

    if "tiering_tierpolicy" in connections[using].introspection.table_names():
        services.ship_default_policy(using=using)
