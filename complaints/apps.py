from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "complaints"
    label = "complaints"

    def ready(self) -> None:
        from complaints import compensation_kind, event_words

        event_words.register_own()
        compensation_kind.register_own()
