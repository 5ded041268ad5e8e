from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from notifications.models import Delivery, Notification

KEEP_READ = timedelta(days=180)
KEEP_DELIVERIES = timedelta(days=30)


def purge() -> int:
    """Forget what was read half a year ago and what was sent, or given up, a month ago.

    What waits for a reader, a mail or an endpoint stays. How many rows went.
    """
    now = timezone.now()
    unmailed = Q(mailed_at=None, mail_due_at__gt=now - KEEP_READ)
    read, _by_model = (
        Notification.objects.filter(Q(read_at__lt=now - KEEP_READ) | Q(in_page=False))
        .filter(at__lt=now - KEEP_READ)
        .exclude(unmailed)
        .delete()
    )
    settled = Delivery.objects.exclude(status=Delivery.Status.PENDING)
    sent, _by_model = settled.filter(began_at__lt=now - KEEP_DELIVERIES).delete()
    return read + sent
