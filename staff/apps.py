from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class StaffConfig(AppConfig):
    name = "staff"
    label = "staff"

    def ready(self) -> None:
        from kam.core.audit_words import register
        from staff import audit_words

        register(audit_words.ACTIONS, values={"roles": audit_words.roles})
        post_migrate.connect(_sync_roles, sender=self)


def _sync_roles(using: str, **kwargs: Any) -> None:
    """After every migrate the groups say what the table says."""
    from staff import services

    if "auth_group" in connections[using].introspection.table_names():
        services.sync_roles()
