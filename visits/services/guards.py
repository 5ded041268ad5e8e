"""What writes to a visit have in common."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.services import kept_row
from kam.core.errors import RuleViolation
from visits import queries, rules
from visits.models import Status, Visit

if TYPE_CHECKING:
    from staff.models import User


def locked_visit(visit_id: int, *, towards: rules.Status | None = None) -> Visit:
    """A visit under lock. Refused: closed (it is done or cancelled, or cannot become that)."""
    visit = kept_row(Visit.objects.select_related("account", "owner"), visit_id)
    following = rules.NEXT[rules.Status(visit.status)]
    if not following or (towards is not None and towards not in following):
        message = _("This visit is %(status)s already.") % {"status": visit.get_status_display()}
        raise RuleViolation("closed", message)
    return visit


def agree(visit: Visit) -> None:
    """A proposed visit is planned from here on: the next proposal of its month leaves it alone."""
    if visit.status == Status.PROPOSED:
        visit.status = Status.PLANNED


def refuse_stranger(account: Account, person: User) -> None:
    """Refused: stranger (who does not see the account or makes no visits)."""
    if not queries.people_for(account).filter(pk=person.pk).exists():
        message = _("%(person)s does not see this customer.") % {"person": person}
        raise RuleViolation("stranger", message)


def refuse_past(day: date) -> None:
    """Refused: past."""
    if day < timezone.localdate():
        raise RuleViolation("past", _("This day is over; choose today or later."))
