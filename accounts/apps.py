from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "accounts"

    def ready(self) -> None:
        from accounts import (
            allowance_kind,
            audit_words,
            handover_parts,
            handover_words,
            listeners,
            need_words,
            qualification_words,
            timeline,
            today,
            today_work,
        )
        from accounts.models import SECRET_FIELDS
        from accounts.services import needs
        from kam.core.audit_words import conceal, register

        timeline.register_own()
        today.register_own()
        allowance_kind.register_own()
        conceal("accounts.Contact", SECRET_FIELDS)
        register(audit_words.ACTIONS, audit_words.FIELDS, audit_words.VALUES)
        need_words.register_own()
        handover_words.register_own()
        handover_parts.register_own()
        listeners.register_hands(needs.pass_on)
        qualification_words.register_own()
        today_work.register_own()
