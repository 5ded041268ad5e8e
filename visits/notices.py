"""What people are told of visits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import kinds
from notifications.services import notify

if TYPE_CHECKING:
    from staff.models import User
    from visits.models import FollowUp

FOLLOW_UP = "visits.follow_up_given"


def follow_up_given(follow_up: FollowUp, *, to: User) -> None:
    """Tell somebody that they have got something to do after a visit."""
    notify(
        [to],
        FOLLOW_UP,
        cause=f"visits.follow_up:{follow_up.pk}:{to.pk}",
        url=follow_up.get_absolute_url(),
        data={"text": follow_up.text, "due_on": str(follow_up.due_on)},
        account=follow_up.visit.account,
    )


def _given(data: Mapping[str, Any]) -> str:
    return _("To do by %(due_on)s: %(text)s") % defaultdict(str, data)


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    kinds.register("visits.visit_overdue", label=gettext_lazy("A visit is overdue"))
    kinds.register(FOLLOW_UP, label=gettext_lazy("A follow-up is given to me"), say=_given)
