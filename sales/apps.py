from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "sales"
    label = "sales"

    def ready(self) -> None:
        from accounts import export_kinds
        from kam.core.audit_words import register
        from sales import audit_words, exports, metrics, notices, today  # needs the models

        metrics.register_all()
        export_kinds.register(exports.KIND)
        today.register_own()
        notices.register_own()
        register(audit_words.ACTIONS, values={"columns": audit_words.column})
