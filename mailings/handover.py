"""Mailings that a person has not finished, handed over with all else they hold."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.handover import OpenItem, Part, register
from kam.core import audit
from mailings.models import Mailing

if TYPE_CHECKING:
    from accounts.models import HandoverCase
    from staff.models import User

UNFINISHED = (Mailing.Status.DRAFT, Mailing.Status.SENDING, Mailing.Status.STOPPED)


def register_own() -> None:
    register(
        Part(
            key="mailings.mailing",
            label=_("Mailings"),
            open_items=_open_items,
            move=_move,
            fields=("mailings.Mailing.created_by",),
            permission="mailings.send_mailing",
        )
    )


def _open_items(user: User) -> list[OpenItem]:
    mine = Mailing.objects.filter(created_by=user, status__in=UNFINISHED).order_by("pk")
    return [
        OpenItem(key=str(mailing.pk), title=mailing.subject, url=mailing.get_absolute_url())
        for mailing in mine
    ]


def _move(keys: Collection[str], *, to: User, actor: User, case: HandoverCase) -> None:
    mailings = Mailing.objects.select_for_update(of=("self",)).order_by("pk")
    for mailing in mailings.filter(
        pk__in=[int(key) for key in keys], created_by=case.giver, status__in=UNFINISHED
    ):
        changes = {"created_by": [str(case.giver), str(to)]}
        mailing.created_by = to
        mailing.save(update_fields=["created_by"])
        audit.record(
            mailing,
            "mailings.mailing_handed_over",
            actor=actor,
            changes=changes,
            reason=str(case),
        )
