from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    label = "notifications"

    def ready(self) -> None:
        from kam.core.audit_words import register
        from notifications import audit_words, handover_kinds, own_kinds

        own_kinds.register_own()
        handover_kinds.register_own()
        register(audit_words.ACTIONS)
