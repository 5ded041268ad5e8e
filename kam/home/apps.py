from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "kam.home"
    label = "home"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from kam.core.audit_words import register
        from kam.home import notices

        notices.register_own()
        register({"home.item_handed_over": _("Task handed over")})
