from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import Deputy
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def name_deputy(*, deputy: User, since: date, until: date, actor: User) -> Deputy:
    """Let somebody sign for the actor on the days [since, until).

    Refused: own_deputy, span (empty, or over already), not_staff.
    Source: docs/policies/approvals.md section 4.
    """
    if deputy.pk == actor.pk:
        raise RuleViolation("own_deputy", _("A deputy is somebody else."))
    if not deputy.is_active or deputy.is_service:
        raise RuleViolation("not_staff", _("Only a person who logs in can be a deputy."))
    if since >= until or until <= timezone.localdate():
        raise RuleViolation("span", _("The last day lies before the first one or in the past."))
    named = Deputy.objects.create(principal=actor, deputy=deputy, since=since, until=until)
    span = {"deputy": str(deputy), "since": str(since), "until": str(until)}
    audit.record(named, "approvals.deputy_named", actor=actor, changes=span)
    return named


@transaction.atomic
def end_deputy(deputy_id: int, *, actor: User) -> Deputy:
    """From today on this deputy signs for the actor no more. Refused: not_principal, closed."""
    named = Deputy.objects.select_for_update(of=("self",)).get(pk=deputy_id)
    if named.principal_id != actor.pk:
        raise RuleViolation("not_principal", _("Only who named a deputy may end that."))
    today = timezone.localdate()
    if named.until <= today:
        raise RuleViolation("closed", _("This is over already."))
    changes = {"until": [str(named.until), str(max(today, named.since))]}
    named.until = max(today, named.since)
    named.save(update_fields=["until"])
    audit.record(named, "approvals.deputy_ended", actor=actor, changes=changes)
    return named
