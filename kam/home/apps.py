from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "kam.home"
    label = "home"
