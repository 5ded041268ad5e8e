"""Notices by e-mail: all that is due for one person in one mail."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from notifications import queries
from notifications.models import Notification

if TYPE_CHECKING:
    from staff.models import User

logger = logging.getLogger(__name__)
MOST = 50  # notices in one mail; the page has them all


def send_digests() -> int:
    """Mail everybody what is due for them; how many mails went out.

    Safe to run twice, also at once. What could not be sent stays due, for a week; then it is left
    to the page. A server that is down ends the run; an address that is refused, or a notice that
    cannot be put into words, does not keep others waiting.
    """
    Notification.objects.too_late_to_mail(timezone.now()).update(in_page=True, mail_due_at=None)
    due = Notification.objects.to_mail(timezone.now())
    people = due.filter(user__is_active=True).exclude(user__email="")
    sent = 0
    for user_id in sorted(set(people.values_list("user", flat=True))):
        try:
            sent += _send_digest(user_id)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError):
            logger.exception("No digest for user %s", user_id)
        except OSError:  # SMTP's other errors are such
            logger.exception("No digest for user %s, nor for those behind", user_id)
            break
        except Exception:
            logger.exception("No digest for user %s", user_id)
    return sent


@transaction.atomic
def _send_digest(user_id: int) -> bool:
    """One mail; its notices are locked until it has gone out, so that nobody else sends them."""
    rows = Notification.objects.to_mail(timezone.now()).filter(user=user_id)
    locked = rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
    due = list(locked)
    user = get_user_model().objects.get(pk=user_id)
    visible = Notification.objects.visible_to(user).filter(pk__in=due, read_at=None)
    notices = list(visible.select_related("account").order_by("-at", "-pk"))
    Notification.objects.filter(pk__in=due).update(mailed_at=timezone.now())
    # The mail only counts these: whoever wants no others at the bell finds them there.
    unsaid = [notice.pk for notice in notices[MOST:]]
    Notification.objects.filter(pk__in=unsaid).update(in_page=True)
    if not notices:
        return False
    _message(user, notices).send()
    return True


def _message(user: User, notices: Sequence[Notification]) -> EmailMessage:
    site = settings.SITE_URL.rstrip("/")
    rows = queries.rows(notices[:MOST])
    subject = ngettext("KAM: %(count)s notice", "KAM: %(count)s notices", len(notices)) % {
        "count": len(notices)
    }
    context = {
        "user": user,
        "rows": [(row, f"{site}{row.url}") for row in rows],
        "more": len(notices) - len(rows),
        "page": site + reverse("notifications:list"),
        "settings_page": site + reverse("notifications:preferences"),
    }
    body = render_to_string("notifications/digest.txt", context)
    return EmailMessage(f"{subject} · {rows[0].text}"[:120], body, None, [user.email])


__all__ = ["send_digests"]
