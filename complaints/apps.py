from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "complaints"
    label = "complaints"

    def ready(self) -> None:
        from accounts import export_kinds
        from complaints import (
            audit_words,
            compensation_kind,
            event_words,
            exports,
            handover,
            notices,
            today,
        )
        from kam.core.audit_words import register

        register(audit_words.ACTIONS)
        export_kinds.register(exports.KIND)
        event_words.register_own()
        compensation_kind.register_own()
        notices.register_own()
        handover.register_own()
        today.register_own()
