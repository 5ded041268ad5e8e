"""What product development reads of the customers' needs (A13): by product and frequency."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import Upper

from accounts import need_rules as rules
from accounts.models import Need, NeedQuerySet


def by_product(needs: NeedQuerySet) -> QuerySet[Need, Any]:
    """Of each product how often it is asked for, by how many customers; the most wanted first.

    Spelling in upper or lower case is one product; needs that name none are left out.
    """
    return (
        needs.order_by()
        .exclude(product="")
        .annotate(key=Upper("product"))
        .values("key")
        .annotate(
            name=Min("product"),
            number=Count("pk"),
            accounts=Count("account", distinct=True),
            waiting=Count("pk", filter=Q(status__in=rules.OPEN)),
            urgent=Count("pk", filter=Q(priority=rules.Priority.HIGH)),
            to_develop=Count("pk", filter=Q(feasibility=rules.Feasibility.DEVELOPMENT)),
            unmet=Count("pk", filter=Q(feasibility=rules.Feasibility.NOT_FEASIBLE)),
            last=Max("collected_at"),
        )
        .order_by("-accounts", "-number", "key")
    )
