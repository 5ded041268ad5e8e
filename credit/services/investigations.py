"""Credit investigations 资信调查: written once, kept for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as accounts
from credit.models import Investigation, OverdueMeasure
from credit.services import measure_results
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from accounts.models import Account, Attachment
    from staff.models import User


@transaction.atomic
def record_investigation(
    account: Account, *, actor: User, attachments: Sequence[Attachment] = (), **found: Any
) -> Investigation:
    """Add an investigation to the credit archive of an account; `found` are its fields.

    Refused: merged, future, foreign_attachment, invalid_investigation.
    """
    account = accounts.live_locked(account.pk)
    investigation = Investigation(account=account, investigated_by=actor, **found)
    if investigation.investigated_on > timezone.localdate():
        raise RuleViolation("future", _("An investigation is recorded once it is done."))
    if any(file.account_id != account.pk for file in attachments):
        raise RuleViolation(
            "foreign_attachment", _("Attach files of this account's own archive only.")
        )
    try:
        investigation.full_clean()
    except ValidationError as error:
        raise RuleViolation("invalid_investigation", " ".join(error.messages)) from error
    investigation.save()
    investigation.attachments.set(attachments)
    audit.record(
        investigation,
        "credit.investigation_recorded",
        actor=actor,
        changes={name: str(value) for name, value in found.items() if value not in (None, "")},
    )
    accounts.record_event(
        [account.pk],
        "credit.investigation_recorded",
        actor=actor,
        data={"investigation": investigation.pk, "conclusion": investigation.conclusion[:200]},
    )
    measure_results.done(
        account.pk,
        OverdueMeasure.Kind.INVESTIGATION,
        on=investigation.investigated_on,
        result=investigation.conclusion,
        actor=actor,
    )
    return investigation
