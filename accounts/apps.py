from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "accounts"

    def ready(self) -> None:
        from accounts import (
            audit_words,
            handover_parts,
            handover_words,
            need_words,
            qualification_words,
            timeline,
            today,
        )
        from kam.core.audit_words import register

        timeline.register_own()
        today.register_own()
        register(audit_words.ACTIONS, audit_words.FIELDS)
        need_words.register_own()
        handover_words.register_own()
        handover_parts.register_own()
        qualification_words.register_own()
