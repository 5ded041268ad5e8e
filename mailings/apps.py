from django.apps import AppConfig


class MailingsConfig(AppConfig):
    name = "mailings"
    label = "mailings"

    def ready(self) -> None:
        from kam.core.audit_words import register
        from mailings import audit_words, handover, timeline

        register(audit_words.ACTIONS, audit_words.FIELDS)
        timeline.register_own()
        handover.register_own()
