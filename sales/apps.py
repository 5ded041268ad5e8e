from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "sales"
    label = "sales"

    def ready(self) -> None:
        from kam.core.audit_words import register
        from sales import audit_words, metrics, notices, today  # needs the models

        metrics.register_all()
        today.register_own()
        notices.register_own()
        register(audit_words.ACTIONS)
