from celery import shared_task
from django.core.mail import send_mail
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import queries
from approvals.models import Request


@shared_task
def mail_reminder(request_id: int) -> int:
    """Write to those who must sign a request now; how many those are."""
    request = Request.objects.select_related("requested_by").get(pk=request_id)
    addresses = [person.email for person in queries.awaited(request) if person.email]
    for address in addresses:
        send_mail(
            _("Your signature is awaited: %s") % request.title,
            _("%(who)s asked on %(day)s: %(title)s\n\n%(reason)s\n\n%(url)s")
            % {
                "who": request.requested_by,
                "day": timezone.localdate(request.requested_at),
                "title": request.title,
                "reason": request.reason,
                "url": request.get_absolute_url(),
            },
            None,
            [address],
        )
    return len(addresses)


@shared_task
def expire_due() -> int:
    """Nightly: close the requests whose time is over."""
    from approvals import services

    return services.expire_due(timezone.localdate())
