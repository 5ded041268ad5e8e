from notifications.models.notices import Mail, Notification, NotificationQuerySet, Preference
from notifications.models.webhooks import Attempt, Delivery, DeliveryQuerySet, Endpoint, Secret

__all__ = [
    "Attempt",
    "Delivery",
    "DeliveryQuerySet",
    "Endpoint",
    "Mail",
    "Notification",
    "NotificationQuerySet",
    "Preference",
    "Secret",
]
