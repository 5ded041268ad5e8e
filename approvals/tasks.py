import logging

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import queries
from approvals.models import Request

logger = logging.getLogger(__name__)


@shared_task
def mail_signers(request_id: int, round_: int, stage: int) -> int:
    """Write to those who may sign a request now; how many were written to.

    Nobody when it has moved on since. A mail that fails is logged, and the others go out.
    """
    request = Request.objects.select_related("requested_by").get(pk=request_id)
    if (request.round, request.stage) != (round_, stage):
        return 0
    people = [person for person in queries.awaited(request) if person.email]
    return sum(_mail(request, person.email) for person in people)


def _mail(request: Request, address: str) -> bool:
    text = _("%(who)s asked on %(day)s: %(title)s\n\n%(reason)s\n\n%(url)s") % {
        "who": request.requested_by,
        "day": timezone.localdate(request.requested_at),
        "title": request.title,
        "reason": request.reason,
        "url": settings.SITE_URL.rstrip("/") + request.get_absolute_url(),
    }
    subject = _("Your signature is awaited: %s") % " ".join(request.title.split())
    try:
        send_mail(subject, text, None, [address])
    except OSError:  # SMTP's errors are such
        logger.exception("No mail about request %s", request.pk)
        return False
    return True


@shared_task
def expire_due() -> int:
    """Nightly: close the requests whose time is over."""
    from approvals import services

    return services.expire_due(timezone.localdate())
