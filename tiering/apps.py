from django.apps import AppConfig


class TieringConfig(AppConfig):
    name = "tiering"
    label = "tiering"

    def ready(self) -> None:
        from tiering import timeline

        timeline.register_own()
