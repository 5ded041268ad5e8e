from django.utils.translation import gettext_lazy as _

from kam.core.audit_words import Words

ACTIONS: Words = {
    "notifications.webhook_created": _("Webhook created"),
    "notifications.webhook_changed": _("Webhook changed"),
    "notifications.webhook_deleted": _("Webhook deleted"),
    "notifications.webhook_secret_rotated": _("Secret of a webhook changed"),
    "notifications.webhook_tested": _("Webhook tested"),
    "notifications.webhook_replayed": _("Message to a webhook sent again"),
}
