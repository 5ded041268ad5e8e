"""Every write of notifications: notices, the outbox, mails, webhooks."""

from notifications.services.dispatch import dispatch_events, pass_over
from notifications.services.notices import mark_read, notify, set_preferences, settle

__all__ = [
    "dispatch_events",
    "mark_read",
    "notify",
    "pass_over",
    "set_preferences",
    "settle",
]
