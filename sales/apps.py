from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "sales"
    label = "sales"

    def ready(self) -> None:
        from sales import metrics  # needs the models

        metrics.register_all()
