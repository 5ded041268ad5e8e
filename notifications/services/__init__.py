"""Every write of notifications: notices, the outbox, mails, webhooks."""

from notifications.services.deliveries import deliver, endpoints_due
from notifications.services.digests import send_digests
from notifications.services.dispatch import (
    dispatch_events,
    pass_over,
    send_without_account,
)
from notifications.services.endpoints import (
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    replay,
    rotate_secret,
    send_test,
)
from notifications.services.keeping import purge
from notifications.services.notices import mark_read, notify, set_preferences, settle

__all__ = [
    "change_endpoint",
    "create_endpoint",
    "delete_endpoint",
    "deliver",
    "dispatch_events",
    "endpoints_due",
    "mark_read",
    "notify",
    "pass_over",
    "purge",
    "replay",
    "rotate_secret",
    "send_digests",
    "send_test",
    "send_without_account",
    "set_preferences",
    "settle",
]
