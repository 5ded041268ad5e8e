"""The blind spots of buying centres in words."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from accounts import limits
from accounts.buying_centre import BlindSpot, Gap, Person, blind_spots
from accounts.models import Account, Contact, Tier
from kam.core.words import listed


def of(account: Account, contacts: Iterable[Contact], *, today: date) -> list[str]:
    """What is missing in the buying centre of this account, one sentence each."""
    people = [
        Person(
            name=contact.name,
            role=contact.buying_role,
            attitude=contact.attitude,
            influence=contact.influence,
            has_counterpart=contact.counterpart is not None and contact.counterpart.is_active,
            last_touch_on=contact.last_touch_on,
        )
        for contact in contacts
        if not contact.has_left
    ]
    limit = limits.in_force(today).silent_after_days[account.tier or Tier.ORDINARY]
    found = blind_spots(people, silent_after_days=limit, today=today)
    return [_said(spot, limit) for spot in found]


def _said(spot: BlindSpot, limit: int) -> str:
    names = listed(spot.names)
    if spot.gap is Gap.SILENT and spot.days is not None:
        return _("No touch for %(days)d days; at most %(limit)d are right for this tier.") % {
            "days": spot.days,
            "limit": limit,
        }
    texts = {
        Gap.NOBODY: _("Nobody is known here."),
        Gap.NO_DECISION_MAKER: _("No decision maker is known."),
        Gap.ONLY_ONE: _("Only one contact: all hangs on %(names)s."),
        Gap.SILENT: _("No touch with anybody is on record."),
        Gap.DECIDER_SILENT: _(
            "Who decides was not spoken to for more than %(limit)d days: %(names)s."
        ),
        Gap.UNATTENDED: _("Nobody of ours looks after %(names)s, on whom the decision hangs."),
        Gap.AGAINST_US: _("The decision hangs on %(names)s, who is not for us."),
        Gap.UNKNOWN_ROLE: _("The part in the decision is not known: %(names)s."),
    }
    return texts[spot.gap] % {"names": names, "limit": limit}
