import logging

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from credit.models import ReviewCampaign
from credit.queries.campaigns import awaited_people
from credit.services import ceiling_room, reservations

logger = logging.getLogger(__name__)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=3)
def end_reservations() -> None:
    """Every minute: give back what is reserved for longer than its time."""
    reservations.end_reservations(timezone.now())


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=3)
def use_ceiling_room() -> None:
    """Every minute: what one customer freed under the ceiling goes to the orders that wait."""
    ceiling_room.use()


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=3)
def nightly() -> None:
    """The night of credit for today; steps that were done are left out."""
    from credit.services.nightly import run_night

    run_night(timezone.localdate())


@shared_task
def mail_review_reminders(campaign_id: int) -> int:
    """Write to each person whose signatures a campaign waits for; how many were written to.

    A mail that fails is logged, and the others go out.
    """
    campaign = ReviewCampaign.objects.get(pk=campaign_id)
    awaited = [(person, n) for person, n in awaited_people(campaign) if person.email]
    return sum(_mail(campaign, person.email, number) for person, number in awaited)


def _mail(campaign: ReviewCampaign, address: str, number: int) -> bool:
    text = _("%(number)s reviews await your signature, due on %(day)s.\n\n%(url)s") % {
        "number": number,
        "day": campaign.due_on,
        "url": settings.SITE_URL.rstrip("/") + campaign.get_absolute_url(),
    }
    try:
        send_mail(
            _("Credit reviews of %s await your signature") % campaign.period, text, None, [address]
        )
    except OSError:  # SMTP's errors are such
        logger.exception("No reminder of the reviews of %s", campaign.period)
        return False
    return True
