from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class CreditConfig(AppConfig):
    name = "credit"
    label = "credit"

    def ready(self) -> None:
        from accounts import export_kinds
        from credit import (
            audit_words,
            collection_words,
            handover_parts,
            line_kinds,
            line_words,
            metrics,
            notices,
            policy_kind,
            review_kinds,
            supervision_kinds,
            timeline,
            today,
            write_off_kinds,
        )
        from credit.services import exports, orders, quick_orders
        from kam.core.audit_words import register
        from sales import listeners

        register(audit_words.ACTIONS, audit_words.FIELDS)
        timeline.register_own()
        today.register_own()
        notices.register_own()
        export_kinds.register(exports.KIND)
        export_kinds.register(exports.AGING)
        supervision_kinds.register_own()
        line_words.register_own()
        line_kinds.register_own()
        metrics.register_all()
        policy_kind.register_own()
        review_kinds.register_own()
        collection_words.register_own()
        write_off_kinds.register_own()
        handover_parts.register_own()
        listeners.register(orders.orders_written, at_once=quick_orders.store)
        post_migrate.connect(_ship_default_policies, sender=self)


def _ship_default_policies(using: str, **kwargs: Any) -> None:
    """After every migrate each kind of policy has a version: nothing can be decided without."""
    from credit import policies

    if "credit_policy" in connections[using].introspection.table_names():
        policies.ship_defaults(using=using)
