from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "visits"
    label = "visits"

    def ready(self) -> None:
        from accounts import listeners
        from kam.core.audit_words import register
        from visits import audit_words, handover_parts, notices, timeline, today
        from visits.services import giving

        register(audit_words.ACTIONS, audit_words.FIELDS)
        timeline.register_own()
        today.register_own()
        handover_parts.register_own()
        notices.register_own()
        listeners.register_hands(giving.pass_on)
