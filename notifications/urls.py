from django.urls import path

from notifications.views import notices, webhooks

app_name = "notifications"

urlpatterns = [
    path("notifications/", notices.notices, name="list"),
    path("notifications/bell/", notices.bell, name="bell"),
    path("notifications/read/", notices.read_all, name="read_all"),
    path("notifications/preferences/", notices.preferences, name="preferences"),
    path("notifications/<int:pk>/", notices.follow, name="follow"),
    path("notifications/<int:pk>/read/", notices.read, name="read"),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("webhooks/<int:pk>/rotate/", webhooks.rotate, name="webhook_rotate"),
    path("webhooks/<int:pk>/switch/", webhooks.switch, name="webhook_switch"),
    path("webhooks/<int:pk>/test/", webhooks.test, name="webhook_test"),
    path("webhooks/<int:pk>/delete/", webhooks.delete, name="webhook_delete"),
    path(
        "webhooks/<int:pk>/deliveries/<int:delivery_id>/replay/",
        webhooks.replay,
        name="webhook_replay",
    ),
]
