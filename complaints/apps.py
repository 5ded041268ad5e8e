from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "complaints"
    label = "complaints"

    def ready(self) -> None:
        from complaints import (
            audit_words,
            compensation_kind,
            event_words,
            handover,
            notices,
            today,
        )
        from kam.core.audit_words import register

        register(audit_words.ACTIONS)
        event_words.register_own()
        compensation_kind.register_own()
        notices.register_own()
        handover.register_own()
        today.register_own()
