"""What a person holds of the receivables, and how it moves when they leave."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.handover import OpenItem, Part, register
from credit.models import CollectionCase
from credit.services.collections import plan_case

if TYPE_CHECKING:
    from accounts.models import HandoverCase
    from staff.models import User


def _collected(user: User) -> list[OpenItem]:
    cases = CollectionCase.objects.filter(owner=user, status=CollectionCase.Status.OPEN)
    return [
        OpenItem(str(case.pk), str(case), case.get_absolute_url(), case.account_id)
        for case in cases.select_related("account").order_by("pk")
    ]


def _give_cases(keys: Collection[str], *, to: User, actor: User, case: HandoverCase) -> None:
    mine = CollectionCase.objects.filter(
        pk__in=keys, owner=case.giver, status=CollectionCase.Status.OPEN
    )
    for pk, plan in mine.order_by("pk").values_list("pk", "plan"):
        plan_case(pk, owner=to, plan=plan, actor=actor, reason=str(case))


def register_own() -> None:
    """The parts of this app; called when it is ready."""
    register(
        Part(
            "credit.case",
            _("Collection cases"),
            _collected,
            _give_cases,
            ("credit.CollectionCase.owner",),
            permission="credit.collect",
        )
    )
